/**
 * Maps in tiles: `[n, c, h, w]` as `[4, 4, c, h/4, w/4, n]`, the position within a tile first, so that a transform of
 * tiles is one matrix product and a step to the next tile moves whole runs of memory (the batch is last).
 */

import type { DType } from "../dense-array.ts";
import { concat, sliceAxes } from "../ops/indexing.ts";
import { expandLike, reshape, transpose } from "../ops/layout.ts";
import type { Shape, Tensor } from "../symbolic.ts";
import { scalar } from "../tensor.ts";
import { SEEN, TILE } from "./transforms.ts";

/** Sizes of maps `[n, c, h, w]` that tiles cover. */
export interface TiledSizes {
  readonly batch: number;
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
}

/** The sizes of maps that are whole tiles, or undefined. */
export function tiledSizes(shape: Shape): TiledSizes | undefined {
  const sizes = shape.filter((size) => typeof size === "number");
  const [batch = 0, channels = 0, height = 0, width = 0] = sizes;
  if (sizes.length !== 4 || shape.length !== 4 || height % TILE !== 0 || width % TILE !== 0) return undefined;
  return { batch, channels, rows: height / TILE, columns: width / TILE };
}

/** Shape of tiled maps. */
export const tiledShape = ({ batch, channels, rows, columns }: TiledSizes): readonly number[] => [
  TILE ** 2,
  channels,
  rows,
  columns,
  batch,
];

/** The sizes of maps in tiles, `[16, c, h/4, w/4, n]`. */
export function sizesOfTiles(tiles: Tensor): TiledSizes {
  const [, channels = 0, rows = 0, columns = 0, batch = 0] = tiles.shape.map(Number);
  return { batch, channels, rows, columns };
}

/** Maps `[n, c, h, w]` in tiles, `[16, c, h/4, w/4, n]`. */
export function tile<D extends DType>(maps: Tensor<D>, sizes: TiledSizes): Tensor<D> {
  const { batch, channels, rows, columns } = sizes;
  // in two steps, which ONNX Runtime takes in less time than one: images last, then runs of images
  const byPosition = transpose(reshape(maps, [batch, channels * rows * TILE * columns * TILE]));
  const split = reshape(byPosition, [channels, rows, TILE, columns, TILE, batch]);
  return reshape(transpose(split, [2, 4, 0, 1, 3, 5]), tiledShape(sizes));
}

/** Tiles as maps `[n, c, h, w]` again. */
export function untile<D extends DType>(tiles: Tensor<D>): Tensor<D> {
  const { batch, channels, rows, columns } = sizesOfTiles(tiles);
  const split = reshape(tiles, [TILE, TILE, channels, rows, columns, batch]);
  const byPosition = reshape(transpose(split, [2, 3, 0, 4, 1, 5]), [channels * rows * TILE * columns * TILE, batch]);
  return reshape(transpose(byPosition), [batch, channels, rows * TILE, columns * TILE]);
}

/**
 * One line of each tile, `index` along an axis of the tiles, where it borders on the tile `steps` after it (before it, if
 * negative); zeros come in at the border of the maps.
 */
function border(x: Tensor<"float32">, axis: 0 | 1, index: number, steps: 1 | -1): Tensor<"float32"> {
  const tiles = axis + 3;
  const length = Number(x.shape[tiles]);
  const [start, end] = steps === 1 ? [0, length - 1] : [1, length];
  const line = { axis, start: index, end: index + 1, step: 1 };
  const kept = sliceAxes(x, [line, { axis: tiles, start, end, step: 1 }]);
  // joined and not padded: ONNX Runtime pads in one thread
  const outside = sliceAxes(x, [line, { axis: tiles, start: 0, end: 1, step: 1 }]);
  const zeros = expandLike(scalar("float32", 0), outside);
  return concat(steps === 1 ? [zeros, kept] : [kept, zeros], tiles);
}

/**
 * The 6×6 positions that each tile's outputs see: the tile with a border of one, zeros around the maps.
 * @returns `[36, c · h/4 · w/4 · n]`
 */
export function neighborhoods(tiles: Tensor<"float32">): Tensor<"float32"> {
  const { batch, channels, rows, columns } = sizesOfTiles(tiles);
  const split = reshape(tiles, [TILE, TILE, channels, rows, columns, batch]);
  const bordered = ([0, 1] as const).reduce(
    (x, axis) => concat([border(x, axis, TILE - 1, 1), x, border(x, axis, 0, -1)], axis),
    split,
  );
  return reshape(bordered, [SEEN ** 2, channels * rows * columns * batch]);
}
