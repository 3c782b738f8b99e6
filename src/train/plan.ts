import type { Architecture, Initializer, RegimeChoice } from "../network/index.ts";
import type { Loss } from "./losses.ts";
import type { Optimizer } from "./optimizers.ts";
import type { Recipe } from "./recipe.ts";

/** How an epoch goes through the examples. */
export type ExampleOrder = "shuffled" | "given";

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
  /** The order of the examples in each epoch: another one each time, unless told otherwise, or as they come. */
  readonly order?: ExampleOrder | undefined;
  /** What people add to a training; nothing unless told otherwise. */
  readonly recipe?: Recipe | undefined;
}

/** What is measured after each epoch; accuracies in percent. */
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
}
