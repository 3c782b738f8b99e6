/** Pooling of maps `[n, channels, height, width]`: a gate that passes one input (max), a fixed linear layer (average). */

import { optionsIn } from "../../options.ts";
import { filled, int64 } from "../dense-array.ts";
import { apply, dimensions, named } from "../op.ts";
import type {
  Attributes,
  FloatDType,
  FloatInput,
  FloatPair,
  OnnxEmitter,
  OpDefinition,
  Shape,
  Tensor,
} from "../symbolic.ts";
import { constant, formatShape, type Received, sameShape, shapeError, staticSize } from "../tensor.ts";
import { cast, divide } from "./arithmetic.ts";
import { convolutionInputGradient, spatial, windowCounts } from "./convolution.ts";
import type { Window } from "./convolution-lowerings.ts";
import { emitTiledGradient, emitTiledSelection, type Tiling } from "./max-pool-tiles.ts";
import { reduceMean } from "./reductions.ts";
import { unrolledAveragePool } from "./unrolled-windows.ts";

/** How a pooling window moves over maps `[n, channels, height, width]`. */
export interface PoolOptions {
  /** Of height and width; the kernel's size unless told otherwise. */
  readonly strides?: readonly [number, number];
  /** At top, left, bottom, right; 0 unless told otherwise, and below the kernel's size. */
  readonly pads?: readonly [number, number, number, number];
}
interface Pool extends Window {
  readonly kernel: readonly [number, number];
}

function poolOf(kernel: readonly [number, number], options: PoolOptions): Pool {
  const { strides = kernel, pads = [0, 0, 0, 0] } = optionsIn(options);
  return { kernel, strides, pads, dilations: [1, 1], groups: 1 };
}
const attributesOf = ({ kernel, strides, pads }: Pool): Attributes => ({
  kernel_shape: { ints: kernel },
  strides: { ints: strides },
  pads: { ints: pads },
});

function pooledShape(op: string, received: Received, x: Tensor, pool: Pool): Shape {
  const { pads, kernel } = pool;
  const [batch = 1, channels = 1] = dimensions(op, x, 4, "[n, c, h, w]");
  const [top, left, bottom, right] = pads;
  if (Math.max(top, bottom) >= kernel[0] || Math.max(left, right) >= kernel[1]) {
    throw shapeError(op, { received, expected: `padding below the kernel [${kernel}], not [${pads}]` });
  }
  return [batch, channels, ...windowCounts(op, received, pool, spatial(op, x), kernel)];
}

const maxPoolOp: OpDefinition<Pool, FloatInput> = {
  name: "maxPool",
  shape: (inputs, pool) => pooledShape("maxPool", inputs, inputs[0], pool),
  gradient: ([x], dy, _, pool) => [maxPoolGradient(x, dy, pool.kernel, pool)],
  onnx: (emit, names, pool) => emit.node("MaxPool", names, attributesOf(pool)),
};
/** Greatest value of each window; padding never wins. */
export const maxPool = named(
  "maxPool",
  <D extends FloatDType>(x: Tensor<D>, kernel: readonly [number, number], options: PoolOptions = {}): Tensor<D> =>
    apply(maxPoolOp, [x], poolOf(kernel, options)),
);

/** The windows as tiles of the maps, if they are: as far apart as they are large, to the last row and column. */
function tilingOf(x: Tensor, { kernel, strides, pads }: Pool): Tiling | undefined {
  const [height, width] = spatial("maxPool", x);
  const count = [height / kernel[0], width / kernel[1]] as const;
  const isTiled = sameShape(kernel, strides) && pads.every((pad) => pad === 0) && count.every(Number.isInteger);
  return isTiled ? { window: kernel, count } : undefined;
}

/** Flat positions, in `x`, of the greatest value of each window (the first at a tie). */
const selectedPositions = (emit: OnnxEmitter, x: string, pool: Pool): string =>
  emit.node("MaxPool", [x], attributesOf(pool), 1);
const FLAT = int64([1], [-1]);

const maxPoolGradientOp: OpDefinition<Pool, FloatPair> = {
  name: "maxPoolGradient",
  dtype: ([, dy]) => dy.dtype,
  shape(inputs, pool) {
    const [x, dy] = inputs;
    const pooled = pooledShape("maxPoolGradient", inputs, x, pool);
    if (!sameShape(pooled, dy.shape)) {
      throw shapeError("maxPoolGradient", { received: inputs, expected: `a gradient of shape ${formatShape(pooled)}` });
    }
    return x.shape;
  },
  gradient: ([x], upstream, _, pool) => [undefined, maxPoolSelect(x, upstream, pool.kernel, pool)],
  onnx(emit, [x, dy], pool, [maps, { dtype }]) {
    const tiling = tilingOf(maps, pool);
    if (tiling !== undefined) return emitTiledGradient(emit, [x, dy], tiling, dtype);
    const flat = (name: string): string => emit.node("Reshape", [name, emit.constant(FLAT)]);
    const positions = flat(selectedPositions(emit, x, pool));
    const shape = emit.node("Shape", [x]);
    const empty = flat(emit.node("Expand", [emit.constant(filled(dtype, [1], 0)), shape]));
    const added = emit.node("ScatterElements", [empty, positions, flat(dy)], { reduction: { string: "add" } });
    return emit.node("Reshape", [added, shape]);
  },
};
/** Sends the gradient of each window to the input that the window passed. */
export const maxPoolGradient = named(
  "maxPoolGradient",
  <D extends FloatDType>(
    x: Tensor<FloatDType>,
    dy: Tensor<D>,
    kernel: readonly [number, number],
    options: PoolOptions = {},
  ): Tensor<D> => apply(maxPoolGradientOp, [x, dy], poolOf(kernel, options)),
);

const maxPoolSelectOp: OpDefinition<Pool, FloatPair> = {
  name: "maxPoolSelect",
  dtype: ([, from]) => from.dtype,
  shape(inputs, pool) {
    const [x, from] = inputs;
    if (!sameShape(x.shape, from.shape)) {
      throw shapeError("maxPoolSelect", { received: inputs, expected: "two maps of one shape" });
    }
    return pooledShape("maxPoolSelect", inputs, x, pool);
  },
  gradient: ([x], dy, _, pool) => [undefined, maxPoolGradient(x, dy, pool.kernel, pool)],
  onnx(emit, [x, from], pool, [maps]) {
    const tiling = tilingOf(maps, pool);
    if (tiling !== undefined) return emitTiledSelection(emit, [x, from], tiling);
    const positions = selectedPositions(emit, x, pool);
    const flat = emit.node("Reshape", [from, emit.constant(FLAT)]);
    return emit.node("Gather", [flat, positions], { axis: { int: 0 } });
  },
};
/** Values of `from` at the positions that max-pooling of `x` selects: max-pooling as a gate of another network. */
export const maxPoolSelect = named(
  "maxPoolSelect",
  <D extends FloatDType>(
    x: Tensor<FloatDType>,
    from: Tensor<D>,
    kernel: readonly [number, number],
    options: PoolOptions = {},
  ): Tensor<D> =>
    // of a network that pools its own maps, nothing has to be looked up
    Object.is(x, from) ? maxPool(from, kernel, options) : apply(maxPoolSelectOp, [x, from], poolOf(kernel, options)),
);

const averagePoolOp: OpDefinition<Pool, readonly [x: Tensor<"float32">]> = {
  name: "averagePool",
  shape: (inputs, pool) => pooledShape("averagePool", inputs, inputs[0], pool),
  gradient([x], dy, _, { kernel, ...window }) {
    // channels are the groups of the transposed convolution; its result is divided by the window's size once
    const channels = staticSize("averagePool", x, 1);
    const ones = constant(filled(dy.dtype, [channels, 1, ...kernel], 1));
    const spread = convolutionInputGradient(dy, ones, x.shape, { ...window, groups: channels });
    return [divide(spread, kernel[0] * kernel[1])];
  },
  onnx: (emit, names, pool) =>
    emit.node("AveragePool", names, { ...attributesOf(pool), count_include_pad: { int: 1 } }),
};
/** Mean of each window, padding counted as zeros: a linear layer with fixed weights (theory 2.6). */
export const averagePool = named(
  "averagePool",
  <D extends FloatDType>(x: Tensor<D>, kernel: readonly [number, number], options: PoolOptions = {}): Tensor<D> => {
    const pool = poolOf(kernel, options);
    const maps: Tensor<FloatDType> = x;
    // one window the size of the map: a mean, whose gradient needs no convolution
    const isGlobal = sameShape(x.shape.slice(2), kernel) && pool.pads.every((pad) => pad === 0);
    if (isGlobal && isFloat32(maps)) return cast(reduceMean(maps, [2, 3], true), x.dtype);
    if (isFloat32(maps)) return cast(apply(averagePoolOp, [maps], pool), x.dtype);
    const [, , rows, columns] = pooledShape("averagePool", [x], x, pool).map(Number);
    return cast(unrolledAveragePool(cast(x, "float64"), kernel, pool, [rows ?? 0, columns ?? 0]), x.dtype);
  },
);
const isFloat32 = (x: Tensor<FloatDType>): x is Tensor<"float32"> => x.dtype === "float32";

/** Mean over all positions: `[n, c, h, w]` to `[n, c]`. */
export function globalAveragePool<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
  dimensions("globalAveragePool", x, 4, "[n, c, h, w]");
  return reduceMean(x, [2, 3]);
}
