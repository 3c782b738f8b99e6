import { eachNumber, float32, float64, zeros } from "../../graph/index.ts";
import type { Weights } from "../gated-network.ts";
import type { NodeReader } from "./node-reader.ts";
import { originOfMapped, originOfPicked, type Sourced, sourced } from "./origin.ts";
import { transposedPlaces } from "./places.ts";

/** Numbers as weights of a dtype, rounded once. */
export const weightsOf = (dtype: Weights["dtype"], shape: readonly number[], values: ArrayLike<number>): Weights =>
  dtype === "float64" ? float64(shape, values) : float32(shape, values);

/** Each weight times `factor`, in float64; the same array where that is 1. */
export function scaled(reader: NodeReader, weights: Sourced, factor: number): Sourced {
  if (factor === 1) return weights;
  reader.builder.limits.constants(reader.node, weights.data.length);
  return sourced(
    float64(
      weights.shape,
      eachNumber(new Float64Array(weights.data.length), weights.data, (value) => value * factor),
    ),
    originOfMapped(weights.origin, factor),
  );
}

/** A function of each number, in float64, with its slope; a function that does not depend on them has none. */
export const mapped = (
  weights: Sourced,
  of: (value: number) => number,
  slope: ((value: number) => number) | undefined,
): Sourced => {
  const { data } = weights;
  const eachOf = (make: (value: number) => number): Float64Array =>
    eachNumber(new Float64Array(data.length), data, make);
  const numbers = eachOf(of);
  const origin = slope === undefined ? [] : originOfMapped(weights.origin, eachOf(slope));
  return isSame(numbers, data) ? { ...weights, origin } : sourced(float64(weights.shape, numbers), origin);
};

function isSame(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const BLOCK = 64;

/** A matrix with its axes exchanged. */
export function transposed(reader: NodeReader, { dtype, shape, data, origin }: Sourced): Sourced {
  reader.builder.limits.constants(reader.node, data.length);
  const [rows = 0, columns = 0] = shape;
  const result = zeros<"float32" | "float64">(dtype, [columns, rows]);
  // large matrices by blocks that stay in the cache
  for (let top = 0; top < rows; top += BLOCK) {
    for (let left = 0; left < columns; left += BLOCK) {
      for (let i = top; i < Math.min(top + BLOCK, rows); i++) {
        for (let j = left; j < Math.min(left + BLOCK, columns); j++) result.data[j * rows + i] = data[i * columns + j]!;
      }
    }
  }
  // places only where something comes from them: they take as much memory as the weights
  return sourced(result, origin.length === 0 ? [] : originOfPicked(origin, transposedPlaces(shape, [1, 0])));
}

/**
 * A constant that is broadcast against `shape`, as a vector along one axis: of one element, or of the axis's size.
 * Undefined where it changes along another axis.
 */
export function along(constant: Sourced, shape: readonly number[], axis: number): Sourced | undefined {
  const missing = shape.length - constant.shape.length;
  const fits = constant.shape.every((size, i) => size === 1 || (i + missing === axis && size === shape[axis]));
  return fits ? { ...constant, shape: [constant.data.length] } : undefined;
}

/** A vector of one element as one of `count`. */
export const spread = (vector: Sourced, count: number): Sourced =>
  vector.data.length === count
    ? vector
    : sourced(
        weightsOf(vector.dtype, [count], new Float64Array(count).fill(vector.data[0] ?? 0)),
        originOfPicked(vector.origin, new Int32Array(count)),
      );
