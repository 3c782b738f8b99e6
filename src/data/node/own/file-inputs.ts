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

/** Elements of a row that are copied one by one. */
const SHORT_ROW = 128;

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
  // what was looked at once need not be in every epoch
  const looked = new Uint8Array(Math.ceil(size / each));
  let free: Uint8Array | undefined;

  const readRows = async (start: number, count: number, buffer?: Uint8Array): Promise<Numbers> => {
    const length = count * elements * type.size;
    const bytes = buffer?.length === length ? buffer : new Uint8Array(length);
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
    return channelsFirst(inputElements(type, bytes), stored, layout);
  };

  const readChecked = async (start: number, count: number): Promise<Numbers> => {
    const rows = await readRows(start, count);
    checkFinite(rows, elements, start, name);
    return rows;
  };

  const readKept = async (block: number): Promise<Numbers> => {
    const start = block * each;
    const buffer = free;
    free = undefined;
    const rows = await readRows(start, Math.min(each, size - start), buffer);
    if (looked[block] === 0) checkFinite(rows, elements, start, name);
    looked[block] = 1;
    kept.set(block, rows);
    // the first that came is the first to go: a pool is read through before the next is; its memory serves again
    const [oldest] = kept;
    if (kept.size > KEPT_BLOCKS && oldest !== undefined) {
      kept.delete(oldest[0]);
      free = new Uint8Array(oldest[1].buffer, 0, oldest[1].byteLength);
    }
    return rows;
  };

  const rowsOf = (numbers: Numbers, count: number): InputRows =>
    numbers instanceof Uint8Array
      ? denseArray("uint8", [count, ...exampleShape], numbers)
      : denseArray("float32", [count, ...exampleShape], numbers);

  return {
    ...{ size, exampleShape, dtype },
    readBlock: async (start, count) => rowsOf(await readChecked(start, count), count),
    readBatch: async (positions) => {
      const count = positions.length;
      const out = dtype === "uint8" ? new Uint8Array(count * elements) : new Float32Array(count * elements);
      for (let i = 0; i < count; i++) {
        const block = Math.floor(positions[i]! / each);
        const rows = kept.get(block) ?? (await readKept(block));
        const from = (positions[i]! - block * each) * elements;
        // shorter than what it takes to make a view of the row
        if (elements <= SHORT_ROW) for (let j = 0; j < elements; j++) out[i * elements + j] = rows[from + j]!;
        else out.set(rows.subarray(from, from + elements), i * elements);
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
