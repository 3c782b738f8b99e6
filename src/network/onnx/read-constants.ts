import { type DenseArray, float32, int64 } from "../../graph/index.ts";
import { FLOAT_TYPES } from "./float-types.ts";
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

/** Between floating-point types; constants are cast where they are folded. */
export const cast: OpReader = (reader) => {
  const value = reader.input(0);
  const to = reader.int("to");
  if (to !== undefined && FLOAT_TYPES.includes(to)) return value;
  throw reader.error(`element type ${to}`, "float32, float64 or float16");
};

/** To the element type of another tensor: examples, and what is computed from them, are floating-point numbers. */
export const castLike: OpReader = (reader) => {
  const [value, like] = [reader.input(0), reader.input(1)];
  if (value.kind === "constant" && like.kind === "example") {
    const { array } = value;
    reader.builder.limits.constants(reader.node, array.data.length);
    return isFloat(array.dtype) ? value : constantOf(float32(array.shape, numbersOf(array)));
  }
  if (like.kind === "example" || isFloat(like.array.dtype)) return value;
  throw reader.error(`element type ${like.array.dtype}`, "that of floating-point numbers");
};

const isFloat = (dtype: DenseArray["dtype"]): boolean => dtype === "float32" || dtype === "float64";
