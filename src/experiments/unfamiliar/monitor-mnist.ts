import type { DatasetName } from "../../data/index.ts";
import { fullyConnected } from "../../network/index.ts";
import { optimizer } from "../../train/index.ts";
import type { ExperimentWords, ProfileName, PublishedFigure, TrainingSettings } from "../protocol.ts";

/** Inputs that a network was not trained for, or that it answers wrong. */
export const UNFAMILIAR_SETS = {
  "fashion-mnist": "Fashion-MNIST",
  rotated: "rotated 90°",
  fgsm: "FGSM 0.1",
  misclassified: "misclassified",
  cifar10: "CIFAR-10, gray",
  enlarged: "digits enlarged",
  noise: "noise",
} as const;
/** One of {@link UNFAMILIAR_SETS}. */
export type UnfamiliarSet = keyof typeof UNFAMILIAR_SETS;

/** What tells unfamiliar inputs from clean ones. */
export const UNFAMILIAR_SCORES = {
  softmax: "largest softmax",
  neighbors: "k nearest, penultimate layer",
  mahalanobis: "Mahalanobis",
  hamming: "Hamming distance of gates (NAP)",
  pixels: "nearest by pixel cosine (the control)",
  paths: "log path kernel, nearest",
  larger: "larger quantile of softmax and of it",
  covering: "log path kernel, 50 references a class chosen to cover",
  spread: "log path kernel, 50 references a class in file order",
} as const;
/** One of {@link UNFAMILIAR_SCORES}. */
export type UnfamiliarScore = keyof typeof UNFAMILIAR_SCORES;

/** A short or a full run of an experiment with a monitor. */
export interface MonitorProfile {
  readonly data: DatasetName;
  readonly epochs: number;
  /** Seeds 0, 1, … */
  readonly runs: number;
  /** The last training examples, which are not trained on: quantiles are among them. */
  readonly clean: number;
  /** The first test images of each set that are scored; all unless told otherwise. */
  readonly testLimit?: number;
}

/** Trains a network and tells inputs that it does not know, or answers wrong, from the clean test examples; as data. */
export interface MonitorExperiment extends TrainingSettings, ExperimentWords {
  readonly kind: "monitor";
  /** What the fast gradient sign method adds to each pixel or takes off, of the range from 0 to 1. */
  readonly step: number;
  /** The `k` of the nearest neighbors. */
  readonly neighbors: number;
  /** Kept of each class by the monitor of few references. */
  readonly references: number;
  readonly profiles: Readonly<Record<ProfileName, MonitorProfile>>;
  /** AUROC in percent. */
  readonly published: Partial<Record<UnfamiliarSet, Partial<Record<UnfamiliarScore, PublishedFigure>>>>;
}

/** Do the gates know what the network was trained for? (theory 8) */
export const monitorMnist = {
  kind: "monitor",
  name: "monitor-mnist",
  title: "Unfamiliar inputs and errors by gates",
  source:
    "Theory 8, unfamiliar inputs. Softmax: Hendrycks and Gimpel, ICLR 2017; k nearest: Sun et al., ICML 2022; Mahalanobis: Lee et al., NeurIPS 2018; NAP: Cheng, Nührenberg and Yasuoka, DATE 2019; FGSM: Goodfellow et al., ICLR 2015",
  architecture: fullyConnected({ inputShape: [28, 28], depth: 6, width: 128, outputs: 10 }),
  initializer: { kind: "glorot-uniform" },
  optimizer: optimizer("adam", 1e-3),
  loss: "softmax-cross-entropy",
  batch: 128,
  step: 0.1,
  neighbors: 50,
  references: 50,
  profiles: {
    quick: { data: "digits", epochs: 30, runs: 3, clean: 1000 },
    full: { data: "mnist", epochs: 15, runs: 3, clean: 5000 },
  },
  published: {
    "fashion-mnist": {
      ...{ softmax: [82.8, 1.0], neighbors: [90.1, 2.2], mahalanobis: [84.2, 2.5], hamming: [96.2, 0.2] },
      ...{ pixels: [96.8, 0.4], paths: [98.5, 0.2], larger: [97.4, 0.5] },
    },
    rotated: {
      ...{ softmax: [89.9, 0.5], neighbors: [94.5, 0.7], mahalanobis: [89.9, 1.4], hamming: [96.0, 0.3] },
      ...{ pixels: [97.3, 0.0], paths: [97.5, 0.3], larger: [96.5, 0.4] },
    },
    fgsm: {
      ...{ softmax: [87.4, 1.0], neighbors: [86.8, 0.8], mahalanobis: [69.2, 0.9], hamming: [89.7, 0.6] },
      ...{ pixels: [84.4, 0.2], paths: [92.0, 0.6], larger: [91.2, 0.9] },
    },
    misclassified: {
      ...{ softmax: [96.3, 0.3], neighbors: [95.2, 0.4], mahalanobis: [83.5, 0.1], hamming: [94.1, 0.7] },
      ...{ pixels: [85.6, 2.1], paths: [93.6, 0.4], larger: [96.7, 0.5] },
    },
  },
} as const satisfies MonitorExperiment;
