/**
 * Which pairs of positions of two maps are read (theory 3.8 to 3.10). Flattening reads a position only with itself, a pool before
 * it only pairs within a window, a convolution before that pairs with the same steps between them: a kernel then keeps a
 * line of positions for each step, not the square of all pairs.
 */
import type { MapWindow } from "../../network/index.ts";

export type Size = readonly [height: number, width: number];

/** From a position of one example to that of the other. */
export type Step = readonly [rows: number, columns: number];

/** Pairs `u, u + step`, one line `[positions]` a step; what lies outside the map is never read and may be anything. */
export interface PairLines {
  readonly size: Size;
  readonly steps: readonly Step[];
  /** By `(rows + height − 1) · (2 width − 1) + columns + width − 1` the index of a step, −1 for others. */
  readonly places: Int32Array;
  readonly runs: readonly Run[];
}

/** Pairs side by side within the map. */
export interface Run {
  /** Index of the first in the kernel. */
  readonly at: number;
  /** Its positions. */
  readonly left: number;
  readonly right: number;
  readonly length: number;
}

/** All pairs of positions `u, u'`, or those on lines. */
export type PositionPairs = "all" | PairLines;

/** Lines of the steps that stay within a map, or all pairs where lines would be no fewer numbers. */
export function pairsOf(size: Size, steps: readonly Step[]): PositionPairs {
  const [height, width] = size;
  const places = new Int32Array((2 * height - 1) * (2 * width - 1)).fill(-1);
  const inside: Step[] = [];
  for (const step of steps) {
    const place = placeIn(size, step);
    if (place < 0 || places[place] !== -1) continue;
    places[place] = inside.length;
    inside.push(step);
  }
  const positions = height * width;
  if (inside.length > 1 && inside.length >= positions) return "all";
  return { size, steps: inside, places, runs: inside.flatMap((step, index) => runsOf(size, step, index * positions)) };
}

function placeIn([height, width]: Size, [rows, columns]: Step): number {
  if (Math.abs(rows) >= height || Math.abs(columns) >= width) return -1;
  return (rows + height - 1) * (2 * width - 1) + columns + width - 1;
}

function runsOf([height, width]: Size, [rows, columns]: Step, start: number): readonly Run[] {
  const [top, first] = [Math.max(0, -rows), Math.max(0, -columns)];
  const count = height - Math.abs(rows);
  const run = (y: number, length: number): Run => {
    const left = y * width + first;
    return { at: start + left, left, right: left + rows * width + columns, length };
  };
  if (columns === 0) return [run(top, count * width)];
  return Array.from({ length: count }, (_, i) => run(top + i, width - Math.abs(columns)));
}

/** Index of a step's line, −1 if there is none. */
export function lineOf({ size, places }: PairLines, step: Step): number {
  const place = placeIn(size, step);
  return place < 0 ? -1 : places[place]!;
}

/** Index of a pair in a kernel of one channel, −1 if it is not kept. */
export function pairIndex(pairs: PositionPairs, positions: number, u: number, v: number): number {
  if (pairs === "all") return u * positions + v;
  const width = pairs.size[1];
  const rows = Math.floor(v / width) - Math.floor(u / width);
  const columns = (v % width) - (u % width);
  const line = pairs.places[(rows + pairs.size[0] - 1) * (2 * width - 1) + columns + width - 1]!;
  return line < 0 ? -1 : line * positions + u;
}

/** Calls for each pair within the maps: its index and its positions. */
export function forEachPair(
  pairs: PositionPairs,
  positions: number,
  call: (at: number, u: number, v: number) => void,
): void {
  if (pairs === "all") {
    for (let u = 0; u < positions; u++) for (let v = 0; v < positions; v++) call(u * positions + v, u, v);
    return;
  }
  for (const { at, left, right, length } of pairs.runs) {
    for (let i = 0; i < length; i++) call(at + i, left + i, right + i);
  }
}

/** Numbers of one channel. */
export const pairCountOf = (pairs: PositionPairs, positions: number): number =>
  positions * (pairs === "all" ? positions : pairs.steps.length);

/** Whether only `u = u'` is kept. */
export const isDiagonal = (pairs: PositionPairs): boolean =>
  pairs !== "all" && pairs.steps.every(([rows, columns]) => rows === 0 && columns === 0);

/** Steps before a convolution: its offsets are the same on both sides. */
export const stepsBefore = (steps: readonly Step[], { strides }: MapWindow): readonly Step[] =>
  steps.map(([rows, columns]) => [rows * strides[0], columns * strides[1]]);

/** Steps before a pool: from any element of one window to any of the other. */
export function stepsWithin(steps: readonly Step[], window: MapWindow): readonly Step[] {
  const spans = ([0, 1] as const).map((axis) => {
    return Array.from(
      { length: 2 * window.kernel[axis] - 1 },
      (_, i) => (i - window.kernel[axis] + 1) * window.dilations[axis],
    );
  });
  const [vertical = [], horizontal = []] = spans;
  return stepsBefore(steps, window).flatMap(([rows, columns]) =>
    vertical.flatMap((y) => horizontal.map((x): Step => [rows + y, columns + x])),
  );
}
