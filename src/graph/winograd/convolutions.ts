/**
 * Convolutions of tiled maps, with a 3×3 kernel, a step of one and a border of one, and their gradients by the weights.
 *
 * What is transformed twice is transformed once: the neighborhoods of an input serve the convolution and its weight
 * gradient.
 */

import { int32 } from "../dense-array.ts";
import { gather } from "../ops/indexing.ts";
import { reshape, transpose } from "../ops/layout.ts";
import { matMul } from "../ops/matrix.ts";
import type { Tensor } from "../symbolic.ts";
import { constant, staticSize } from "../tensor.ts";
import { neighborhoods, type TiledSizes, tiledShape } from "./tiles.ts";
import { SEEN, TILE, type Transforms, transforms } from "./transforms.ts";

type Float = Tensor<"float32">;
const TAPS = 9;
const PRODUCTS = SEEN ** 2;

export class TiledConvolutions {
  private readonly transforms: Transforms = transforms();
  private readonly seen = new Map<Float, Float>();

  /**
   * @param tiles `[16, c, h/4, w/4, n]`
   * @param weight `[k, c, 3, 3]`
   * @returns `[16, k, h/4, w/4, n]`
   */
  convolve(tiles: Float, sizes: TiledSizes, weight: Float): Float {
    const out = staticSize("convolution", weight, 0);
    const products = matMul(this.kernels(weight), this.inputs(tiles, sizes));
    const flat = reshape(products, [PRODUCTS, out * positionsOf(sizes)]);
    return reshape(matMul(this.transforms.output, flat), tiledShape({ ...sizes, channels: out }));
  }

  /** Gradient of {@link convolve} by its tiles: a convolution with the kernel turned around. */
  inputGradient(slopes: Float, sizes: TiledSizes, weight: Float): Float {
    const [out, channels] = [staticSize("convolution", weight, 0), staticSize("convolution", weight, 1)];
    const taps = constant(int32([TAPS], [8, 7, 6, 5, 4, 3, 2, 1, 0]));
    const byTap = gather(transpose(reshape(weight, [out, channels, TAPS]), [2, 1, 0]), taps);
    const turned = reshape(transpose(byTap, [1, 2, 0]), [channels, out, 3, 3]);
    return this.convolve(slopes, { ...sizes, channels: out }, turned);
  }

  /**
   * Gradient of {@link convolve} by its weights.
   * @param slopes `[16, k, h/4, w/4, n]`
   * @returns `[k, c, 3, 3]`
   */
  weightGradient(tiles: Float, sizes: TiledSizes, slopes: Float, out: number): Float {
    const { channels } = sizes;
    const positions = positionsOf(sizes);
    const spread = matMul(this.transforms.output, reshape(slopes, [TILE ** 2, out * positions]), { transposeA: true });
    const products = matMul(reshape(spread, [PRODUCTS, out, positions]), this.inputs(tiles, sizes), {
      transposeB: true,
    });
    const flat = reshape(products, [PRODUCTS, out * channels]);
    const taps = matMul(flat, this.transforms.kernel, { transposeA: true });
    return reshape(taps, [out, channels, 3, 3]);
  }

  /** Transformed neighborhoods, `[36, c, positions]`. */
  private inputs(tiles: Float, sizes: TiledSizes): Float {
    const known = this.seen.get(tiles);
    if (known !== undefined) return known;
    const flat = matMul(this.transforms.input, neighborhoods(tiles, sizes));
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
