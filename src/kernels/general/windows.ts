/** Sliding windows over the positions of two maps at once. */
import type { MapWindow } from "../../network/index.ts";
import { forEachPair, lineOf, type PairLines, type PositionPairs, pairCountOf, type Size } from "./pair-lines.ts";

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
  const rowSums = new Float64Array(output[0] * input[1]);
  for (const [i, [rows, columns]] of pairs.steps.entries()) {
    const line = lineOf(read, [rows * window.strides[0], columns * window.strides[1]]);
    if (line < 0) continue;
    sumRows(kernel.subarray(line * before, (line + 1) * before), input, rowSums, window);
    sumColumns(rowSums, input[1], out.subarray(i * after, (i + 1) * after), output[1], window);
  }
  return out;
}

/** `[h, w]` to `[rows, w]`. */
function sumRows(kernel: Float64Array, [height, width]: Size, out: Float64Array, window: MapWindow): void {
  out.fill(0);
  for (let start = 0, r = 0; start < out.length; start += width, r++) {
    for (let a = 0; a < window.kernel[0]; a++) {
      const y = r * window.strides[0] - window.pads[0] + a * window.dilations[0];
      if (y < 0 || y >= height) continue;
      const from = y * width;
      for (let x = 0; x < width; x++) out[start + x]! += kernel[from + x]!;
    }
  }
}

/** `[rows, w]` to `[rows, columns]`, added to what is there. */
function sumColumns(
  kernel: Float64Array,
  width: number,
  out: Float64Array,
  columns: number,
  { kernel: [, size], strides: [, stride], pads, dilations }: MapWindow,
): void {
  for (let b = 0; b < size; b++) {
    const first = b * dilations[1] - pads[1];
    const [from, to] = [
      Math.max(0, Math.ceil(-first / stride)),
      Math.min(columns, Math.ceil((width - first) / stride)),
    ];
    for (let start = 0, row = first; start < out.length; start += columns, row += width) {
      for (let c = from; c < to; c++) out[start + c]! += kernel[row + c * stride]!;
    }
  }
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
  const stride = window.strides[1];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      for (let b = 0; b < window.kernel[1]; b++) {
        const x = c * window.strides[1] - window.pads[1] + b * window.dilations[1];
        if (x < 0 || x >= width) continue;
        const base = b * window.dilations[1] - window.pads[1];
        const first = Math.max(0, Math.ceil(-base / stride));
        const last = Math.min(columns, Math.ceil((width - base) / stride));
        for (let s = 0; s < rows; s++) {
          const from = ((r * width + x) * rows + s) * width + base;
          const to = ((r * columns + c) * rows + s) * columns;
          for (let d = first; d < last; d++) out[to + d]! += kernel[from + d * stride]!;
        }
      }
    }
  }
  return out;
}

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
  { input: [height, width], output: [rows, columns], window, divisors }: Windows,
  pairs: PairLines,
): Float64Array<ArrayBuffer> {
  const positions = rows * columns;
  const out = new Float64Array(pairs.steps.length * positions);
  const { kernel: size, strides, pads } = window;
  /** Windows whose element `a` and that of the partner, `step` further, lie within the map. */
  const within = (axis: 0 | 1, a: number, step: number, limit: number, length: number): Size => {
    const first = Math.max(-(a - pads[axis]), -(a - pads[axis] + step));
    const last = Math.min(length - a + pads[axis], length - a + pads[axis] - step);
    return [Math.max(0, Math.ceil(first / strides[axis])), Math.min(limit, Math.ceil(last / strides[axis]))];
  };
  for (const [index, [down, right]] of pairs.steps.entries()) {
    const base = index * positions;
    for (let a = 0; a < size[0]; a++) {
      for (let a2 = 0; a2 < size[0]; a2++) {
        const vertical = down * strides[0] + a2 - a;
        const [top, bottom] = within(0, a, vertical, rows, height);
        for (let b = 0; b < size[1]; b++) {
          for (let b2 = 0; b2 < size[1]; b2++) {
            const horizontal = right * strides[1] + b2 - b;
            const line = lineOf(read, [vertical, horizontal]);
            if (line < 0) continue;
            const [from, to] = within(1, b, horizontal, columns, width);
            for (let r = top; r < bottom; r++) {
              const u = line * height * width + (r * strides[0] - pads[0] + a) * width - pads[1] + b;
              for (let c = from; c < to; c++) out[base + r * columns + c]! += kernel[u + c * strides[1]]!;
            }
          }
        }
      }
    }
  }
  forEachPair(pairs, positions, (at, i, j) => {
    out[at]! /= divisors[i]! * divisors[j]!;
  });
  return out;
}
