import { GatewiseError } from "../errors.ts";
import { BYTES, type DenseArray, type DType, fromBytes, sizeOf } from "../graph/index.ts";

/**
 * The same bytes as a plain `Uint8Array`. Node's `Buffer` is one too, but its `slice` shares memory instead of copying,
 * so no reader lets a `Buffer` into an array.
 */
export const plainBytes = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Bytes that an array takes; `Infinity` or `NaN` (equal to no length) for shapes beyond all memory. */
export const byteLengthOf = (dtype: DType, shape: readonly number[]): number => sizeOf(shape) * BYTES[dtype];

/**
 * An array over a copy of little-endian bytes whose number was checked.
 * @param what names the array in an error
 * @throws GatewiseError if a bool is neither 0 nor 1
 */
export function arrayFromBytes(dtype: DType, shape: readonly number[], bytes: Uint8Array, what: string): DenseArray {
  if (dtype === "bool") {
    const wrong = bytes.findIndex((byte) => byte > 1);
    if (wrong >= 0) {
      throw new GatewiseError({
        code: "damaged-file",
        received: `${what}: bool ${wrong} stored as ${bytes[wrong]}`,
        expected: "0 or 1",
        next: "write the array again from its source",
      });
    }
  }
  return fromBytes(dtype, shape, plainBytes(bytes));
}
