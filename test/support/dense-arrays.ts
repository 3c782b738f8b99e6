import fc from "fast-check";
import { BYTES, type DenseArray, DTYPES, fromBytes, sizeOf } from "../../src/graph/dense-array.ts";

/** Arrays of every dtype with ranks 0 to 4, empty ones too; the elements are any bits (NaNs included). */
export const denseArrays = (): fc.Arbitrary<DenseArray> =>
  fc
    .record({ dtype: fc.constantFrom(...DTYPES), shape: fc.array(fc.nat(4), { maxLength: 4 }) })
    .chain(({ dtype, shape }) => {
      const length = sizeOf(shape) * BYTES[dtype];
      const bits = fc.uint8Array({ minLength: length, maxLength: length, max: dtype === "bool" ? 1 : 255 });
      return bits.map((bytes): DenseArray => fromBytes(dtype, shape, bytes));
    });
