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
  /** By rows, then by columns. */
  readonly steps: readonly Step[];
  /** By `(rows + height − 1) · (2 width − 1) + columns + width − 1` the index of a step, −1 for others. */
  readonly places: Int32Array;
  /** Pairs side by side within the map, `[runs, 4]`: index of the first in the kernel, its two positions, their number. */
  readonly runs: Int32Array;
}

/** All pairs of positions `u, u'`, or those on lines. */
export type PositionPairs = "all" | PairLines;

/**
 * Lines at most: a map has more positions than lines, and of so many lines the kernel of one pair of examples is of 32 GiB
 * at least. A plan need not tell such kernels apart.
 */
const MOST_LINES = 2 ** 16;

/** Lines of the steps that stay within a map, or all pairs where lines would be no fewer numbers or beyond all memory. */
export function pairsOf(size: Size, steps: readonly Step[]): PositionPairs {
  const inside = new Map<number, Step>();
  const most = mostLines(size);
  for (const step of steps) {
    const place = placeIn(size, step);
    if (place >= 0) inside.set(place, step);
    if (inside.size > most) return "all";
  }
  return linesOf(
    size,
    [...inside].sort(([a], [b]) => a - b).map(([, step]) => step),
  );
}

const mostLines = ([height, width]: Size): number => Math.min(MOST_LINES, Math.max(1, height * width - 1));

/** Tables are made where they are first read: a plan that is only weighed needs none. */
function linesOf(size: Size, steps: readonly Step[]): PairLines {
  let places: Int32Array | undefined;
  let runs: Int32Array | undefined;
  return {
    size,
    steps,
    get places() {
      places ??= placesOf(size, steps);
      return places;
    },
    get runs() {
      runs ??= runsOf(size, steps);
      return runs;
    },
  };
}

function placesOf(size: Size, steps: readonly Step[]): Int32Array {
  const [height, width] = size;
  const places = new Int32Array((2 * height - 1) * (2 * width - 1)).fill(-1);
  for (const [index, step] of steps.entries()) places[placeIn(size, step)] = index;
  return places;
}

function placeIn([height, width]: Size, [rows, columns]: Step): number {
  if (Math.abs(rows) >= height || Math.abs(columns) >= width) return -1;
  return (rows + height - 1) * (2 * width - 1) + columns + width - 1;
}

function runsOf([height, width]: Size, steps: readonly Step[]): Int32Array {
  const positions = height * width;
  const count = steps.reduce((sum, [rows, columns]) => sum + (columns === 0 ? 1 : height - Math.abs(rows)), 0);
  const runs = new Int32Array(4 * count);
  let next = 0;
  for (const [index, [rows, columns]] of steps.entries()) {
    const [top, first] = [Math.max(0, -rows), Math.max(0, -columns)];
    const lines = height - Math.abs(rows);
    const add = (y: number, length: number): void => {
      const left = y * width + first;
      runs.set([index * positions + left, left, left + rows * width + columns, length], next);
      next += 4;
    };
    if (columns === 0) add(top, lines * width);
    else for (let y = top; y < top + lines; y++) add(y, width - Math.abs(columns));
  }
  return runs;
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
  const { runs } = pairs;
  for (let run = 0; run < runs.length; run += 4) {
    const [at, left, right, length] = [runs[run]!, runs[run + 1]!, runs[run + 2]!, runs[run + 3]!];
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

/** Pairs before a pool, of maps of a size: from any element of one window to any of the other. */
export function pairsWithin(size: Size, steps: readonly Step[], window: MapWindow): PositionPairs {
  const byColumn = new Map<number, number[]>();
  for (const [rows, columns] of steps) appendTo(byColumn, columns, rows);
  const byRow = new Map<number, number[]>();
  for (const [columns, own] of byColumn) {
    for (const rows of reached(own, size, window, 0)) appendTo(byRow, rows, columns);
  }
  const most = mostLines(size);
  const found: Step[] = [];
  for (const [rows, own] of byRow) {
    for (const columns of reached(own, size, window, 1)) found.push([rows, columns]);
    if (found.length > most) return "all";
  }
  return pairsOf(size, found);
}

function appendTo(lists: Map<number, number[]>, key: number, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Along one axis the steps between elements of windows that are such steps apart, in time linear in the axis. */
function reached(steps: readonly number[], size: Size, window: MapWindow, axis: 0 | 1): readonly number[] {
  const end = size[axis] - 1;
  const [dilation, stride] = [window.dilations[axis], window.strides[axis]];
  const span = (window.kernel[axis] - 1) * dilation;
  // begins and ends of the stretches, each of steps a dilation apart
  const changes = new Int32Array(2 * end + 1);
  for (const step of steps) {
    const low = step * stride - span;
    const from = low < -end ? low + Math.ceil((-end - low) / dilation) * dilation : low;
    const to = step * stride + span + dilation;
    if (from > end || from >= to) continue;
    changes[from + end]! += 1;
    if (to <= end) changes[to + end]! -= 1;
  }
  const found: number[] = [];
  for (let i = 0; i < changes.length; i++) {
    if (i >= dilation) changes[i]! += changes[i - dilation]!;
    if (changes[i]! > 0) found.push(i - end);
  }
  return found;
}

/** A position with itself alone. */
export const DIAGONAL: readonly Step[] = [[0, 0]];

/** Whether kernels of these pairs have the same numbers at the same places. */
export const areEqual = (a: PositionPairs, b: PositionPairs): boolean =>
  a === b ||
  (a !== "all" &&
    b !== "all" &&
    String(a.size) === String(b.size) &&
    a.steps.length === b.steps.length &&
    a.steps.every(([rows, columns], i) => rows === b.steps[i]?.[0] && columns === b.steps[i]?.[1]));
