/** Values, of examples and of constants alike, in another shape or from other places. */
import { type DenseArray, denseArray, sizeOf } from "../../graph/index.ts";
import { arrayOf } from "./constant-arrays.ts";
import type { NodeReader } from "./node-reader.ts";
import { originOfPicked } from "./origin.ts";
import { constantOf, numbersOf, type Value } from "./value.ts";

/** Any value, with its shape as the model sees it. */
export function operand(reader: NodeReader): { readonly value: Value; readonly shape: readonly number[] } {
  const value = reader.input(0);
  return { value, shape: value.kind === "constant" ? value.array.shape : value.shape };
}

/** The value in another shape, its elements in the same order: outputs behind a softmax stay what they are. */
export function inShape(reader: NodeReader, value: Value, shape: readonly number[], merges = false): Value {
  if (value.kind === "example") return reader.builder.reshaped(reader.node, value, shape, { merges });
  return constantOf(resized(value.array, shape), value.origin);
}

const resized = ({ dtype, data }: DenseArray, shape: readonly number[]): DenseArray => denseArray(dtype, shape, data);

/** The value with its elements from other places, which are made once they are known to be few enough. */
export function fromPlaces(
  reader: NodeReader,
  value: Value,
  shape: readonly number[],
  places: () => Int32Array,
): Value {
  const { builder, node } = reader;
  if (value.kind === "example") {
    reader.unfinished(value);
    builder.limits.activation(node.label, shape);
    builder.limits.placesOf(node, sizeOf(shape));
    return builder.reshaped(node, value, shape, { from: places() });
  }
  builder.limits.constants(node, sizeOf(shape) + value.array.data.length);
  const from = places();
  return constantOf(picked(value.array, shape, from), originOfPicked(value.origin, from));
}

/** Elements of a constant by their places; 0 where the place is −1. */
function picked(array: DenseArray, shape: readonly number[], places: Int32Array): DenseArray {
  const numbers = numbersOf(array);
  const moved = new Float64Array(places.length);
  for (let i = 0; i < moved.length; i++) if (places[i]! >= 0) moved[i] = numbers[places[i]!]!;
  return arrayOf(array.dtype, shape, moved);
}
