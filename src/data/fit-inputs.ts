import { denseArray, sizeOf } from "../graph/index.ts";
import type { Dataset, Examples } from "./dataset.ts";
import { type ExampleSet, reshaped } from "./example-set.ts";

/** Whether one shape is the other but for axes of one element. */
function fits(shape: readonly number[], wanted: readonly number[]): boolean {
  const withoutOnes = (sizes: readonly number[]): string => sizes.filter((size) => size !== 1).join();
  return sizeOf(wanted) === sizeOf(shape) && withoutOnes(wanted) === withoutOnes(shape);
}

/** Examples of the shape that a network reads, where it is the same numbers; others stay as they are. */
export const fitExamples = (set: ExampleSet, inputShape: readonly number[]): ExampleSet =>
  fits(set.exampleShape, inputShape) && set.exampleShape.join() !== inputShape.join()
    ? { ...reshaped(set, inputShape), labels: set.labels }
    : set;

/**
 * A data set whose inputs have the shape that a network reads, where it is the same bytes: gray images `[h, w]` as maps
 * `[1, h, w]`. Views, nothing is copied; a data set that does not fit stays as it is, for training to refuse.
 */
export function fitInputs(dataset: Dataset, inputShape: readonly number[]): Dataset {
  if (!fits(dataset.inputShape, inputShape)) return dataset;
  const shaped = ({ inputs, labels }: Examples): Examples => ({
    inputs: denseArray("uint8", [inputs.shape[0] ?? 0, ...inputShape], inputs.data),
    labels,
  });
  return { ...dataset, inputShape, train: shaped(dataset.train), test: shaped(dataset.test) };
}
