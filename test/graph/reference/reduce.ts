import { get, type Index, indicesOf, type Nd, nd } from "./nd.ts";

/** Reduces `axes` (from the front), whose values come as one list in C order. */
export function reduce(
  array: Nd,
  axes: readonly number[],
  keepDimensions: boolean,
  apply: (values: readonly number[]) => number,
): Nd {
  const kept = array.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const reduced = indicesOf(array.shape.map((size, axis) => (axes.includes(axis) ? size : 1)));
  const values = (at: Index): readonly number[] =>
    reduced.map((offset) =>
      get(
        array,
        at.map((i, axis) => i + (offset[axis] ?? 0)),
      ),
    );
  const result = nd(kept, (index) => apply(values(index)));
  return keepDimensions ? result : { ...result, shape: array.shape.filter((_, axis) => !axes.includes(axis)) };
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
export const mean = (values: readonly number[]): number => sum(values) / values.length;
export const max = (values: readonly number[]): number => Math.max(...values);
export function logSumExp(values: readonly number[]): number {
  const greatest = max(values);
  return greatest + Math.log(sum(values.map((value) => Math.exp(value - greatest))));
}
export const argMax = (values: readonly number[]): number => values.indexOf(max(values));
