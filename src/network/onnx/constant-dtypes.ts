import { type DenseArray, type DType, denseArray, float32, float64, int64 } from "../../graph/index.ts";

/** dtypes of constants by `TensorProto.DataType`; float16 is computed in float32 here. */
export const DTYPE_OF_ELEMENTS: ReadonlyMap<number, DType> = new Map([
  [1, "float32"],
  [2, "uint8"],
  [6, "int32"],
  [7, "int64"],
  [9, "bool"],
  [10, "float32"],
  [11, "float64"],
]);

/** Numbers as an array of a dtype; undefined where whole numbers are asked for and these are not. */
export function ofDType(dtype: DType, shape: readonly number[], numbers: Float64Array): DenseArray | undefined {
  if (dtype === "float32") return float32(shape, numbers);
  if (dtype === "float64") return float64(shape, numbers);
  if (!numbers.every(Number.isInteger)) return undefined;
  switch (dtype) {
    case "int64":
      return int64(shape, numbers);
    case "int32":
      return denseArray(dtype, shape, Int32Array.from(numbers));
    case "uint8":
    case "bool":
      return denseArray(dtype, shape, Uint8Array.from(numbers));
  }
}
