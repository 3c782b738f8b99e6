/** Means over the windows of a pool, of maps and of kernels. */
import { heldAt, type MapWindow } from "../../network/index.ts";
import { forEachPair, lineOf, type PairLines, type PositionPairs, pairCountOf, type Size } from "./pair-lines.ts";
import { outputsWithin } from "./windows.ts";

/** Windows of a pool. */
export interface Windows {
  readonly input: Size;
  readonly output: Size;
  readonly window: MapWindow;
  /** What divides the sum of each. */
  readonly divisors: Float64Array;
}

/** @param divisor of the sum of as many elements */
export function averagingWindows(
  input: Size,
  output: Size,
  window: MapWindow,
  divisor: (held: number) => number,
): Windows {
  const divisors = Float64Array.from({ length: output[0] * output[1] }, (_, i) =>
    divisor(heldAt(window, input, output[1], i)),
  );
  return { input, output, window, divisors };
}

/** Rows and columns of the map in one window, from and up to. */
function windowAt(
  [height, width]: Size,
  [, columns]: Size,
  { kernel, strides, pads }: MapWindow,
  index: number,
): readonly [Size, Size] {
  const top = Math.floor(index / columns) * strides[0] - pads[0];
  const left = (index % columns) * strides[1] - pads[1];
  return [
    [Math.max(0, top), Math.min(height, top + kernel[0])],
    [Math.max(0, left), Math.min(width, left + kernel[1])],
  ];
}

/** Means of a map over windows. */
export function averaged(map: Float64Array, windows: Windows): Float64Array<ArrayBuffer> {
  return Float64Array.from(windows.divisors, (divisor, i) => windowSum(map, windows, i) / divisor);
}

function windowSum(map: Float64Array, { input, output, window }: Windows, index: number): number {
  const [[top, bottom], [left, right]] = windowAt(input, output, window, index);
  let sum = 0;
  for (let y = top; y < bottom; y++) {
    for (let u = y * input[1] + left; u < y * input[1] + right; u++) sum += map[u]!;
  }
  return sum;
}

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

/** The sums over each first window go along rows; its partners read those. */
function averagedRows(kernel: Float64Array, windows: Windows, pairs: PositionPairs): Float64Array<ArrayBuffer> {
  const { input, output, window, divisors } = windows;
  const [positions, count] = [input[0] * input[1], divisors.length];
  const out = new Float64Array(pairCountOf(pairs, count));
  const row = new Float64Array(positions);
  const mean = (i: number, j: number): number => windowSum(row, windows, j) / (divisors[i]! * divisors[j]!);
  for (let i = 0; i < count; i++) {
    row.fill(0);
    const [[top, bottom], [left, right]] = windowAt(input, output, window, i);
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const start = (y * input[1] + x) * positions;
        for (let v = 0; v < positions; v++) row[v]! += kernel[start + v]!;
      }
    }
    if (pairs === "all") for (let j = 0; j < count; j++) out[i * count + j] = mean(i, j);
    else {
      const [y, x] = [Math.floor(i / output[1]), i % output[1]];
      for (const [line, [down, across]] of pairs.steps.entries()) {
        const [v, u] = [y + down, x + across];
        if (v < 0 || v >= output[0] || u < 0 || u >= output[1]) continue;
        out[line * count + i] = mean(i, v * output[1] + u);
      }
    }
  }
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
