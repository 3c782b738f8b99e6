import { type DenseArray, float32, float64, int64 } from "../../graph/index.ts";
import type { OpReader } from "./node-reader.ts";
import { constantOf, numbersOf } from "./value.ts";

export const constant: OpReader = (reader) => {
  const array = reader.tensor("value") ?? listed(reader);
  if (array === undefined) throw reader.error("no value that is read here", "a tensor, or floats or ints");
  return constantOf(array);
};

function listed(reader: Parameters<OpReader>[0]): DenseArray | undefined {
  const number = reader.float("value_float");
  if (number !== undefined) return float32([], [number]);
  const numbers = reader.floats("value_floats");
  if (numbers !== undefined) return float32([numbers.length], numbers);
  const whole = reader.int("value_int");
  if (whole !== undefined) return int64([], [whole]);
  const wholes = reader.ints("value_ints");
  return wholes && int64([wholes.length], wholes);
}

/** `TensorProto.DataType` of floating-point numbers; float16 is computed in float32 here. */
const FLOATS = { float32: 1, float16: 10, float64: 11 } as const;
const INT64 = 7;

/** Between floating-point types, or of constants. */
export const cast: OpReader = (reader) => {
  const to = reader.int("to");
  const [value] = reader.inputs;
  if (value?.kind === "example") {
    if (to === FLOATS.float32 || to === FLOATS.float16 || to === FLOATS.float64) return value;
    throw reader.error(`element type ${to}`, "float32, float64 or float16");
  }
  const array = reader.constant(0);
  reader.builder.limits.constants(reader.node, array.data.length);
  const numbers = numbersOf(array);
  if (to === FLOATS.float32 || to === FLOATS.float16) return constantOf(float32(array.shape, numbers));
  if (to === FLOATS.float64) return constantOf(float64(array.shape, numbers));
  if (to === INT64 && numbers.every(Number.isFinite))
    return constantOf(int64(array.shape, [...numbers].map(Math.trunc)));
  throw reader.error(`element type ${to}`, "float32, float64, float16 or int64");
};
