/** The window of a convolution over the positions of two maps at once. */
import type { MapWindow } from "../../network/index.ts";
import { lineOf, type PositionPairs, type Size } from "./pair-lines.ts";

/**
 * What a convolution makes of a kernel (theory 3.7): `Σ_δ K(stride·u + δ, stride·u' + δ)`, terms outside the maps 0. The
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
    const [from, to] = outputsWithin(first, stride, columns, width);
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
        const base = b * window.dilations[1] - window.pads[1];
        const x = c * stride + base;
        if (x < 0 || x >= width) continue;
        const [first, last] = outputsWithin(base, stride, columns, width);
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

/** Outputs, from and up to, whose element `first + stride · output` lies within `length`. */
export const outputsWithin = (first: number, stride: number, outputs: number, length: number): Size => [
  Math.max(0, Math.ceil(-first / stride)),
  Math.min(outputs, Math.ceil((length - first) / stride)),
];
