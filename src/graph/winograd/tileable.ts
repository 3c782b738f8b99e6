/** Which convolutions tiles can make, and what they cost there. */
import { isMadeBy } from "../op.ts";
import { convolutionOp, inputGradientOp, weightGradientOp } from "../ops/convolution.ts";
import type { Window } from "../ops/convolution-lowerings.ts";
import type { Shape, Tensor } from "../symbolic.ts";
import { sameShape } from "../tensor.ts";
import { type TiledSizes, tiledSizes } from "./tiles.ts";
import { SEEN, TILE } from "./transforms.ts";

/** Sizes of the maps that a convolution reads, and the channels that it makes. */
export interface TileableConvolution extends TiledSizes {
  readonly out: number;
}

/** The sizes of a convolution of whole tiles, or of one of its gradients; undefined for any other tensor. */
export function tileableConvolution(tensor: Tensor): TileableConvolution | undefined {
  const parts = partsOf(tensor);
  if (parts === undefined || tensor.dtype !== "float32") return undefined;
  const { x, weight, window } = parts;
  const sizes = tiledSizes(x);
  const isPlain =
    sameShape(weight.slice(2), [3, 3]) &&
    window.groups === 1 &&
    window.pads.every((pad) => pad === 1) &&
    [...window.strides, ...window.dilations].every((step) => step === 1);
  // a shift needs a neighbor
  if (!isPlain || sizes === undefined || Math.min(sizes.rows, sizes.columns) < 2) return undefined;
  return { ...sizes, out: Number(weight[0]) };
}

interface Parts {
  readonly x: Shape;
  readonly weight: Shape;
  readonly window: Window;
}

/** Shapes of the input and the weights of a convolution or one of its gradients. */
function partsOf(tensor: Tensor): Parts | undefined {
  if (isMadeBy(tensor, convolutionOp)) {
    const { inputs, params } = tensor.source;
    return { x: inputs[0].shape, weight: inputs[1].shape, window: params };
  }
  if (isMadeBy(tensor, inputGradientOp)) {
    const { inputs, params } = tensor.source;
    return { x: params.to, weight: inputs[1].shape, window: params };
  }
  if (!isMadeBy(tensor, weightGradientOp)) return undefined;
  const { inputs, params } = tensor.source;
  return { x: inputs[0].shape, weight: params.to, window: params };
}

/** Pairs of an input and an output channel at all positions of all images. */
export const productsOf = ({ batch, rows, columns, channels, out }: TileableConvolution): number =>
  batch * rows * columns * TILE ** 2 * channels * out;

/** Bytes of an image's transformed neighborhoods, on the side of a convolution that has more channels. */
export const bytesOfImage = ({ rows, columns, channels, out }: TileableConvolution): number =>
  SEEN ** 2 * rows * columns * Math.max(channels, out) * Float32Array.BYTES_PER_ELEMENT;
