/**
 * Convolutions and mean pooling in float64, for which ONNX Runtime has no kernel: windows unrolled into slices, one for
 * each tap, and a matrix product. A composition of ops, so its gradients are theirs.
 */
import type { Tensor } from "../symbolic.ts";
import { shapeError, staticSize } from "../tensor.ts";
import { add, multiply } from "./arithmetic.ts";
import { concat, pad, slice } from "./indexing.ts";
import { reduceSum, reshape, transpose } from "./layout.ts";
import { matMul } from "./matrix.ts";

interface Window {
  readonly strides: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
}
type Maps = Tensor<"float64">;

/** For each tap of the kernel in row order, what it sees of the padded maps: `[n, c, rows, columns]`. */
function taps(
  x: Maps,
  kernel: readonly [number, number],
  window: Window,
  to: readonly [number, number],
): readonly Maps[] {
  const [top, left, bottom, right] = window.pads;
  const padded = pad(pad(x, 2, top, bottom), 3, left, right);
  const along = (maps: Maps, axis: 0 | 1, tap: number): Maps => {
    const start = tap * window.dilations[axis];
    return slice(maps, axis + 2, start, start + (to[axis] - 1) * window.strides[axis] + 1, window.strides[axis]);
  };
  return Array.from({ length: kernel[0] }, (_, i) => along(padded, 0, i)).flatMap((rows) =>
    Array.from({ length: kernel[1] }, (_, j) => along(rows, 1, j)),
  );
}

/** A convolution of checked shapes, `to` its result. */
export function unrolledConvolution(
  x: Maps,
  weight: Maps,
  window: Window & { readonly groups: number },
  to: readonly [number, number],
): Maps {
  const [batch = 1] = x.shape;
  const [out = 0, inputs = 0, height = 0, width = 0] = weight.shape.map((_, axis) =>
    staticSize("convolution", weight, axis),
  );
  const { groups } = window;
  const perGroup = out / groups;
  const rows = reshape(transpose(weight, [0, 2, 3, 1]), [out, height * width * inputs]);
  const results = Array.from({ length: groups }, (_, group): Maps => {
    const maps = groups === 1 ? x : slice(x, 1, group * inputs, (group + 1) * inputs);
    const columns = joined(taps(maps, [height, width], window, to), 1);
    const flat = reshape(columns, [batch, height * width * inputs, to[0] * to[1]]);
    return matMul(groups === 1 ? rows : slice(rows, 0, group * perGroup, (group + 1) * perGroup), flat);
  });
  return reshape(joined(results, 1), [batch, out, ...to]);
}

/**
 * Means of windows, padding counted as zeros, `to` the result's size. One axis after the other: the taps of a window the
 * size of the map (a global pool) would be a node each.
 */
export function unrolledAveragePool(
  x: Maps,
  kernel: readonly [number, number],
  window: Window,
  to: readonly [number, number],
): Maps {
  const [, , , width = 0] = x.shape.map(Number);
  const [top, left, bottom, right] = window.pads;
  const columns = { strides: [1, window.strides[1]], pads: [0, left, 0, right], dilations: [1, 1] } as const;
  const rows = { strides: [window.strides[0], 1], pads: [top, 0, bottom, 0], dilations: [1, 1] } as const;
  if (to[0] === 1 && to[1] === 1 && window.pads.every((pad) => pad === 0)) {
    const whole = slice(slice(x, 2, 0, kernel[0]), 3, 0, kernel[1]);
    return multiply(reduceSum(whole, [2, 3], true), 1 / (kernel[0] * kernel[1]));
  }
  const down = sumOf(taps(x, [kernel[0], 1], rows, [to[0], width]));
  return multiply(sumOf(taps(down, [1, kernel[1]], columns, to)), 1 / (kernel[0] * kernel[1]));
}

const sumOf = (maps: readonly Maps[]): Maps => maps.reduce((total, tap) => add(total, tap));

function joined(parts: readonly Maps[], axis: number): Maps {
  const [first, ...rest] = parts;
  if (first === undefined) throw shapeError("convolution", { received: [], expected: "a kernel of at least one tap" });
  return concat([first, ...rest], axis);
}
