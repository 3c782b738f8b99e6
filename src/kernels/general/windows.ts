/** Sliding windows over the positions of two maps at once. */
import { heldBy, type MapWindow } from "../../network/index.ts";
import type { PositionPairs } from "./plan.ts";

export type Size = readonly [height: number, width: number];

/**
 * What a convolution makes of a kernel (theory 3): `Σ_δ K(stride·u + δ, stride·u' + δ)`, terms outside the maps 0. The
 * offsets form a rectangle, so rows come first and columns after them.
 * @param kernel `[input positions²]`, or `[input positions]` of the diagonal
 */
export function shiftedSum(
  kernel: Float64Array,
  input: Size,
  output: Size,
  window: MapWindow,
  pairs: PositionPairs,
): Float64Array<ArrayBuffer> {
  const columns = pairs === "all" ? input[1] ** 2 : input[1];
  const rowSum =
    pairs === "all"
      ? sumRowPairs(kernel, input, output[0], window)
      : sumRows(kernel, [input[0], columns], output[0], window);
  return pairs === "all"
    ? sumColumnPairs(rowSum, input[1], output, window)
    : sumColumns(rowSum, input[1], output, window);
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

/** Means over both windows of a kernel `[positions²]`: `[windows²]`, or `[windows]` of the diagonal. */
export function averagedPairs(kernel: Float64Array, windows: Windows, pairs: PositionPairs): Float64Array<ArrayBuffer> {
  const { members, divisors } = windows;
  const positions = Math.sqrt(kernel.length);
  const count = members.length;
  const out = new Float64Array(pairs === "all" ? count * count : count);
  members.forEach((window, i) => {
    const row = new Float64Array(positions);
    for (const u of window) {
      for (let v = 0; v < positions; v++) row[v]! += kernel[u * positions + v]!;
    }
    for (let j = pairs === "all" ? 0 : i; j < (pairs === "all" ? count : i + 1); j++) {
      let sum = 0;
      for (const v of members[j] ?? []) sum += row[v]!;
      out[pairs === "all" ? i * count + j : i] = sum / (divisors[i]! * divisors[j]!);
    }
  });
  return out;
}
