/** Sliding windows over the positions of two maps at once. */
import { heldBy, type MapWindow } from "../../network/index.ts";
import {
  forEachPair,
  lineOf,
  type PairLines,
  type PositionPairs,
  pairCountOf,
  pairIndex,
  type Size,
} from "./pair-lines.ts";

/**
 * What a convolution makes of a kernel (theory 3): `Σ_δ K(stride·u + δ, stride·u' + δ)`, terms outside the maps 0. The
 * offsets form a rectangle, so rows come first and columns after them. Pairs on a line stay on one.
 * @param kernel `[input positions²]`, or `[steps, input positions]`; 0 outside the maps
 */
export function shiftedSum(
  kernel: Float64Array,
  [input, read]: readonly [Size, PositionPairs],
  [output, pairs]: readonly [Size, PositionPairs],
  window: MapWindow,
): Float64Array<ArrayBuffer> {
  if (pairs === "all") {
    return sumColumnPairs(sumRowPairs(kernel, input, output[0], window), input[1], output, window);
  }
  if (read === "all") throw new Error("unreachable: a convolution that reads all pairs for some");
  const [before, after] = [input[0] * input[1], output[0] * output[1]];
  const out = new Float64Array(pairs.steps.length * after);
  for (const [i, [rows, columns]] of pairs.steps.entries()) {
    const line = lineOf(read, [rows * window.strides[0], columns * window.strides[1]]);
    if (line < 0) continue;
    const map = kernel.subarray(line * before, (line + 1) * before);
    out.set(sumColumns(sumRows(map, input, output[0], window), input[1], output, window), i * after);
  }
  return out;
}

function sumRows(kernel: Float64Array, [height, width]: Size, rows: number, window: MapWindow) {
  const out = new Float64Array(rows * width);
  for (let r = 0; r < rows; r++) {
    for (let a = 0; a < window.kernel[0]; a++) {
      const y = r * window.strides[0] - window.pads[0] + a * window.dilations[0];
      if (y < 0 || y >= height) continue;
      for (let x = 0; x < width; x++) out[r * width + x]! += kernel[y * width + x]!;
    }
  }
  return out;
}

function sumColumns(kernel: Float64Array, width: number, [rows, columns]: Size, window: MapWindow) {
  const out = new Float64Array(rows * columns);
  for (let c = 0; c < columns; c++) {
    for (let b = 0; b < window.kernel[1]; b++) {
      const x = c * window.strides[1] - window.pads[1] + b * window.dilations[1];
      if (x < 0 || x >= width) continue;
      for (let r = 0; r < rows; r++) out[r * columns + c]! += kernel[r * width + x]!;
    }
  }
  return out;
}

/** `[h, w, h', w']` to `[rows, w, rows', w']`. */
function sumRowPairs(kernel: Float64Array, [height, width]: Size, rows: number, window: MapWindow) {
  const out = new Float64Array((rows * width) ** 2);
  for (let r = 0; r < rows; r++) {
    for (let s = 0; s < rows; s++) {
      for (let a = 0; a < window.kernel[0]; a++) {
        const y = r * window.strides[0] - window.pads[0] + a * window.dilations[0];
        const z = s * window.strides[0] - window.pads[0] + a * window.dilations[0];
        if (y < 0 || y >= height || z < 0 || z >= height) continue;
        for (let x = 0; x < width; x++) {
          const from = ((y * width + x) * height + z) * width;
          const to = ((r * width + x) * rows + s) * width;
          for (let v = 0; v < width; v++) out[to + v]! += kernel[from + v]!;
        }
      }
    }
  }
  return out;
}

/** `[rows, w, rows', w']` to `[rows, columns, rows', columns']`. */
function sumColumnPairs(kernel: Float64Array, width: number, [rows, columns]: Size, window: MapWindow) {
  const out = new Float64Array((rows * columns) ** 2);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      for (let b = 0; b < window.kernel[1]; b++) {
        const x = c * window.strides[1] - window.pads[1] + b * window.dilations[1];
        if (x < 0 || x >= width) continue;
        for (let d = 0; d < columns; d++) {
          const v = d * window.strides[1] - window.pads[1] + b * window.dilations[1];
          if (v < 0 || v >= width) continue;
          for (let s = 0; s < rows; s++) {
            out[((r * columns + c) * rows + s) * columns + d]! += kernel[((r * width + x) * rows + s) * width + v]!;
          }
        }
      }
    }
  }
  return out;
}

/** Elements of the map in each window, and what divides their sum. */
export interface Windows {
  readonly members: readonly Int32Array[];
  readonly divisors: Float64Array;
}

export function averagingWindows(input: Size, output: Size, window: MapWindow, countPadding: boolean): Windows {
  const vertical = heldBy(window, 0, output[0], input[0]);
  const horizontal = heldBy(window, 1, output[1], input[1]);
  const members = vertical.flatMap((_, r) =>
    horizontal.map((_, c) => {
      const inside: number[] = [];
      for (let a = 0; a < window.kernel[0]; a++) {
        for (let b = 0; b < window.kernel[1]; b++) {
          const [y, x] = [r * window.strides[0] - window.pads[0] + a, c * window.strides[1] - window.pads[1] + b];
          if (y >= 0 && y < input[0] && x >= 0 && x < input[1]) inside.push(y * input[1] + x);
        }
      }
      return Int32Array.from(inside);
    }),
  );
  const whole = window.kernel[0] * window.kernel[1];
  return { members, divisors: Float64Array.from(members, ({ length }) => (countPadding ? whole : length)) };
}

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
  return read === "all" ? averagedRows(kernel, windows, pairs) : averagedLines(kernel, read, windows, pairs);
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

function averagedLines(
  kernel: Float64Array,
  read: PairLines,
  { members, divisors }: Windows,
  pairs: PositionPairs,
): Float64Array<ArrayBuffer> {
  const positions = read.size[0] * read.size[1];
  const out = new Float64Array(pairCountOf(pairs, members.length));
  forEachPair(pairs, members.length, (at, i, j) => {
    let sum = 0;
    for (const u of members[i] ?? []) {
      for (const v of members[j] ?? []) sum += kernel[pairIndex(read, positions, u, v)]!;
    }
    out[at] = sum / (divisors[i]! * divisors[j]!);
  });
  return out;
}
