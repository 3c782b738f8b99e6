/**
 * Convolutions of tiled maps, with a 3×3 kernel, a step of one and a border of one, and their gradients by the weights.
 *
 * What is transformed twice is transformed once: the neighborhoods of an input serve the convolution and its weight
 * gradient.
 */

import { int32 } from "../dense-array.ts";
import { add } from "../ops/arithmetic.ts";
import { gather } from "../ops/indexing.ts";
import { reshape, transpose } from "../ops/layout.ts";
import { matMul } from "../ops/matrix.ts";
import type { Tensor } from "../symbolic.ts";
import { constant, staticSize } from "../tensor.ts";
import { neighborhoods, sizesOfTiles, type TiledSizes, tiledShape } from "./tiles.ts";
import { SEEN, TILE, type Transforms, transforms } from "./transforms.ts";

type Float = Tensor<"float32">;
const TAPS = 9;
const PRODUCTS = SEEN ** 2;

export class TiledConvolutions {
  private readonly transforms: Transforms = transforms();
  private readonly seen = new Map<Float, Float>();

  /**
   * @param parts parts of the batch, each `[16, c, h/4, w/4, n]`
   * @param weight `[k, c, 3, 3]`
   * @returns `[16, k, h/4, w/4, n]` of each part
   */
  convolve(parts: readonly Float[], weight: Float): readonly Float[] {
    const out = staticSize("convolution", weight, 0);
    const kernels = this.kernels(weight);
    return parts.map((tiles) => {
      const sizes = sizesOfTiles(tiles);
      const products = reshape(matMul(kernels, this.inputs(tiles)), [PRODUCTS, out * positionsOf(sizes)]);
      return reshape(matMul(this.transforms.output, products), tiledShape({ ...sizes, channels: out }));
    });
  }

  /** Gradient of {@link convolve} by its tiles: a convolution with the kernel turned around. */
  inputGradient(slopes: readonly Float[], weight: Float): readonly Float[] {
    const [out, channels] = [staticSize("convolution", weight, 0), staticSize("convolution", weight, 1)];
    const taps = constant(int32([TAPS], [8, 7, 6, 5, 4, 3, 2, 1, 0]));
    const byTap = gather(transpose(reshape(weight, [out, channels, TAPS]), [2, 1, 0]), taps);
    const turned = reshape(transpose(byTap, [1, 2, 0]), [channels, out, 3, 3]);
    return this.convolve(slopes, turned);
  }

  /**
   * Gradient of {@link convolve} by its weights.
   * @param slopes of each part, `[16, k, h/4, w/4, n]`
   * @returns `[k, c, 3, 3]`
   */
  weightGradient(parts: readonly Float[], slopes: readonly Float[]): Float {
    const products = slopes.map((slope, i) => {
      const tiles = parts[i];
      if (tiles === undefined) throw new Error("unreachable: slopes of a part that is not there");
      const sizes = sizesOfTiles(slope);
      const flat = reshape(slope, [TILE ** 2, sizes.channels * positionsOf(sizes)]);
      const spread = matMul(this.transforms.output, flat, { transposeA: true });
      const byChannel = reshape(spread, [PRODUCTS, sizes.channels, positionsOf(sizes)]);
      return matMul(byChannel, this.inputs(tiles), { transposeB: true });
    });
    const sum = products.reduce((before, one) => add(before, one));
    const [out, channels] = [staticSize("convolution", sum, 1), staticSize("convolution", sum, 2)];
    const flat = reshape(sum, [PRODUCTS, out * channels]);
    return reshape(matMul(flat, this.transforms.kernel, { transposeA: true }), [out, channels, 3, 3]);
  }

  /** Transformed neighborhoods, `[36, c, positions]`. */
  private inputs(tiles: Float): Float {
    const known = this.seen.get(tiles);
    if (known !== undefined) return known;
    const sizes = sizesOfTiles(tiles);
    const flat = matMul(this.transforms.input, neighborhoods(tiles));
    const made = reshape(flat, [PRODUCTS, sizes.channels, positionsOf(sizes)]);
    this.seen.set(tiles, made);
    return made;
  }

  /** Transformed kernels, `[36, k, c]`. */
  private kernels(weight: Float): Float {
    const [out, channels] = [staticSize("convolution", weight, 0), staticSize("convolution", weight, 1)];
    const flat = reshape(weight, [out * channels, TAPS]);
    return reshape(matMul(this.transforms.kernel, flat, { transposeB: true }), [PRODUCTS, out, channels]);
  }
}

const positionsOf = ({ batch, rows, columns }: TiledSizes): number => rows * columns * batch;
