/**
 * How the gradients of a convolution are written as ONNX nodes: several exact forms of each, of which the fastest is
 * chosen by the shapes (bench/convolution.bench.ts measures them side by side).
 *
 * ONNX Runtime is fast at `Conv` and at large matrix products, slow at `ConvTranspose` and at kernels the size of maps,
 * so with a step of one the input gradient is a convolution with the kernel turned around, and the weight gradient a
 * product over all positions for each tap.
 */
import { float32, int64 } from "../dense-array.ts";
import type { Attributes, OnnxEmitter } from "../symbolic.ts";

export type Pair = readonly [number, number];
/** Geometry of a convolution over maps `[n, channels, height, width]`; pairs are of height and width. */
export interface Window {
  readonly strides: readonly [number, number];
  /** Zeros at top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
  readonly groups: number;
}

/** All that a lowering knows of its convolution; the batch may be symbolic. */
export interface ConvolutionSizes {
  readonly window: Window;
  /** Height and width of the input maps. */
  readonly maps: Pair;
  /** Height and width of the output maps. */
  readonly positions: Pair;
  readonly kernel: Pair;
  /** Output channels. */
  readonly out: number;
  /** Input channels of a group. */
  readonly perGroup: number;
}

type Operands = readonly [string, string];
/** Writes one gradient of a convolution; returns the name of the result. */
export type Lowering = (emit: OnnxEmitter, operands: Operands, sizes: ConvolutionSizes) => string;

export const attributesOf = ({ strides, pads, dilations, groups }: Window): Attributes => ({
  strides: { ints: strides },
  pads: { ints: pads },
  dilations: { ints: dilations },
  group: { int: groups },
});

const ints = (emit: OnnxEmitter, values: readonly number[]): string => emit.constant(int64([values.length], values));
const reshape = (emit: OnnxEmitter, x: string, shape: readonly number[]): string =>
  emit.node("Reshape", [x, ints(emit, shape)]);
const transpose = (emit: OnnxEmitter, x: string, ...order: readonly number[]): string =>
  emit.node("Transpose", [x], { perm: { ints: order } });

/** The span of a kernel along one axis. */
const span = ({ kernel, window }: ConvolutionSizes, axis: 0 | 1): number =>
  (kernel[axis] - 1) * window.dilations[axis] + 1;

/** `ConvTranspose`, for any geometry. */
const transposed: Lowering = (emit, operands, sizes) => {
  const { window, maps, positions } = sizes;
  const [top, left, bottom, right] = window.pads;
  // rows and columns at the end that no window reached
  const missing = [
    maps[0] + top + bottom - ((positions[0] - 1) * window.strides[0] + span(sizes, 0)),
    maps[1] + left + right - ((positions[1] - 1) * window.strides[1] + span(sizes, 1)),
  ];
  return emit.node("ConvTranspose", operands, { ...attributesOf(window), output_padding: { ints: missing } });
};

/** The kernel turned around, inputs and outputs exchanged, in a convolution; for a step of one and one group. */
const turned: Lowering = (emit, [dy, weight], sizes) => {
  const { window, kernel, out, perGroup } = sizes;
  const taps = kernel[0] * kernel[1];
  const backwards = ints(
    emit,
    Array.from({ length: taps }, (_, tap) => taps - 1 - tap),
  );
  const flat = reshape(emit, weight, [out, perGroup, taps]);
  const flipped = reshape(emit, emit.node("Gather", [flat, backwards], { axis: { int: 2 } }), [
    out,
    perGroup,
    ...kernel,
  ]);
  const [top, left, bottom, right] = window.pads;
  const [height, width] = [span(sizes, 0) - 1, span(sizes, 1) - 1];
  const pads = [height - top, width - left, height - bottom, width - right] as const;
  return emit.node("Conv", [dy, transpose(emit, flipped, 1, 0, 2, 3)], attributesOf({ ...window, pads }));
};

/**
 * `dW[k, c, i, j] = Σ x[n, c, p·s + i·d] dy[n, k, p]` as a convolution with the channels as batch, the batch as channels,
 * stride and dilation exchanged. Groups: x as `[c / groups, groups · n, h, w]`.
 */
const exchanged: Lowering = (emit, [x, dy], { window, maps, kernel, perGroup }) => {
  const { groups, strides, pads, dilations } = window;
  const split = groups === 1 ? x : reshape(emit, x, [-1, groups, perGroup, ...maps]);
  const swapped = groups === 1 ? transpose(emit, split, 1, 0, 2, 3) : transpose(emit, split, 2, 1, 0, 3, 4);
  const images = groups === 1 ? swapped : reshape(emit, swapped, [perGroup, -1, ...maps]);
  const attributes = attributesOf({ strides: dilations, pads, dilations: strides, groups });
  const correlated = emit.node("Conv", [images, transpose(emit, dy, 1, 0, 2, 3)], attributes);
  // where the last rows were not reached, the exchanged window fits more than once
  const cut = emit.node("Slice", [correlated, ints(emit, [0, 0]), ints(emit, kernel), ints(emit, [2, 3])]);
  return transpose(emit, cut, 1, 0, 2, 3);
};

/** For each tap, `dy` as `[k, positions]` times what the tap sees of `x`, `[c, positions]`ᵀ; for one group. */
const products: Lowering = (emit, [x, dy], { window, positions, kernel, out, perGroup }) => {
  const { strides, dilations } = window;
  const [top, left, bottom, right] = window.pads;
  const pads = ints(emit, [0, 0, top, left, 0, 0, bottom, right]);
  const isPadded = window.pads.some((pad) => pad !== 0);
  const padded = isPadded ? emit.node("Pad", [x, pads, emit.constant(float32([], [0]))]) : x;
  const channels = transpose(emit, padded, 1, 0, 2, 3);
  const slopes = reshape(emit, transpose(emit, dy, 1, 0, 2, 3), [out, -1]);
  const along = (axis: 0 | 1, tap: number): readonly [number, number] => {
    const start = tap * dilations[axis];
    return [start, start + (positions[axis] - 1) * strides[axis] + 1];
  };
  const taps = Array.from({ length: kernel[0] * kernel[1] }, (_, tap): string => {
    const [rows, columns] = [along(0, Math.floor(tap / kernel[1])), along(1, tap % kernel[1])];
    const window = [[rows[0], columns[0]], [rows[1], columns[1]], [2, 3], strides].map((one) => ints(emit, one));
    const seen = reshape(emit, emit.node("Slice", [channels, ...window]), [perGroup, -1]);
    const product = emit.node("Gemm", [slopes, seen], { transB: { int: 1 } });
    return reshape(emit, product, [out, perGroup, 1]);
  });
  return reshape(emit, emit.node("Concat", taps, { axis: { int: 2 } }), [out, perGroup, ...kernel]);
};

export const INPUT_GRADIENT_LOWERINGS = { transposed, turned } as const satisfies Record<string, Lowering>;
export const WEIGHT_GRADIENT_LOWERINGS = { exchanged, products } as const satisfies Record<string, Lowering>;

/** Gradient by the input, from `[dy, weight]`. */
export const emitInputGradient: Lowering = (emit, operands, sizes) => {
  const { window, positions } = sizes;
  const [top, left, bottom, right] = window.pads;
  const isTurnable =
    window.groups === 1 &&
    window.strides.every((stride) => stride === 1) &&
    Math.max(top, bottom) < span(sizes, 0) &&
    Math.max(left, right) < span(sizes, 1) &&
    positions.every((size) => size > 0);
  return (isTurnable ? turned : transposed)(emit, operands, sizes);
};

/** More taps than this would be more nodes than they are worth. */
const MOST_TAPS = 49;
/** Below this many channels a tap's product is too thin for its copies. */
const FEWEST_CHANNELS = 16;

/** Gradient by the weights, from `[x, dy]`. */
export const emitWeightGradient: Lowering = (emit, operands, sizes) => {
  const { window, kernel, perGroup } = sizes;
  const isWide = perGroup >= FEWEST_CHANNELS && kernel[0] * kernel[1] <= MOST_TAPS;
  return (window.groups === 1 && isWide ? products : exchanged)(emit, operands, sizes);
};
