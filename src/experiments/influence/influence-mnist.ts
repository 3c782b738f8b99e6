/** Does the path kernel tell which training examples a network's losses hang on? Linear datamodeling score (theory 8.4). */
import type { DatasetName } from "../../data/index.ts";
import type { Recipe, TrainingPlan } from "../../train/index.ts";
import type { ExperimentWords, ProfileName, TrainingSettings } from "../protocol.ts";

/** How much is trained and predicted. */
export interface InfluenceProfile {
  readonly data: DatasetName;
  /** The first training examples, of which halves are drawn. */
  readonly train: number;
  /** The first test examples, whose losses are predicted. */
  readonly test: number;
  readonly halves: number;
  readonly epochs: number;
  /** Networks trained on all of the training examples, whose gates are asked: seeds 0, 1, … */
  readonly runs: number;
}

/**
 * Networks trained on random halves of a training set, each half twice, and what the influence of each example, told by one
 * network trained on all of them, predicts of their losses; as data.
 */
export interface InfluenceExperiment extends ExperimentWords, TrainingSettings {
  readonly kind: "influence";
  readonly recipe: Recipe;
  /** `λ` of theory 8.3, beside a diagonal of 1. */
  readonly ridge: number;
  /** Those of which one is chosen on halves that are not scored. */
  readonly ridges: readonly number[];
  /** What another implementation measured: scores in the order of the ways, and the ceiling. */
  readonly before?: { readonly scores: readonly number[]; readonly ceiling: number };
  readonly profiles: Readonly<Record<ProfileName, InfluenceProfile>>;
}

/** MNIST, halves of 5,000 images. */
export const influenceMnist = {
  kind: "influence",
  name: "influence-mnist",
  title: "Influence of training examples: losses of networks trained on random halves",
  source:
    "Ours; the protocol is the MNIST benchmark of dattri (Deng et al., 2024), the score that of TRAK (Park et al., 2023).",
  architecture: {
    inputShape: [28, 28],
    layers: [
      { kind: "flatten" },
      { kind: "dense", units: 128, bias: true, gated: true },
      { kind: "dense", units: 64, bias: true, gated: true },
      { kind: "dense", units: 10, bias: true, gated: false },
    ],
  },
  // PyTorch's, as in the protocol
  initializer: { kind: "fan-in-uniform" },
  optimizer: { kind: "sgd", learningRate: 0.01, momentum: 0.9 },
  loss: "softmax-cross-entropy",
  batch: 64,
  recipe: { dropout: 0.1 },
  ridge: 3,
  ridges: [0.3, 1, 3, 10, 30],
  // theory 8.4
  before: { scores: [0.431, 0.375, 0.377], ceiling: 0.76 },
  profiles: {
    quick: { data: "digits", train: 2000, test: 300, halves: 20, epochs: 20, runs: 1 },
    full: { data: "mnist", train: 5000, test: 500, halves: 70, epochs: 50, runs: 3 },
  },
} as const satisfies InfluenceExperiment;

/** A training of it: of halves and of the networks on all examples alike. */
export const influencePlan = (
  { architecture, initializer, optimizer, loss, batch, recipe }: InfluenceExperiment,
  { epochs }: Pick<InfluenceProfile, "epochs">,
  seed: number,
): TrainingPlan => ({ architecture, regime: "relu", initializer, optimizer, loss, batch, epochs, seed, recipe });
