/** `TensorProto.DataType`: float32, float16 (read as float32), float64. */
export const FLOAT_TYPES: readonly number[] = [1, 10, 11];
