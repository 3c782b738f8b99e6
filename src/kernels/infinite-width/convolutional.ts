/**
 * Kernels of infinitely wide convolutional ReLU networks, exact (Arora et al., NeurIPS 2019, arXiv 1904.11955, section
 * 4): 3×3 convolutions with zero padding, each followed by ReLU, then global average pooling or flatten, and a dense
 * output. Pooling needs the covariance of every pair of positions, so a pair of images of `U` positions costs
 * O(U² depth): with 4 convolutions 16 ms for 8×8 and 1.1 s for 28×28. Flatten needs them only at equal positions: 6 ms
 * for 28×28.
 *
 * With `weightVariance` 2 and no biases this is their CNTK (their CNTK-GAP) times `2 / channels`, as they leave the first
 * convolution and the output unscaled.
 */
import { GatewiseError } from "../../errors.ts";
import { matrix } from "../../fitting/index.ts";
import { type DenseArray, sizeOf } from "../../graph/index.ts";
import { angleBetween, jointlyOn, reluCovariance, type WideLayers } from "./arc-cosine.ts";
import type { WideKernels } from "./fully-connected.ts";
import { diagonalWindows, patchSums } from "./patch-sums.ts";

/** A convolutional network of infinite width: its depth, its readout, the variances of its layers. */
export interface WideConvolutions extends WideLayers {
  /** Convolutions before the pooling, at least 1; the dense output comes on top. */
  readonly convolutions: number;
  readonly readout: "global-average-pool" | "flatten";
}

/** Images `[n, channels, height, width]`, float64. */
export type Images = DenseArray<"float64">;

/** Weights that one unit of a 3×3 convolution has for each channel, borders included. */
const TAPS = 9;

/**
 * Kernels between two sets of images, in the parameterization of `WideKernels`. Give the same array twice for the
 * kernel of one set: half the pairs are then computed.
 * @param rows `[m, channels, height, width]`
 * @param columns `[n, channels, height, width]`
 * @throws GatewiseError if the shapes differ or are no images, or `convolutions` is no whole number of at least 1
 */
export function wideConvolutionalKernels(rows: Images, columns: Images, network: WideConvolutions): WideKernels {
  const sizes = imageSizes(rows, columns, network);
  const [first, second] = [imagesOf(rows, sizes, network), imagesOf(columns, sizes, network)];
  const gaussianProcess = matrix(first.length, second.length);
  const tangent = matrix(first.length, second.length);
  for (const [i, image] of first.entries()) {
    for (const [j, other] of second.entries()) {
      const at = i * second.length + j;
      const mirrored = j * second.length + i;
      const known = rows === columns && j < i;
      const pair = known
        ? { process: gaussianProcess.data[mirrored]!, tangent: tangent.data[mirrored]! }
        : pairKernels(image, other, sizes, network);
      gaussianProcess.data[at] = pair.process;
      tangent.data[at] = pair.tangent;
    }
  }
  return { gaussianProcess, tangent };
}

interface Sizes {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** One image and, for each convolution, the variance of its pre-activation at every position. */
interface PreparedImage {
  /** `[channels, positions]`. */
  readonly pixels: Float64Array;
  readonly variances: readonly Float64Array[];
}

function imageSizes(rows: Images, columns: Images, { convolutions }: WideConvolutions): Sizes {
  const [, channels, height, width] = rows.shape;
  const alike = rows.shape.slice(1).join() === columns.shape.slice(1).join();
  if (rows.shape.length !== 4 || !channels || !height || !width || !alike) {
    throw new GatewiseError({
      received: `images of shape [${rows.shape.join(", ")}] and [${columns.shape.join(", ")}]`,
      expected: "[n, channels, height, width], of one size",
      next: "give both sets in the same form",
    });
  }
  if (!Number.isInteger(convolutions) || convolutions < 1) {
    throw new GatewiseError({
      received: `${convolutions} convolutions`,
      expected: "a whole number of at least 1",
      next: "give another number of convolutions",
    });
  }
  return { channels, height, width };
}

/** Variances need only the positions themselves: a window of equal positions stays one. */
function imagesOf(
  { shape, data }: Images,
  { channels, height, width }: Sizes,
  { convolutions, weightVariance, biasVariance }: WideConvolutions,
): readonly PreparedImage[] {
  const positions = height * width;
  return Array.from({ length: shape[0] ?? 0 }, (_, i) => {
    const pixels = data.subarray(i * sizeOf(shape.slice(1)), (i + 1) * sizeOf(shape.slice(1)));
    const variances: Float64Array[] = [];
    let moments = new Float64Array(positions);
    for (let at = 0; at < pixels.length; at++) moments[at % positions]! += pixels[at]! ** 2 / channels;
    for (let layer = 0; layer < convolutions; layer++) {
      const sums = diagonalWindows(moments, height, width);
      const variance = sums.map((sum) => (weightVariance * sum) / TAPS + biasVariance);
      variances.push(variance);
      moments = variance.map((value) => value / 2);
    }
    return { pixels, variances };
  });
}

function pairKernels(
  image: PreparedImage,
  other: PreparedImage,
  sizes: Sizes,
  { weightVariance, biasVariance, readout }: WideConvolutions,
): { readonly process: number; readonly tangent: number } {
  const { height, width } = sizes;
  const everyPair = readout === "global-average-pool";
  const places = placesOf(height * width, everyPair);
  const windows = everyPair ? patchSums : diagonalWindows;
  // E[z(u) z'(u')] and the tangent kernel at (u, u'), before the next convolution
  let moments = inputMoments(image.pixels, other.pixels, sizes, places);
  let tangents = new Float64Array(moments.length);
  for (const [layer, variances] of image.variances.entries()) {
    const others = other.variances[layer] ?? variances;
    const covariances = windows(moments, height, width);
    const before = layer === 0 ? undefined : windows(tangents, height, width);
    moments = new Float64Array(covariances.length);
    tangents = new Float64Array(covariances.length);
    for (let at = 0; at < covariances.length; at++) {
      const [variance, otherVariance] = [variances[places.own[at]!]!, others[places.other[at]!]!];
      const covariance = (weightVariance * covariances[at]!) / TAPS + biasVariance;
      const angle = angleBetween(variance, otherVariance, covariance);
      moments[at] = reluCovariance(variance, otherVariance, angle);
      tangents[at] = jointlyOn(angle) * (covariance + (before ? (weightVariance * before[at]!) / TAPS : 0));
    }
  }
  // pooling or flatten, then the dense output: the mean over the pairs of positions that they need
  const process = weightVariance * meanOf(moments) + biasVariance;
  return { process, tangent: process + weightVariance * meanOf(tangents) };
}

/** Positions of both images for each entry of a covariance. */
interface Places {
  readonly own: Int32Array;
  readonly other: Int32Array;
}

const placesOf = (positions: number, everyPair: boolean): Places => {
  const places = new Int32Array(everyPair ? positions ** 2 : positions);
  return everyPair
    ? { own: places.map((_, at) => Math.floor(at / positions)), other: places.map((_, at) => at % positions) }
    : { own: places.map((_, at) => at), other: places.map((_, at) => at) };
};

/** `Σ_c x(c, u) x'(c, u') / channels` at all places. */
function inputMoments(
  pixels: Float64Array,
  others: Float64Array,
  { channels, height, width }: Sizes,
  { own, other }: Places,
): Float64Array {
  const positions = height * width;
  const out = new Float64Array(own.length);
  for (let c = 0; c < channels; c++) {
    const [plane, otherPlane] = [pixels.subarray(c * positions), others.subarray(c * positions)];
    for (let at = 0; at < out.length; at++) out[at]! += (plane[own[at]!]! * otherPlane[other[at]!]!) / channels;
  }
  return out;
}

const meanOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
