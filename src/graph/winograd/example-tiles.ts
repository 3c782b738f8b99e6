/**
 * Gradients of 3×3 convolutions in float64 by Winograd's algorithm (transforms.ts): by the input, and by the weights of
 * each example apart, a quarter of the products of the plain sums. Off by some 1e-15 of the largest number: no gate may
 * be decided by what they make, so the convolution itself stays a plain sum.
 *
 * Tiles here are `[batch, 4, 4, c, rows, columns]`: an example's lie together, as products of one example need them.
 */
import { int32 } from "../dense-array.ts";
import { apply } from "../op.ts";
import { detach } from "../ops/detach.ts";
import { concat, gather, pad, slice } from "../ops/indexing.ts";
import { reduceSum, reshape, transpose } from "../ops/layout.ts";
import { matMul } from "../ops/matrix.ts";
import type { Dimension, OpDefinition, Shape, Tensor } from "../symbolic.ts";
import { constant, staticSize } from "../tensor.ts";
import { SEEN, TILE, transforms64 } from "./transforms.ts";

type Maps = Tensor<"float64">;
type Pair = readonly [rows: number, columns: number];

const TAPS = 9;
const PRODUCTS = SEEN ** 2;

/** A convolution as its gradients see it. */
export interface ConvolutionShapes {
  /** `[out, c / groups, kernelHeight, kernelWidth]` */
  readonly weight: Shape;
  /** Rows and columns of the output. */
  readonly positions: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly groups: number;
  readonly pads: readonly [top: number, left: number, bottom: number, right: number];
}

/** Fewer tiles or channels are not worth their transforms (bench/ntk.bench.ts). */
const FEWEST = { tiles: 16, channels: 16 };

/** Whether tiles make both gradients of a convolution in less time. */
export function gainsByTiles({ weight, positions, strides, dilations, groups, pads }: ConvolutionShapes): boolean {
  const [out = 0, channels = 0, ...kernel] = weight.map(Number);
  const [rows, columns] = positions.map(tilesOf);
  return (
    kernel.every((size) => size === 3) &&
    [...strides, ...dilations, groups].every((one) => one === 1) &&
    pads.every((one) => one <= 2) &&
    Math.min(out, channels) >= FEWEST.channels &&
    (rows ?? 0) * (columns ?? 0) >= FEWEST.tiles
  );
}

interface PadParams {
  readonly pads: ConvolutionShapes["pads"];
}

const tiledGradientsOp: OpDefinition<PadParams, readonly [x: Tensor, weight: Tensor, made: Tensor]> = {
  name: "tiledGradients",
  shape: ([, , made]) => made.shape,
  gradient([x, weight], dy, _, params) {
    const [maps, kernels, slopes] = [float64(x), float64(weight), float64(dy)];
    const [out = 0, channels = 0] = weight.shape;
    const byExample = reshape(tiledWeightGradients(maps, slopes, params), [x.shape[0] ?? 1, TAPS, out, channels]);
    const byWeight = reshape(transpose(reduceSum(byExample, [0]), [1, 2, 0]), weight.shape);
    return [tiledInputGradient(slopes, kernels, x.shape, params), byWeight, undefined];
  },
  onnx: (emit, [, , made]) => emit.node("Identity", [made]),
};

/** What a convolution has `made` of `x` and its weight, with gradients by tiles in place of those of its own ops. */
export const withTiledGradients = (
  x: Maps,
  weight: Maps,
  made: Maps,
  { pads }: Pick<ConvolutionShapes, "pads">,
): Maps => apply(tiledGradientsOp, [x, weight, detach(made)], { pads });

function float64(tensor: Tensor): Maps {
  if (isFloat64(tensor)) return tensor;
  throw new Error(`unreachable: tiles of ${tensor.dtype}`);
}
const isFloat64 = (tensor: Tensor): tensor is Maps => tensor.dtype === "float64";

const tilesOf = (size: number): number => Math.ceil(size / TILE);

/**
 * The gradient of a convolution by its input, of shape `to`: a convolution with the kernel turned around.
 * @param dy `[batch, out, rows, columns]`
 * @param weight `[out, c, 3, 3]`
 */
export function tiledInputGradient(
  dy: Maps,
  weight: Maps,
  to: Shape,
  { pads: [top, left] }: Pick<ConvolutionShapes, "pads">,
): Maps {
  const [batch = 1, , height = 0, width = 0] = to;
  const [out, channels] = [staticSize("convolution", weight, 0), staticSize("convolution", weight, 1)];
  const tiles: Pair = [tilesOf(Number(height)), tilesOf(Number(width))];
  const { input, kernel, output } = transforms64();
  const backwards = constant(int32([TAPS], [8, 7, 6, 5, 4, 3, 2, 1, 0]));
  const byTap = gather(transpose(reshape(weight, [out * channels, TAPS])), backwards);
  const kernels = transpose(reshape(matMul(kernel, byTap), [PRODUCTS, out, channels]));
  const seen = matMul(input, neighborhoods(tile(dy, covering(dy, tiles)), [2 - top, 2 - left], tiles));
  const products = matMul(kernels, reshape(seen, [batch, PRODUCTS, out, tiles[0] * tiles[1]]));
  const made = matMul(output, reshape(products, [batch, PRODUCTS, channels * tiles[0] * tiles[1]]));
  return untile(made, [batch, channels, Number(height), Number(width)], tiles);
}

/**
 * Gradients of a convolution by its weights, of each example apart: `[batch, 9 · out · c]`, tap by tap.
 * @param x `[batch, c, rows, columns]`
 * @param dy `[batch, out, rows, columns]`
 */
export function tiledWeightGradients(x: Maps, dy: Maps, { pads: [top, left] }: Pick<ConvolutionShapes, "pads">): Maps {
  const [batch = 1, out = 0, height = 0, width = 0] = dy.shape;
  const channels = staticSize("convolution", x, 1);
  const tiles: Pair = [tilesOf(Number(height)), tilesOf(Number(width))];
  const positions = tiles[0] * tiles[1];
  const { input, kernel, output } = transforms64();
  const seen = matMul(input, neighborhoods(tile(x, covering(x, tiles)), [top, left], tiles));
  const slopes = reshape(tile(dy, tiles), [batch, TILE ** 2, Number(out) * positions]);
  const spread = matMul(output, slopes, { transposeA: true });
  const products = matMul(
    reshape(spread, [batch, PRODUCTS, out, positions]),
    reshape(seen, [batch, PRODUCTS, channels, positions]),
    { transposeB: true },
  );
  const taps = matMul(kernel, reshape(products, [batch, PRODUCTS, Number(out) * channels]), { transposeA: true });
  return reshape(taps, [batch, TAPS * Number(out) * channels]);
}

/** So many tiles, or as many as cover the maps. */
const covering = ({ shape: [, , height = 0, width = 0] }: Maps, [rows, columns]: Pair): Pair => [
  Math.max(rows, tilesOf(Number(height))),
  Math.max(columns, tilesOf(Number(width))),
];

/** Maps in tiles, `[batch, 4, 4, c, rows, columns]`; cut off or filled up with zeros at the end. */
function tile(maps: Maps, [rows, columns]: Pair): Maps {
  const [batch = 1] = maps.shape;
  const channels = staticSize("convolution", maps, 1);
  const whole = fitted(fitted(maps, 2, rows * TILE), 3, columns * TILE);
  // in two steps, each the move of one axis: ONNX Runtime takes a third of the time of one step for both
  const lines = transpose(reshape(whole, [batch, channels * rows * TILE, columns, TILE]));
  const byTile = reshape(lines, [batch, channels * rows, TILE ** 2, columns]);
  return reshape(transpose(byTile, [0, 2, 1, 3]), [batch, TILE, TILE, channels, rows, columns]);
}

function fitted(maps: Maps, axis: 2 | 3, size: number): Maps {
  const own = staticSize("convolution", maps, axis);
  return own > size ? slice(maps, axis, 0, size) : pad(maps, axis, 0, size - own);
}

/** Tiles `[batch, 16, c · rows · columns]` as maps again. */
function untile(tiles: Maps, to: readonly [Dimension, number, number, number], [rows, columns]: Pair): Maps {
  const [batch, channels, height, width] = to;
  const byTile = transpose(reshape(tiles, [batch, TILE ** 2, channels * rows, columns]), [0, 2, 1, 3]);
  const lines = transpose(reshape(byTile, [batch, channels * rows * TILE, TILE, columns]));
  return fitted(fitted(reshape(lines, [batch, channels, rows * TILE, columns * TILE]), 2, height), 3, width);
}

/**
 * The 6×6 positions that begin `before` each tile, of maps between zeros: `[batch, 36, c · rows · columns]`.
 * @param tiles as many as are there, of which `[rows, columns]` are asked for
 */
function neighborhoods(tiles: Maps, before: Pair, [rows, columns]: Pair): Maps {
  const [batch = 1] = tiles.shape;
  const channels = staticSize("convolution", tiles, 3);
  const high = bordered(tiles, 1, before[0], rows);
  return reshape(bordered(high, 2, before[1], columns), [batch, PRODUCTS, channels * rows * columns]);
}

/** Each tile between the last lines of the tile before it and the first of the one after it, along one axis. */
function bordered(tiles: Maps, axis: 1 | 2, before: number, count: number): Maps {
  const along = axis + 3;
  const there = staticSize("convolution", tiles, along);
  const parts = [there === count ? tiles : slice(tiles, along, 0, count)];
  if (before > 0) {
    const last = pad(slice(tiles, axis, TILE - before, TILE), along, 1, 0);
    parts.unshift(slice(last, along, 0, count));
  }
  const after = SEEN - TILE - before;
  if (after > 0) parts.push(slice(pad(slice(tiles, axis, 0, after), along, 0, 1), along, 1, count + 1));
  const [first = tiles, ...rest] = parts;
  return concat([first, ...rest], axis);
}
