import type { InputNormalization } from "../data/index.ts";
import type { Architecture, Initializer, InitialPlan, RegimeChoice } from "../network/index.ts";
import type { Loss } from "./losses.ts";
import type { Optimizer } from "./optimizers.ts";
import type { Recipe } from "./recipe.ts";

/**
 * How an epoch goes through the examples: each time in another order; in one that keeps neighbors of a file together, for
 * examples that are read from a disk; as they come.
 */
export type ExampleOrder = "shuffled" | "shuffled-in-blocks" | "given";

/** What real-valued targets are to a network, which learns `(y − mean) / std`: one number each for each output. */
export interface TargetScale {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** All that decides one training, but for the data: the same plan on the same data gives the same bits. */
export interface TrainingPlan extends RegimeChoice {
  readonly architecture: Architecture;
  readonly initializer: Initializer;
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  /** Examples a step; the last step of an epoch takes what is left, as Keras does. */
  readonly batch: number;
  readonly epochs: number;
  /** Decides initial weights and the order of the examples. */
  readonly seed: number;
  /** Whose weights the value network starts from; drawn from the seed unless told otherwise. */
  readonly init?: InitialPlan["init"];
  /** The order of the examples in each epoch: another one each time, unless told otherwise, or as they come. */
  readonly order?: ExampleOrder | undefined;
  /** What inputs become before the network reads them; bytes are scaled by 1/255, floats are taken as they are, without. */
  readonly normalization?: InputNormalization | undefined;
  /** For real-valued targets, learnt by the mean squared error; the targets are classes without. */
  readonly targets?: TargetScale | undefined;
  /** What people add to a training; nothing unless told otherwise. */
  readonly recipe?: Recipe | undefined;
}

/**
 * What is measured after each epoch; accuracies in percent. Of real values the loss is that of the scaled ones, and accuracy the
 * share of their variance that is explained, 100 R²; their own measures stand beside.
 */
export interface EpochMetrics {
  /** From 1. */
  readonly epoch: number;
  /** Means over the steps of the epoch, while the weights moved, as Keras reports them. */
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly testLoss: number;
  readonly testAccuracy: number;
  /** Of the examples that were held out, where a recipe holds some out. */
  readonly validationLoss?: number | undefined;
  readonly validationAccuracy?: number | undefined;
  /** Of real values: the root of the mean squared error, in their own unit, and R² of the test examples. */
  readonly testRmse?: number | undefined;
  readonly testR2?: number | undefined;
  /** Wall time of the epoch's steps, without the test. */
  readonly seconds: number;
  readonly gates: readonly GateMetrics[];
}

/** Gates of one layer on the probe, the first test examples. */
export interface GateMetrics {
  /** Number of the weight layer, from 1. */
  readonly layer: number;
  readonly units: number;
  /** Share of gates on, 0 to 1. */
  readonly on: number;
  readonly dead: number;
  readonly alwaysOn: number;
  /** Share of gates that differ from those before training, 0 to 1. */
  readonly flipped: number;
  /** Of a training whose gates are watched: share of gates that differ from those an epoch before; null where nobody kept them. */
  readonly flippedInEpoch?: number | null | undefined;
  /** Likewise: the units that flipped for most examples, and for which share of them; five at most, those that never did left out. */
  readonly mostFlipped?: readonly { readonly unit: number; readonly share: number }[] | undefined;
}
