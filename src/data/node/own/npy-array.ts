import { GatewiseError } from "../../../errors.ts";
import { sizeOf } from "../../../graph/index.ts";
import { toCOrder } from "../../npy.ts";
import { LONGEST_NPY_HEADER, readNpyHeader } from "../../npy-header.ts";
import { type ElementType, elementType } from "../../own/npy-elements.ts";
import { fileError } from "../file-error.ts";
import { openRegular } from "../regular-file.ts";

/** An array in a file or an archive: what its header tells, and where its elements are. */
export interface StoredArray {
  /** As errors call it: `x.npy`, `data.npz: x_train`. */
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Whether the file has the first index as the fastest. */
  readonly isTurned: boolean;
  /** Where the elements start in a file of their own, for reading by blocks; undefined where they must be read whole. */
  readonly blocks: { readonly path: string; readonly start: number } | undefined;
  /** The elements, in C order. */
  readonly elements: () => Promise<Uint8Array>;
}

/**
 * An array whose header was read.
 * @param head the first bytes of its `.npy` file, with all of its header
 * @param size of the whole
 * @param read bytes of it, in memory of their own
 */
export function arrayOf(
  head: Uint8Array,
  name: string,
  size: number,
  read: (start: number, length: number) => Promise<Uint8Array>,
): StoredArray & { readonly start: number } {
  const { description, fortranOrder, shape, start } = readNpyHeader(head, name);
  const type = elementType(description, name);
  checkLength(name, type, shape, size - start);
  const isTurned = fortranOrder && shape.length > 1;
  return {
    ...{ name, type, shape, start, isTurned, blocks: undefined },
    elements: async () => {
      const bytes = await read(start, size - start);
      return isTurned ? toCOrder(bytes, shape) : bytes;
    },
  };
}

/** An array from the bytes of its `.npy` file. */
export const arrayInBytes = (bytes: Uint8Array, name: string): StoredArray =>
  arrayOf(bytes, name, bytes.length, async (start, length) => bytes.subarray(start, start + length));

/** An array in a `.npy` file, of which the header alone is read now. */
export async function arrayInFile(path: string): Promise<StoredArray> {
  await using file = await openRegular(path);
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(Math.min(LONGEST_NPY_HEADER, size));
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    const array = arrayOf(head.subarray(0, bytesRead), path, size, (start, length) => readPart(path, start, length));
    return { ...array, blocks: array.isTurned ? undefined : { path, start: array.start } };
  } catch (thrown) {
    throw fileError(thrown, path, "a readable file");
  }
}

/** Node reads 2 GiB at once, no more. */
const MOST_AT_ONCE = 2 ** 30;

/**
 * Bytes of a file from a position on.
 * @throws GatewiseError if it ends before
 */
export async function readPart(path: string, start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  await using file = await openRegular(path);
  const bytes = new Uint8Array(length);
  try {
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(bytes, done, Math.min(MOST_AT_ONCE, length - done), start + done);
      if (bytesRead === 0) throw shorter(path, start + length);
      done += bytesRead;
    }
  } catch (thrown) {
    throw fileError(thrown, path, "a readable file");
  }
  return bytes;
}

/** A file that became shorter since its header was read. */
export const shorter = (path: string, end: number): GatewiseError =>
  new GatewiseError({
    code: "damaged-file",
    received: `${path}, which ends before byte ${end}`,
    expected: "as many bytes as it had before",
    next: "it was changed while it was read: start again",
  });

function checkLength(name: string, type: ElementType, shape: readonly number[], present: number): void {
  const wanted = sizeOf(shape) * type.size;
  if (present === wanted) return;
  throw new GatewiseError({
    code: "damaged-file",
    received: `${name}: ${present} bytes after the header`,
    expected: `${wanted} for ${type.description} of shape [${shape.join(", ")}]`,
    next: present < wanted ? "the file is truncated: write it again" : "the file is damaged: write it again",
  });
}
