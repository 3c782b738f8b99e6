import { largestOf, smallestOf } from "../graph/index.ts";

/** What some trials measured at one place of the horizontal axis. */
export interface CurvePoint {
  /** An epoch, or a layer. */
  readonly at: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}
export type Curve = readonly CurvePoint[];

/** Mean and range of at least one value. */
export function pointOf(at: number, values: readonly number[]): CurvePoint {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    at,
    mean: shortened(mean),
    low: shortened(smallestOf(values)),
    high: shortened(largestOf(values)),
  };
}

/** Five digits: more than a figure shows, a third of the bytes. */
export const shortened = (value: number): number => Number(value.toPrecision(5));

/** At most `most` of the items, evenly spread, with the first and the last. */
export function thinned<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  const step = (items.length - 1) / (most - 1);
  const kept = new Set(Array.from({ length: most }, (_, i) => Math.round(i * step)));
  return items.filter((_, i) => kept.has(i));
}

/** Whether any point of the curves stands for more than one value. */
export const hasSpread = (curve: Curve): boolean => curve.some(({ low, high }) => low < high);
