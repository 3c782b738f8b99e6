import { denseArray, sizeOf } from "../graph/index.ts";
import type { Dataset, Examples } from "./dataset.ts";

/**
 * A data set whose inputs have the shape that a network reads, where it is the same bytes: gray images `[h, w]` as maps
 * `[1, h, w]`. Views, nothing is copied; a data set that does not fit stays as it is, for training to refuse.
 */
export function fitInputs(dataset: Dataset, inputShape: readonly number[]): Dataset {
  if (sizeOf(inputShape) !== sizeOf(dataset.inputShape)) return dataset;
  const withoutOnes = (shape: readonly number[]): string => shape.filter((size) => size !== 1).join();
  if (withoutOnes(inputShape) !== withoutOnes(dataset.inputShape)) return dataset;
  const shaped = ({ inputs, labels }: Examples): Examples => ({
    inputs: denseArray("uint8", [inputs.shape[0] ?? 0, ...inputShape], inputs.data),
    labels,
  });
  return { ...dataset, inputShape, train: shaped(dataset.train), test: shaped(dataset.test) };
}
