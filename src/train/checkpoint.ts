import type { TrainingState } from "./training-state.ts";

/** What the steps of an unfinished epoch have summed up. */
export interface EpochPart {
  /** Steps done, at least 1. */
  readonly steps: number;
  /** Sum of the examples' losses. */
  readonly loss: number;
  readonly correct: number;
  /** Wall time of the steps. */
  readonly milliseconds: number;
}

/** A trial after some epoch, or within the next one. Plain data. */
export interface Checkpoint extends TrainingState {
  /** Epochs that are done, with their test. */
  readonly epoch: number;
  /** The steps since, if there are any; the order of their examples comes from the seed. */
  readonly part?: EpochPart;
  /**
   * The best epoch so far (the first at a tie), and its test accuracy in percent: the one of best test accuracy, or of least
   * validation loss where examples are held out.
   */
  readonly bestEpoch: number;
  readonly bestTestAccuracy: number;
  readonly bestValidationLoss?: number | undefined;
}
