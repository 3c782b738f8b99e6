import { DTYPES, type DType } from "../dense-array.ts";

/** ONNX's numbers of the element types (`TensorProto.DataType`). */
export const ELEMENT_TYPE = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
} as const satisfies Record<DType, number>;

/** Read as float32. */
export const FLOAT16 = 10;

const DTYPE_OF: ReadonlyMap<number, DType> = new Map([
  ...DTYPES.map((dtype) => [ELEMENT_TYPE[dtype], dtype] as const),
  [FLOAT16, "float32"],
]);

/** What elements of a `TensorProto.DataType` are read as; undefined where no array has them. */
export const dtypeOf = (elementType: number): DType | undefined => DTYPE_OF.get(elementType);
