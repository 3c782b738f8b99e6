import { type DenseArray, type DType, denseArray, float32, float64, int64 } from "../../graph/index.ts";

/** Numbers as an array of a dtype, rounded once; whole ones where the dtype is. */
export function arrayOf(dtype: DType, shape: readonly number[], numbers: Float64Array): DenseArray {
  switch (dtype) {
    case "float32":
      return float32(shape, numbers);
    case "float64":
      return float64(shape, numbers);
    case "int64":
      return int64(shape, numbers);
    case "int32":
      return denseArray(dtype, shape, Int32Array.from(numbers));
    case "uint8":
    case "bool":
      return denseArray(dtype, shape, Uint8Array.from(numbers));
  }
}
