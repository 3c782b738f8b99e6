/** `TensorProto.DataType`: float32, float16 (read as float32), float64. */
export const FLOAT_TYPES: readonly number[] = [1, 10, 11];

/** Names that the first opsets have for element types. */
export const ELEMENT_NUMBERS: ReadonlyMap<string, number> = new Map([
  ["FLOAT", 1],
  ["UINT8", 2],
  ["INT32", 6],
  ["INT64", 7],
  ["BOOL", 9],
  ["FLOAT16", 10],
  ["DOUBLE", 11],
]);
