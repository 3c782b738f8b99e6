/**
 * Convolutions of maps `[n, channels, height, width]` with weights `[out, in / groups, kernelHeight, kernelWidth]`.
 *
 * The convolution, its transpose (gradient by the input) and its correlation (gradient by the weights) are the three
 * partial maps of one trilinear form, so each one's gradients are the other two.
 */

import { int64 } from "../dense-array.ts";
import { apply, dimensions, named, sameDType } from "../op.ts";
import type { Attributes, FloatDType, FloatPair, OpDefinition, Shape, Tensor } from "../symbolic.ts";
import { formatShape, type Received, sameShape, shapeError, staticSize } from "../tensor.ts";
import { cast } from "./arithmetic.ts";
import { unrolledConvolution } from "./unrolled-windows.ts";

type Pair = readonly [number, number];
/** Geometry of a convolution. */
export interface Window {
  readonly strides: Pair;
  /** Zeros at top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
  readonly dilations: Pair;
  readonly groups: number;
}
export type WindowOptions = Partial<Window>;

const windowOf = (options: WindowOptions): Window => ({
  strides: options.strides ?? [1, 1],
  pads: options.pads ?? [0, 0, 0, 0],
  dilations: options.dilations ?? [1, 1],
  groups: options.groups ?? 1,
});

const attributesOf = ({ strides, pads, dilations, groups }: Window): Attributes => ({
  strides: { ints: strides },
  pads: { ints: pads },
  dilations: { ints: dilations },
  group: { int: groups },
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

const convolutionOp: OpDefinition<Window, FloatPair> = {
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
    const [, , rows, columns] = convolvedShape("convolution", [x, weight], [x, weight], window).map(Number);
    return cast(unrolledConvolution(both.x, both.weight, window, [rows ?? 0, columns ?? 0]), x.dtype);
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

const inputGradientOp: OpDefinition<WindowTo, FloatPair> = {
  name: "convolutionInputGradient",
  shape: (inputs, params) => {
    const [dy, weight] = inputs;
    return transposedShape("convolutionInputGradient", inputs, dy, [{ ...dy, shape: params.to }, weight], params);
  },
  gradient: ([dy, weight], upstream, _, { to: __, ...window }) => [
    convolution(upstream, weight, window),
    convolutionWeightGradient(upstream, dy, weight.shape, window),
  ],
  onnx(emit, names, window, [dy, weight], output) {
    const { strides, dilations, pads } = window;
    const [height, width] = spatial(inputGradientOp.name, output);
    const [rows, columns] = spatial(inputGradientOp.name, dy);
    const [kernelHeight, kernelWidth] = spatial(inputGradientOp.name, weight);
    // rows and columns at the end that no window reached
    const missing = [
      height + pads[0] + pads[2] - ((rows - 1) * strides[0] + (kernelHeight - 1) * dilations[0] + 1),
      width + pads[1] + pads[3] - ((columns - 1) * strides[1] + (kernelWidth - 1) * dilations[1] + 1),
    ];
    return emit.node("ConvTranspose", names, { ...attributesOf(window), output_padding: { ints: missing } });
  },
};
/** Gradient of a convolution by its input of shape `to`, from that of its output: the transposed convolution. */
export const convolutionInputGradient = named(
  "convolutionInputGradient",
  <D extends FloatDType>(dy: Tensor<D>, weight: Tensor<D>, to: Shape, options: WindowOptions = {}): Tensor<D> =>
    apply(inputGradientOp, [dy, weight], { ...windowOf(options), to }),
);

const weightGradientOp: OpDefinition<WindowTo, FloatPair> = {
  name: "convolutionWeightGradient",
  shape: (inputs, params) => {
    const [x, dy] = inputs;
    return transposedShape("convolutionWeightGradient", inputs, dy, [x, { ...x, shape: params.to }], params);
  },
  gradient: ([x, dy], upstream, _, { to: __, ...window }) => [
    convolutionInputGradient(dy, upstream, x.shape, window),
    convolution(x, upstream, window),
  ],
  onnx(emit, [x, dy], { groups, strides, pads, dilations }, [maps], output) {
    // dW[k, c, i, j] = Σ x[n, c, p·s + i·d] dy[n, k, p]: a convolution with the channels as batch, the batch as
    // channels, stride and dilation exchanged. Groups: x as [c / groups, groups · n, h, w].
    const size = spatial(weightGradientOp.name, maps);
    const perGroup = staticSize(weightGradientOp.name, output, 1);
    const ints = (...values: readonly number[]): string => emit.constant(int64([values.length], values));
    const split = groups === 1 ? x : emit.node("Reshape", [x, ints(-1, groups, perGroup, ...size)]);
    const swapped = emit.node("Transpose", [split], { perm: { ints: groups === 1 ? [1, 0, 2, 3] : [2, 1, 0, 3, 4] } });
    const images = groups === 1 ? swapped : emit.node("Reshape", [swapped, ints(perGroup, -1, ...size)]);
    const filters = emit.node("Transpose", [dy], { perm: { ints: [1, 0, 2, 3] } });
    const exchanged = attributesOf({ strides: dilations, pads, dilations: strides, groups });
    const correlated = emit.node("Conv", [images, filters], exchanged);
    // where the last rows were not reached, the exchanged window fits more than once
    const cut = emit.node("Slice", [
      correlated,
      ints(0, 0),
      ints(...spatial(weightGradientOp.name, output)),
      ints(2, 3),
    ]);
    return emit.node("Transpose", [cut], { perm: { ints: [1, 0, 2, 3] } });
  },
};
/** Gradient of a convolution by its weights of shape `to`, from its input and the gradient of its output. */
export const convolutionWeightGradient = named(
  "convolutionWeightGradient",
  <D extends FloatDType>(x: Tensor<D>, dy: Tensor<D>, to: Shape, options: WindowOptions = {}): Tensor<D> =>
    apply(weightGradientOp, [x, dy], { ...windowOf(options), to }),
);
