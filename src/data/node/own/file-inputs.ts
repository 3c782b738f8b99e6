import { GatewiseError } from "../../../errors.ts";
import { denseArray, sizeOf } from "../../../graph/index.ts";
import type { InputRows, InputSet } from "../../example-set.ts";
import { BLOCKS_IN_POOL, examplesInBlock } from "../../own/block-order.ts";
import { channelsFirst, type ImageLayout, shapeInLayout } from "../../own/image-layout.ts";
import { inputElements } from "../../own/npy-elements.ts";
import { fileError } from "../file-error.ts";
import { openRegular } from "../regular-file.ts";
import { type StoredArray, shorter } from "./npy-array.ts";

/**
 * Blocks that are kept: those of a pool of the order of examples. Where a part of the examples went to the test set, a block
 * of the others lies in two or three of the file's.
 */
const KEPT_BLOCKS = 3 * BLOCKS_IN_POOL;

type Numbers = Uint8Array | Float32Array;

/**
 * Inputs in a `.npy` file that is larger than memory should hold: blocks of it are read as examples of them are asked for, and
 * the last ones kept.
 * @param array of numbers, `[n, …]`, in C order
 */
export function fileInputs(
  {
    name,
    type,
    shape,
    blocks,
  }: Pick<StoredArray, "name" | "type" | "shape"> & {
    readonly blocks: NonNullable<StoredArray["blocks"]>;
  },
  layout: ImageLayout | undefined,
): InputSet {
  const [size = 0, ...stored] = shape;
  const exampleShape = shapeInLayout(stored, layout);
  const elements = sizeOf(exampleShape);
  const each = examplesInBlock(exampleShape);
  const dtype = type.kind === "unsigned" && type.size === 1 ? "uint8" : "float32";
  const kept = new Map<number, Numbers>();

  const readRows = async (start: number, count: number): Promise<Numbers> => {
    const bytes = new Uint8Array(count * elements * type.size);
    const from = blocks.start + start * elements * type.size;
    try {
      await using file = await openRegular(blocks.path);
      for (let done = 0; done < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, done, bytes.length - done, from + done);
        if (bytesRead === 0) throw shorter(blocks.path, from + bytes.length);
        done += bytesRead;
      }
    } catch (thrown) {
      throw fileError(thrown, blocks.path, "a readable file");
    }
    const rows = channelsFirst(inputElements(type, bytes), stored, layout);
    checkFinite(rows, elements, start, name);
    return rows;
  };

  const blockAt = async (block: number): Promise<Numbers> => {
    const known = kept.get(block);
    // the last that was asked for is the last to go
    kept.delete(block);
    const rows = known ?? (await readRows(block * each, Math.min(each, size - block * each)));
    kept.set(block, rows);
    const [oldest] = kept.keys();
    if (kept.size > KEPT_BLOCKS && oldest !== undefined) kept.delete(oldest);
    return rows;
  };

  const rowsOf = (numbers: Numbers, count: number): InputRows =>
    numbers instanceof Uint8Array
      ? denseArray("uint8", [count, ...exampleShape], numbers)
      : denseArray("float32", [count, ...exampleShape], numbers);

  return {
    ...{ size, exampleShape, dtype },
    readBlock: async (start, count) => rowsOf(await readRows(start, count), count),
    readBatch: async (positions) => {
      const count = positions.length;
      const out = dtype === "uint8" ? new Uint8Array(count * elements) : new Float32Array(count * elements);
      // neighbors in the file are read together, wherever they stand in the batch
      const places = new Map<number, number[]>();
      positions.forEach((position, i) => {
        const block = Math.floor(position / each);
        const known = places.get(block);
        if (known === undefined) places.set(block, [i]);
        else known.push(i);
      });
      for (const [block, own] of places) {
        const rows = await blockAt(block);
        for (const i of own) {
          const at = (positions[i]! - block * each) * elements;
          out.set(rows.subarray(at, at + elements), i * elements);
        }
      }
      return rowsOf(out, count);
    },
  };
}

/** @throws GatewiseError for a number that is none, naming the example */
export function checkFinite(rows: ArrayLike<number>, elements: number, first: number, name: string): void {
  if (rows instanceof Uint8Array) return;
  for (let i = 0; i < rows.length; i++) {
    if (Number.isFinite(rows[i]!)) continue;
    throw new GatewiseError({
      code: "damaged-file",
      received: `${name}: ${rows[i]} in example ${first + Math.floor(i / elements)}, element ${i % elements}`,
      expected: "finite numbers of float32",
      next: "fill in what is missing, or leave the example out",
    });
  }
}
