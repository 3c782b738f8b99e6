/**
 * Convolutions of maps `[n, channels, height, width]` with weights `[out, in / groups, kernelHeight, kernelWidth]`.
 *
 * The convolution, its transpose (gradient by the input) and its correlation (gradient by the weights) are the three
 * partial maps of one trilinear form, so each one's gradients are the other two.
 */

import { optionsIn } from "../../options.ts";
import { apply, dimensions, named, sameDType } from "../op.ts";
import type { FloatDType, FloatPair, OpDefinition, Shape, Tensor } from "../symbolic.ts";
import { formatShape, type Received, sameShape, shapeError, staticSize } from "../tensor.ts";
import { gainsByTiles, withTiledGradients } from "../winograd/example-tiles.ts";
import { cast } from "./arithmetic.ts";
import {
  attributesOf,
  emitInputGradient,
  emitWeightGradient,
  type Pair,
  type Window,
} from "./convolution-lowerings.ts";
import { unrolledConvolution } from "./unrolled-windows.ts";

/** The geometry unless told otherwise: a step of one, no padding, no gaps, one group. */
export type WindowOptions = Partial<Window>;

const windowOf = (options: WindowOptions): Window => ({
  strides: optionsIn(options).strides ?? [1, 1],
  pads: options.pads ?? [0, 0, 0, 0],
  dilations: options.dilations ?? [1, 1],
  groups: options.groups ?? 1,
});

/** Positions of a window of `kernel` taps along both axes of maps of `size`; at least 1. */
export function windowCounts(op: string, received: Received, window: Window, size: Pair, kernel: Pair): Pair {
  const [top, left, bottom, right] = window.pads;
  const padded = [size[0] + top + bottom, size[1] + left + right] as const;
  const count = (axis: 0 | 1): number => {
    const span = (kernel[axis] - 1) * window.dilations[axis] + 1;
    if (span > padded[axis]) {
      throw shapeError(op, { received, expected: `a map of at least ${span} with its padding, not ${padded[axis]}` });
    }
    return Math.floor((padded[axis] - span) / window.strides[axis]) + 1;
  };
  return [count(0), count(1)];
}

/** Height and width of maps or kernels. */
export const spatial = (op: string, maps: Tensor): Pair => [staticSize(op, maps, 2), staticSize(op, maps, 3)];

const LETTERS = "[n, c, h, w] and [out, c / groups, kh, kw]";
/** Shape of the convolution of maps with weights. */
function convolvedShape(
  op: string,
  received: Received,
  [maps, weight]: readonly [Tensor, Tensor],
  window: Window,
): Shape {
  const { groups } = window;
  const [batch = 1] = dimensions(op, maps, 4, LETTERS);
  const [out = 1] = dimensions(op, weight, 4, LETTERS);
  const fits =
    staticSize(op, maps, 1) === staticSize(op, weight, 1) * groups && staticSize(op, weight, 0) % groups === 0;
  if (!fits) throw shapeError(op, { received, expected: `${LETTERS} with groups = ${groups}` });
  return [batch, out, ...windowCounts(op, received, window, spatial(op, maps), spatial(op, weight))];
}

export const convolutionOp: OpDefinition<Window, FloatPair> = {
  name: "convolution",
  shape(inputs, window) {
    sameDType("convolution", inputs);
    return convolvedShape("convolution", inputs, inputs, window);
  },
  gradient: ([x, weight], dy, _, window) => [
    convolutionInputGradient(dy, weight, x.shape, window),
    convolutionWeightGradient(x, dy, weight.shape, window),
  ],
  onnx: (emit, names, window) => emit.node("Conv", names, attributesOf(window)),
};
const areFloat64 = (operands: {
  readonly x: Tensor<FloatDType>;
  readonly weight: Tensor<FloatDType>;
}): operands is { readonly x: Tensor<"float64">; readonly weight: Tensor<"float64"> } =>
  operands.x.dtype === "float64" && operands.weight.dtype === "float64";
/**
 * Cross-correlation as every framework calls convolution: `[n, c, h, w]` and `[k, c / groups, kh, kw]` make
 * `[n, k, oh, ow]`. In float64 windows are unrolled: ONNX Runtime has no kernel for it.
 */
export const convolution = named(
  "convolution",
  <D extends FloatDType>(x: Tensor<D>, weight: Tensor<D>, options: WindowOptions = {}): Tensor<D> => {
    const window = windowOf(options);
    const both = { x, weight };
    if (!areFloat64(both)) return apply(convolutionOp, [x, weight], window);
    const [, , rows = 0, columns = 0] = convolvedShape("convolution", [x, weight], [x, weight], window).map(Number);
    const value = unrolledConvolution(both.x, both.weight, window, [rows, columns]);
    const isTiled = gainsByTiles({ ...window, weight: weight.shape, positions: [rows, columns] });
    return cast(isTiled ? withTiledGradients(both.x, both.weight, value, window) : value, x.dtype);
  },
);

type WindowTo = Window & { readonly to: Shape };

/** Shape rule of the two gradients: `dy` has the shape of the convolution, of which one operand is still to be made. */
function transposedShape(
  op: string,
  inputs: FloatPair,
  dy: Tensor,
  operands: readonly [Tensor, Tensor],
  params: WindowTo,
): Shape {
  sameDType(op, inputs);
  const { to, ...window } = params;
  const convolved = convolvedShape(op, [...inputs, to], operands, window);
  if (!sameShape(dy.shape, convolved)) {
    throw shapeError(op, { received: [...inputs, to], expected: `a gradient of shape ${formatShape(convolved)}` });
  }
  return to;
}

export const inputGradientOp: OpDefinition<WindowTo, FloatPair> = {
  name: "convolutionInputGradient",
  shape: (inputs, params) => {
    const [dy, weight] = inputs;
    return transposedShape("convolutionInputGradient", inputs, dy, [{ ...dy, shape: params.to }, weight], params);
  },
  gradient: ([dy, weight], upstream, _, { to: __, ...window }) => [
    convolution(upstream, weight, window),
    convolutionWeightGradient(upstream, dy, weight.shape, window),
  ],
  onnx: (emit, names, { to: _, ...window }, [dy, weight], output) =>
    emitInputGradient(emit, names, {
      window,
      maps: spatial(inputGradientOp.name, output),
      positions: spatial(inputGradientOp.name, dy),
      kernel: spatial(inputGradientOp.name, weight),
      out: staticSize(inputGradientOp.name, weight, 0),
      perGroup: staticSize(inputGradientOp.name, weight, 1),
    }),
};
/** Gradient of a convolution by its input of shape `to`, from that of its output: the transposed convolution. */
export const convolutionInputGradient = named(
  "convolutionInputGradient",
  <D extends FloatDType>(dy: Tensor<D>, weight: Tensor<D>, to: Shape, options: WindowOptions = {}): Tensor<D> =>
    apply(inputGradientOp, [dy, weight], { ...windowOf(options), to }),
);

export const weightGradientOp: OpDefinition<WindowTo, FloatPair> = {
  name: "convolutionWeightGradient",
  shape: (inputs, params) => {
    const [x, dy] = inputs;
    return transposedShape("convolutionWeightGradient", inputs, dy, [x, { ...x, shape: params.to }], params);
  },
  gradient: ([x, dy], upstream, _, { to: __, ...window }) => [
    convolutionInputGradient(dy, upstream, x.shape, window),
    convolution(x, upstream, window),
  ],
  onnx: (emit, names, { to: _, ...window }, [x, dy], output) =>
    emitWeightGradient(emit, names, {
      window,
      maps: spatial(weightGradientOp.name, x),
      positions: spatial(weightGradientOp.name, dy),
      kernel: spatial(weightGradientOp.name, output),
      out: staticSize(weightGradientOp.name, output, 0),
      perGroup: staticSize(weightGradientOp.name, output, 1),
    }),
};
/** Gradient of a convolution by its weights of shape `to`, from its input and the gradient of its output. */
export const convolutionWeightGradient = named(
  "convolutionWeightGradient",
  <D extends FloatDType>(x: Tensor<D>, dy: Tensor<D>, to: Shape, options: WindowOptions = {}): Tensor<D> =>
    apply(weightGradientOp, [x, dy], { ...windowOf(options), to }),
);
