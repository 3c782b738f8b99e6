/** Means over the windows of a pool, of maps and of kernels. */
import type { MapWindow } from "../../network/index.ts";
import { forEachPair, lineOf, type PairLines, type PositionPairs, pairCountOf, type Size } from "./pair-lines.ts";
import { outputsWithin } from "./windows.ts";

/** Windows of a pool. */
export interface Windows {
  readonly input: Size;
  readonly output: Size;
  readonly window: MapWindow;
  /** Elements of the map in each. */
  readonly members: readonly Int32Array[];
  /** What divides their sum. */
  readonly divisors: Float64Array;
}

export function averagingWindows(input: Size, output: Size, window: MapWindow, countPadding: boolean): Windows {
  const members = Array.from({ length: output[0] * output[1] }, (_, i) => {
    const [top, left] = cornerOf(window, Math.floor(i / output[1]), i % output[1]);
    const inside: number[] = [];
    for (let y = Math.max(0, top); y < Math.min(input[0], top + window.kernel[0]); y++) {
      for (let x = Math.max(0, left); x < Math.min(input[1], left + window.kernel[1]); x++)
        inside.push(y * input[1] + x);
    }
    return Int32Array.from(inside);
  });
  const whole = window.kernel[0] * window.kernel[1];
  const divisors = Float64Array.from(members, ({ length }) => (countPadding ? whole : length));
  return { input, output, window, members, divisors };
}

const cornerOf = ({ strides, pads }: MapWindow, row: number, column: number): Size => [
  row * strides[0] - pads[0],
  column * strides[1] - pads[1],
];

/** Means of a map over windows. */
export const averaged = (map: Float64Array, { members, divisors }: Windows): Float64Array<ArrayBuffer> =>
  Float64Array.from(members, (window, i) => window.reduce((sum, u) => sum + map[u]!, 0) / divisors[i]!);

/**
 * Means over both windows of a kernel.
 * @param read the pairs of positions that it holds
 * @returns the means of `pairs` of windows
 */
export function averagedPairs(
  kernel: Float64Array,
  read: PositionPairs,
  windows: Windows,
  pairs: PositionPairs,
): Float64Array<ArrayBuffer> {
  if (read === "all") return averagedRows(kernel, windows, pairs);
  if (pairs === "all") throw new Error("unreachable: a pool that reads lines for all pairs");
  return averagedLines(kernel, read, windows, pairs);
}

function averagedRows(kernel: Float64Array, windows: Windows, pairs: PositionPairs): Float64Array<ArrayBuffer> {
  const { members, divisors } = windows;
  const positions = Math.sqrt(kernel.length);
  const out = new Float64Array(pairCountOf(pairs, members.length));
  const row = new Float64Array(positions);
  let summed = -1;
  const sumRow = (i: number): void => {
    row.fill(0);
    for (const u of members[i] ?? []) {
      for (let v = 0; v < positions; v++) row[v]! += kernel[u * positions + v]!;
    }
    summed = i;
  };
  forEachPair(pairs, members.length, (at, i, j) => {
    if (summed !== i) sumRow(i);
    let sum = 0;
    for (const v of members[j] ?? []) sum += row[v]!;
    out[at] = sum / (divisors[i]! * divisors[j]!);
  });
  return out;
}

/** Elements of two windows by what lies between them: each such sum goes along a line. */
function averagedLines(
  kernel: Float64Array,
  read: PairLines,
  { input, output, window, divisors }: Windows,
  pairs: PairLines,
): Float64Array<ArrayBuffer> {
  const [[height, width], [rows, columns]] = [input, output];
  const positions = rows * columns;
  const out = new Float64Array(pairs.steps.length * positions);
  for (const [index, [down, right]] of pairs.steps.entries()) {
    const sums = out.subarray(index * positions, (index + 1) * positions);
    for (const vertical of elementPairs(window, 0, down, rows, height)) {
      for (const horizontal of elementPairs(window, 1, right, columns, width)) {
        const line = lineOf(read, [vertical.step, horizontal.step]);
        if (line < 0) continue;
        const start = (line * height + vertical.element) * width + horizontal.element;
        addLine(sums, columns, kernel, start, width, window.strides, [vertical.windows, horizontal.windows]);
      }
    }
  }
  forEachPair(pairs, positions, (at, i, j) => {
    out[at]! /= divisors[i]! * divisors[j]!;
  });
  return out;
}

/** One element of the first window and one of its partner's, along one axis. */
interface ElementPair {
  /** Of the first window at 0; negative in the padding. */
  readonly element: number;
  /** From it to the partner's. */
  readonly step: number;
  /** Windows, from and up to, for which both lie within the map. */
  readonly windows: Size;
}

function elementPairs(
  { kernel, strides, pads }: MapWindow,
  axis: 0 | 1,
  step: number,
  outputs: number,
  length: number,
): readonly ElementPair[] {
  const size = kernel[axis];
  return Array.from({ length: size ** 2 }, (_, i) => {
    const [own, partner] = [Math.floor(i / size), i % size];
    const element = own - pads[axis];
    const between = step * strides[axis] + partner - own;
    const [from, to] = outputsWithin(element, strides[axis], outputs, length);
    const [from2, to2] = outputsWithin(element + between, strides[axis], outputs, length);
    return { element, step: between, windows: [Math.max(from, from2), Math.min(to, to2)] };
  });
}

/** Adds an element of each window: `kernel[start + …]`, one line of pairs. */
function addLine(
  out: Float64Array,
  columns: number,
  kernel: Float64Array,
  start: number,
  width: number,
  [down, right]: Size,
  [[top, bottom], [from, to]]: readonly [Size, Size],
): void {
  for (let r = top; r < bottom; r++) {
    const row = start + r * down * width;
    for (let c = from; c < to; c++) out[r * columns + c]! += kernel[row + c * right]!;
  }
}
