import type { DType } from "../dense-array.ts";

/** ONNX's numbers of the element types (`TensorProto.DataType`). */
export const ELEMENT_TYPE = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
} as const satisfies Record<DType, number>;
