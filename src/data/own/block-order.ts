/** Orders of examples that are read from a disk: blocks of neighbors, so that it is read in long pieces. */
import { sizeOf } from "../../graph/index.ts";
import { randomStream } from "../../random.ts";

/** Inputs beyond this are not kept in memory: they are read by blocks, in every epoch. */
export const LARGEST_IN_MEMORY = 2 ** 28;
/** A block is read at once: a disk finds its place once for so much. */
const BLOCK_BYTES = 2 ** 18;
/** Blocks from all over the file whose examples are mixed with one another. */
export const BLOCKS_IN_POOL = 256;

/**
 * Examples in a block.
 * @param exampleShape of float32 elements, whatever the file has
 */
export const examplesInBlock = (exampleShape: readonly number[]): number =>
  Math.max(1, Math.floor(BLOCK_BYTES / (4 * sizeOf(exampleShape))));

/**
 * A random order of examples that keeps the blocks of a file together: the blocks are shuffled, and the examples of each 256
 * that follow one another are shuffled among themselves.
 * @param epoch each has an order of its own
 */
export function blockOrder(examples: number, exampleShape: readonly number[], seed: number, epoch: number): Int32Array {
  const each = examplesInBlock(exampleShape);
  const blocks = randomStream(seed, "order", epoch, "blocks").permutation(Math.ceil(examples / each));
  const order = new Int32Array(examples);
  let filled = 0;
  for (let pool = 0; pool * BLOCKS_IN_POOL < blocks.length; pool++) {
    const start = filled;
    for (const block of blocks.subarray(pool * BLOCKS_IN_POOL, (pool + 1) * BLOCKS_IN_POOL)) {
      const end = Math.min(examples, (block + 1) * each);
      for (let example = block * each; example < end; example++) order[filled++] = example;
    }
    const own = order.slice(start, filled);
    const places = randomStream(seed, "order", epoch, "pool", pool).permutation(own.length);
    places.forEach((place, i) => {
      order[start + i] = own[place]!;
    });
  }
  return order;
}
