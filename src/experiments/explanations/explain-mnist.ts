import type { DatasetName } from "../../data/index.ts";
import { fullyConnected } from "../../network/index.ts";
import { optimizer } from "../../train/index.ts";
import type { ExperimentWords, ProfileName, TrainingSettings } from "../protocol.ts";

/** Orders in which units close until the decision is another. */
export const REMOVAL_ORDERS = {
  flow: "largest flow first",
  activation: "most active first",
  random: "at random",
} as const;
/** One of {@link REMOVAL_ORDERS}. */
export type RemovalOrderName = keyof typeof REMOVAL_ORDERS;

/** What an image is compared with. */
export const COMPARED_WITH = {
  rival: "nearest image of the rival class",
  fgsm: "after FGSM",
  noise: "after noise",
} as const;
/** One of {@link COMPARED_WITH}. */
export type ComparedWith = keyof typeof COMPARED_WITH;

/** Maps of the pixels that carry a decision. */
export const PIXEL_MAPS = {
  flow: "signed flow (gradient × input)",
  smooth: "SmoothGrad × input",
  integrated: "integrated gradients",
  mass: "mass",
  random: "at random",
} as const;
/** One of {@link PIXEL_MAPS}. */
export type PixelMapName = keyof typeof PIXEL_MAPS;

/** A short or a full run of an experiment with explanations. */
export interface ExplanationProfile {
  readonly data: DatasetName;
  readonly epochs: number;
  /** Seeds 0, 1, … */
  readonly runs: number;
  /** The first test images, which are explained. */
  readonly images: number;
  /** The first test images, among which the nearest of another class is; all unless told otherwise. */
  readonly testLimit?: number;
}

/** From the smallest to the largest figure that stands there; both are one where it is one figure. */
export type PublishedRange = readonly [low: number, high: number];

/** Trains a network and measures what explanations of its decisions are worth, as data. */
export interface ExplanationExperiment extends TrainingSettings, ExperimentWords {
  readonly kind: "explanation";
  /** Gradients whose mean SmoothGrad and integrated gradients are. */
  readonly samples: number;
  /** Deviation of the noise of SmoothGrad, of the range of a pixel. */
  readonly smoothing: number;
  /** What the fast gradient sign method adds to each pixel or takes off, of the range from 0 to 1. */
  readonly step: number;
  /** Deviation of the noise that an image is compared behind, of the same range. */
  readonly noise: number;
  /** Images between a blank one and the whole one. */
  readonly steps: number;
  readonly profiles: Readonly<Record<ProfileName, ExplanationProfile>>;
  /** Percent of the active units for half and for 90 % of the images; percent of a difference that is kept; areas. */
  readonly published: {
    readonly removal: Partial<
      Record<RemovalOrderName, { readonly half: PublishedRange; readonly most: PublishedRange }>
    >;
    readonly kept: Partial<Record<ComparedWith, PublishedRange>>;
    readonly area: Partial<Record<PixelMapName, PublishedRange>>;
  };
}

/** What decides what a network says of a digit? (theory 7.10) */
export const explainMnist = {
  kind: "explanation",
  name: "explain-mnist",
  title: "What decides, and what explanations are worth",
  source:
    "Theory 7.10. Insertion and deletion: Petsiuk, Das and Saenko, BMVC 2018; SmoothGrad: Smilkov et al., 2017; integrated gradients: Sundararajan, Taly and Yan, ICML 2017; FGSM: Goodfellow et al., ICLR 2015",
  architecture: fullyConnected({ inputShape: [28, 28], depth: 6, width: 128, outputs: 10 }),
  initializer: { kind: "glorot-uniform" },
  optimizer: optimizer("adam", 1e-3),
  loss: "softmax-cross-entropy",
  batch: 128,
  samples: 32,
  smoothing: 0.15,
  step: 0.1,
  noise: 0.05,
  steps: 28,
  profiles: {
    quick: { data: "digits", epochs: 30, runs: 3, images: 60 },
    full: { data: "mnist", epochs: 15, runs: 3, images: 300 },
  },
  published: {
    removal: {
      flow: { half: [2, 3], most: [4, 5] },
      activation: { half: [4, 5], most: [8, 8] },
      random: { half: [30, 40], most: [50, 50] },
    },
    kept: { rival: [4, 4], fgsm: [15, 15] },
    area: { flow: [0.735, 0.735], smooth: [0.705, 0.705], integrated: [0.694, 0.694], mass: [0.376, 0.376] },
  },
} as const satisfies ExplanationExperiment;
