import { float32, float64 } from "../../graph/index.ts";
import type { Weights } from "../gated-network.ts";
import type { NodeReader } from "./node-reader.ts";
import { transposedPlaces } from "./places.ts";

/** Numbers as weights of a dtype, rounded once. */
export const weightsOf = (dtype: Weights["dtype"], shape: readonly number[], values: ArrayLike<number>): Weights =>
  dtype === "float64" ? float64(shape, values) : float32(shape, values);

/** Each weight times `factor`; the same array where that is 1. */
export function scaled(reader: NodeReader, weights: Weights, factor: number): Weights {
  if (factor === 1) return weights;
  reader.builder.limits.constants(reader.node, weights.data.length);
  return weightsOf(
    weights.dtype,
    weights.shape,
    Float64Array.from(weights.data, (value) => value * factor),
  );
}

/** A matrix with its axes exchanged. */
export function transposed(reader: NodeReader, { dtype, shape, data }: Weights): Weights {
  reader.builder.limits.constants(reader.node, data.length);
  const places = transposedPlaces(shape, [1, 0]);
  return weightsOf(
    dtype,
    shape.toReversed(),
    Float64Array.from(places, (place) => data[place] ?? 0),
  );
}

/**
 * A constant that is broadcast against `shape`, as a vector along one axis: of one element, or of the axis's size.
 * Undefined where it changes along another axis.
 */
export function along(constant: Weights, shape: readonly number[], axis: number): Weights | undefined {
  const missing = shape.length - constant.shape.length;
  const fits = constant.shape.every((size, i) => size === 1 || (i + missing === axis && size === shape[axis]));
  return fits ? { ...constant, shape: [constant.data.length] } : undefined;
}

/** A vector of one element as one of `count`. */
export const spread = (vector: Weights, count: number): Weights =>
  vector.data.length === count
    ? vector
    : weightsOf(vector.dtype, [count], new Float64Array(count).fill(vector.data[0] ?? 0));
