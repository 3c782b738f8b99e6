/**
 * Random crops and flips of images, as He et al. (CVPR 2016, section 4.2) have them and torchvision's `RandomCrop(size,
 * padding)` and `RandomHorizontalFlip()`: an image is padded with zeros and cut to its size at a random place, then
 * mirrored with probability ½. What an example becomes in an epoch is drawn by its position in the training set: it depends
 * on neither the order nor the batches.
 */
import type { InputRows } from "../data/index.ts";
import { denseArray } from "../graph/index.ts";
import { randomStream } from "../random.ts";
import type { Augmentation } from "./recipe.ts";

/** How each image of an epoch is moved. */
export interface Moves {
  /** Rows and columns by which the window lies beyond the image, from −padding to +padding; 1 where it is mirrored. */
  readonly down: Int32Array;
  readonly right: Int32Array;
  readonly mirrored: Uint8Array;
}

/** @param examples of the training set */
export function movesOf(
  { crop = 0, flip = false }: Augmentation,
  seed: number,
  epoch: number,
  examples: number,
): Moves {
  const shifts = (axis: string): Int32Array =>
    Int32Array.from(randomStream(seed, "crop", epoch, axis).uniform(examples, -crop, crop + 1), Math.floor);
  const stays = new Int32Array(examples);
  return {
    down: crop === 0 ? stays : shifts("rows"),
    right: crop === 0 ? stays : shifts("columns"),
    mirrored: flip ? randomStream(seed, "flip", epoch).flags(examples, 0.5) : new Uint8Array(examples),
  };
}

/**
 * The rows of a batch, moved.
 * @param rows `[n, height, width]` or `[n, channels, height, width]`
 * @param positions of the rows in the training set
 */
export function moved(rows: InputRows, positions: Int32Array, moves: Moves): InputRows {
  switch (rows.dtype) {
    case "uint8":
      return denseArray("uint8", rows.shape, movedInto(new Uint8Array(rows.data.length), rows, positions, moves));
    case "float32":
      return denseArray("float32", rows.shape, movedInto(new Float32Array(rows.data.length), rows, positions, moves));
  }
}

function movedInto<T extends Uint8Array | Float32Array>(
  out: T,
  { shape, data }: InputRows,
  positions: Int32Array,
  { down, right, mirrored }: Moves,
): T {
  const [height = 0, width = 0] = shape.slice(-2);
  const maps = data.length / (height * width);
  const channels = maps / positions.length;
  for (let map = 0; map < maps; map++) {
    const example = positions[Math.floor(map / channels)]!;
    const [top, left, mirror] = [down[example]!, right[example]!, mirrored[example] === 1];
    for (let y = 0; y < height; y++) {
      const row = y + top;
      if (row < 0 || row >= height) continue;
      const from = (map * height + row) * width;
      const to = (map * height + y) * width;
      for (let x = 0; x < width; x++) {
        const column = (mirror ? width - 1 - x : x) + left;
        if (column >= 0 && column < width) out[to + x] = data[from + column]!;
      }
    }
  }
  return out;
}
