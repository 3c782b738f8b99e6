/** What a trial takes: time by its steps, memory and disk by its plan and the size of its data. */
import { gatedLayers, outputsOf } from "../network/index.ts";
import { trainingSecondsOf } from "../runs/index.ts";
import { trainingBytes } from "../train/index.ts";
import type { UncostedTrial } from "./families.ts";
import type { TrialCost } from "./trial.ts";

/** The data that a trial reads, before any limit. */
export interface DataSize {
  /** Examples. */
  readonly train: number;
  readonly test: number;
  /** Of the inputs of an example, as they are held. */
  readonly exampleBytes: number;
  /** SHA-256 of all of a data set, where it is here; files of one's own have theirs. */
  readonly digest?: string | undefined;
}

/** A process with its engine, before anything is read. */
const PROCESS_BYTES = 150e6;
/** Copies of parameters: those that are trained, the best, their gradients, and what goes to a checkpoint. */
const PARAMETER_COPIES = 4;
/** A way back keeps what the way through made, and as much again for what is under way. */
const ACTIVATION_COPIES = 3;
/** Of a record, the table of metrics, and the lines of one epoch for each layer. */
const RECORD_BYTES = 6e3;
const EPOCH_BYTES = 300;
const LAYER_BYTES = 220;
/** Examples of a class whose kernel is measured, and what is told of each of the two that are kept. */
const KERNEL_EXAMPLES = 10;
const KERNEL_LINES = 2e4;

/** @param perExample seconds of a step for each of its examples */
export function trialCost({ plan, data, keep }: UncostedTrial, size: DataSize, perExample: number): TrialCost {
  const examples = {
    train: Math.min(size.train, data.limit ?? size.train),
    test: Math.min(size.test, data.testLimit ?? size.test),
  };
  const { parameters, averages, activations } = trainingBytes(plan);
  const layers = gatedLayers(plan.architecture).length;
  const kernel = 8 * (KERNEL_EXAMPLES * outputsOf(plan.architecture)) ** 2 + KERNEL_LINES;
  return {
    seconds: trainingSecondsOf(plan, examples, perExample),
    memoryBytes:
      PROCESS_BYTES +
      (size.train + size.test) * size.exampleBytes +
      PARAMETER_COPIES * parameters +
      2 * averages +
      ACTIVATION_COPIES * activations,
    diskBytes:
      RECORD_BYTES +
      2 * kernel +
      plan.epochs * (EPOCH_BYTES + layers * LAYER_BYTES) +
      (2 + keep.length) * parameters +
      averages,
  };
}
