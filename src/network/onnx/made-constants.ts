/** Constants that are made of others, counted before they are made, and shapes that fit to each other. */
import { type DenseArray, type DType, eachNumber, MAX_RANK, sizeOf } from "../../graph/index.ts";
import { arrayOf } from "./constant-arrays.ts";
import type { NodeReader } from "./node-reader.ts";
import { type Origin, originOfOther } from "./origin.ts";
import { broadcastPlaces, broadcastSizes } from "./places.ts";
import { constantOf, numbersOf, type Value } from "./value.ts";

export const isWhole = (dtype: DType): boolean => dtype !== "float32" && dtype !== "float64";

/** What the result comes from, of an op that follows it no further. */
const other = (reader: NodeReader): Origin => originOfOther(reader.inputs.flatMap((_, index) => reader.origin(index)));

/** The numbers as a constant, counted before they are made. */
export function made(
  reader: NodeReader,
  dtype: DType,
  shape: readonly number[],
  numbers: () => Float64Array,
  origin: () => Origin = () => other(reader),
): Value {
  checkShape(reader, shape);
  reader.builder.limits.constants(reader.node, sizeOf(shape));
  const values = numbers();
  if (isWhole(dtype) && !values.every(Number.isInteger)) {
    throw reader.error("numbers that are not whole or not finite", `numbers of ${dtype}`);
  }
  return constantOf(arrayOf(dtype, shape, values), isWhole(dtype) ? [] : origin());
}

export function checkShape(reader: NodeReader, shape: readonly number[]): void {
  const fits = shape.length <= MAX_RANK && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!fits) throw reader.error(`a constant of shape [${shape.join(", ")}]`, `at most ${MAX_RANK} sizes of at least 0`);
}

/** @throws GatewiseError where the shapes do not broadcast */
export function commonShape(reader: NodeReader, shapes: readonly (readonly number[])[]): readonly number[] {
  const common = broadcastSizes(shapes);
  if (common !== undefined) return common;
  const told = shapes.slice(0, 4).map((shape) => `[${shape.join(", ")}]`);
  throw reader.error(`constants of shapes ${told.join(", ")}`, "shapes that broadcast");
}

/** Its numbers where it is stretched to a shape. */
export function stretched(array: DenseArray, shape: readonly number[]): Float64Array {
  const numbers = numbersOf(array);
  const places = broadcastPlaces(shape, array.shape);
  return eachNumber(new Float64Array(places.length), places, (place) => numbers[place]!);
}
