import { GatewiseError } from "../errors.ts";
import { type DenseArray, denseArray, sizeOf } from "../graph/index.ts";
import type { DatasetName } from "./dataset-names.ts";

/** Number of classes: labels are `0 … classes − 1`. */
export const CLASSES = {
  digits: 10,
  mnist: 10,
  "fashion-mnist": 10,
  cifar10: 10,
  cifar100: 100,
} as const satisfies Record<DatasetName, number>;

/** Shape of one input: `[height, width]`, or `[channels, height, width]` of images in color (red, green, blue). */
export const INPUT_SHAPES = {
  digits: [28, 28],
  mnist: [28, 28],
  "fashion-mnist": [28, 28],
  cifar10: [3, 32, 32],
  cifar100: [3, 32, 32],
} as const satisfies Record<DatasetName, readonly number[]>;

/** `n` labeled examples, in file order. */
export interface Examples {
  /** `[n, …input shape]`, as stored: the graph scales bytes by 1/255. */
  readonly inputs: DenseArray<"uint8">;
  /** `[n]`, each below the number of classes. */
  readonly labels: DenseArray<"uint8">;
}

/** A data set in memory, checked: shapes agree and labels are in range. */
export interface Dataset {
  readonly name: DatasetName;
  readonly classes: number;
  /** Shape of one input: `[height, width]`, or `[channels, height, width]` of images in color. */
  readonly inputShape: readonly number[];
  readonly train: Examples;
  readonly test: Examples;
  /** Where it came from, in one line, for `run.json`. */
  readonly source: string;
  /** What users must know who compare results: that the bytes are not the published ones, and what that means. */
  readonly notice?: string;
}

/** What a network is trained and tested on, as bytes in memory. */
export type TrainAndTest = Pick<Dataset, "train" | "test">;

/** What a network is evaluated on: the data set without its training examples, which need not be there. */
export type TestSet = Omit<Dataset, "train">;

/**
 * The first `count` examples in file order, or all if `count` is undefined or larger: views, nothing is copied.
 * @throws GatewiseError if `count` is not a whole number of at least 1
 */
export function firstExamples(examples: Examples, count: number | undefined): Examples {
  if (count === undefined) return examples;
  if (!Number.isInteger(count) || count < 1) {
    throw new GatewiseError({
      received: `limit of ${count} examples`,
      expected: "a whole number of at least 1",
      next: "leave the limit out to take all examples",
    });
  }
  return { inputs: firstRows(examples.inputs, count), labels: firstRows(examples.labels, count) };
}

function firstRows({ shape, data }: DenseArray<"uint8">, count: number): DenseArray<"uint8"> {
  const [rows = 0, ...rowShape] = shape;
  const kept = Math.min(count, rows);
  return denseArray("uint8", [kept, ...rowShape], data.subarray(0, kept * sizeOf(rowShape)));
}
