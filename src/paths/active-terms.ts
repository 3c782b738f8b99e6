import type { Weights } from "../network/index.ts";

/** How the edges that meet in a unit become one number. */
export type Combine = "sum" | "maximum";

/** Numbers over the units of a node. */
export interface Vector {
  readonly data: Float64Array;
  readonly shape: readonly number[];
}

/** Products `values[i] · factors[from[i] + j]` that go to a run of units `j`, side by side. Values of 0 are left out. */
export interface Terms {
  readonly values: Float64Array;
  readonly from: Int32Array;
}

/** @param most how many terms there may be at once */
export const newTerms = (most: number): Terms => ({ values: new Float64Array(most), from: new Int32Array(most) });

/**
 * Adds the first `count` terms to `length` elements of `out` from `to` on, or lifts those to the largest term. Of a sum four are
 * combined at a time, which reads and writes the units a quarter as often (bench/paths.bench.ts: about 0.6 of the time).
 */
export function combineInto(
  out: Float64Array,
  to: number,
  length: number,
  { values, from }: Terms,
  count: number,
  factors: Weights["data"],
  combine: Combine,
): void {
  if (combine === "maximum") {
    for (let i = 0; i < count; i++) lift(out, to, length, values[i]!, factors, from[i]!);
    return;
  }
  let i = 0;
  for (; i + 4 <= count; i += 4) addFour(out, to, length, values, from, i, factors);
  if (i + 2 === count) addTwo(out, to, length, values, from, i, factors);
  else if (i + 3 === count) addThree(out, to, length, values, from, i, factors);
  else if (i < count) addOne(out, to, length, values[i]!, from[i]!, factors);
}

function lift(
  out: Float64Array,
  to: number,
  length: number,
  value: number,
  factors: Weights["data"],
  from: number,
): void {
  for (let j = 0; j < length; j++) {
    const product = value * factors[from + j]!;
    if (product > out[to + j]!) out[to + j] = product;
  }
}

function addFour(
  out: Float64Array,
  to: number,
  length: number,
  values: Float64Array,
  from: Int32Array,
  i: number,
  factors: Weights["data"],
): void {
  const [a, b, c, d] = [values[i]!, values[i + 1]!, values[i + 2]!, values[i + 3]!];
  const [p, q, r, s] = [from[i]!, from[i + 1]!, from[i + 2]!, from[i + 3]!];
  for (let j = 0; j < length; j++) {
    out[to + j]! += a * factors[p + j]! + b * factors[q + j]! + (c * factors[r + j]! + d * factors[s + j]!);
  }
}

// what is left over is added one behind the other, as if by one loop each

function addThree(
  out: Float64Array,
  to: number,
  length: number,
  values: Float64Array,
  from: Int32Array,
  i: number,
  factors: Weights["data"],
): void {
  const [a, b, c] = [values[i]!, values[i + 1]!, values[i + 2]!];
  const [p, q, r] = [from[i]!, from[i + 1]!, from[i + 2]!];
  for (let j = 0; j < length; j++) {
    out[to + j] = out[to + j]! + a * factors[p + j]! + b * factors[q + j]! + c * factors[r + j]!;
  }
}

function addTwo(
  out: Float64Array,
  to: number,
  length: number,
  values: Float64Array,
  from: Int32Array,
  i: number,
  factors: Weights["data"],
): void {
  const [a, b, p, q] = [values[i]!, values[i + 1]!, from[i]!, from[i + 1]!];
  for (let j = 0; j < length; j++) out[to + j] = out[to + j]! + a * factors[p + j]! + b * factors[q + j]!;
}

function addOne(out: Float64Array, to: number, length: number, a: number, p: number, factors: Weights["data"]): void {
  for (let j = 0; j < length; j++) out[to + j]! += a * factors[p + j]!;
}
