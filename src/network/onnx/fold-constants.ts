/**
 * Ops whose inputs are all constant: shapes and pads that exporters compute inside the model, weights in parts. Numbers
 * are computed in float64 and rounded once to the dtype of the result.
 */
import { BYTES, type DenseArray, DTYPES, type DType, dtypeOf, filled, float32, sizeOf } from "../../graph/index.ts";
import { type Binary, comparison, elementwise, modulo, negative, plain, unary, where } from "./fold-elementwise.ts";
import { LAYER_FOLDS } from "./fold-layers.ts";
import { checkShape, commonShape, isWhole, made, stretched } from "./made-constants.ts";
import type { NodeReader, OpReader } from "./node-reader.ts";
import { type Origin, originOfPicked, originOfSum } from "./origin.ts";
import { broadcastPlaces, stridesOf } from "./places.ts";
import { reducedAxes } from "./reduced-axes.ts";
import { constantOf, numbersOf, type Value } from "./value.ts";

/** One value, 0 in float32 unless told otherwise, in a shape. */
const constantOfShape: OpReader = (reader) => {
  const value = reader.tensor("value") ?? float32([1], [0]);
  const shape = reader.list(0) ?? [];
  checkShape(reader, shape);
  const { limits } = reader.builder;
  limits.fill(reader.node, sizeOf(shape), BYTES[value.dtype] * sizeOf(shape));
  const array = filled<DType>(value.dtype, shape, numbersOf(value)[0] ?? 0);
  limits.hold(array.data);
  return constantOf(array);
};

const expand: OpReader = (reader) => {
  const array = reader.constant(0);
  const shape = commonShape(reader, [array.shape, reader.list(1) ?? []]);
  const origin = (): Origin => {
    const own = reader.origin(0);
    return own.length === 0 ? own : originOfPicked(own, broadcastPlaces(shape, array.shape));
  };
  return made(reader, array.dtype, shape, () => stretched(array, shape), origin);
};

const cast: OpReader = (reader) => {
  const array = reader.constant(0);
  const to = reader.int("to");
  const dtype = to === undefined ? undefined : dtypeOf(to);
  if (dtype === undefined) throw reader.error(`element type ${to}`, `${DTYPES.join(", ")} or float16`);
  return castTo(reader, array, dtype);
};

const castTo = (reader: NodeReader, array: DenseArray, dtype: DType): Value =>
  made(
    reader,
    dtype,
    array.shape,
    () => {
      const numbers = numbersOf(array);
      if (dtype === "bool") return numbers.map((value) => (value === 0 ? 0 : 1));
      return isWhole(dtype) ? numbers.map(Math.trunc) : numbers;
    },
    () => reader.origin(0),
  );

/** Behind each other along an axis. */
const concat: OpReader = (reader) => {
  const arrays = reader.inputs.map((_, index) => reader.constant(index));
  const { shape: first, dtype } = reader.constant(0);
  const axis = reader.axis(reader.int("axis") ?? 0, first.length);
  const fits = arrays.every(
    ({ shape }) => shape.length === first.length && shape.every((size, i) => i === axis || size === first[i]),
  );
  const told = arrays.slice(0, 4).map(({ shape }) => `[${shape.join(", ")}]`);
  if (!fits) throw reader.error(`constants of shapes ${told.join(", ")}`, `shapes that differ along axis ${axis} only`);
  const shape = first.with(
    axis,
    arrays.reduce((sum, array) => sum + (array.shape[axis] ?? 0), 0),
  );
  /** Where each element goes of one array after the other. */
  const targets = (): readonly (readonly number[])[] => {
    const row = sizeOf(shape.slice(axis));
    let start = 0;
    return arrays.map((array) => {
      const own = sizeOf(array.shape.slice(axis));
      const first = start;
      start += own;
      return Array.from({ length: array.data.length }, (_, i) => Math.floor(i / own) * row + first + (i % own));
    });
  };
  const numbers = (): Float64Array => {
    const out = new Float64Array(sizeOf(shape));
    for (const [index, places] of targets().entries()) {
      const own = numbersOf(reader.constant(index));
      for (const [i, place] of places.entries()) out[place] = own[i]!;
    }
    return out;
  };
  const origin = (): Origin => {
    if (arrays.every((_, index) => reader.origin(index).length === 0)) return [];
    return originOfSum(
      targets().map((places, index): Origin => {
        const from = new Int32Array(sizeOf(shape)).fill(-1);
        for (const [i, place] of places.entries()) from[place] = i;
        return originOfPicked(reader.origin(index), from);
      }),
    );
  };
  return made(reader, dtype, shape, numbers, origin);
};

const range: OpReader = (reader) => {
  const [start = 0, limit = 0, step = 1] = [0, 1, 2].map((index) => numbersOf(reader.constant(index))[0]);
  const count = Math.max(0, Math.ceil((limit - start) / step));
  return made(reader, reader.constant(0).dtype, [count], () =>
    Float64Array.from({ length: count }, (_, i) => start + i * step),
  );
};

/** Over axes that are an attribute until an opset, an input since. */
const reduction =
  (
    inputSince: number,
    initial: number,
    combine: Binary,
    finish: (sum: number, count: number) => number = (sum) => sum,
  ): OpReader =>
  (reader) => {
    const array = reader.constant(0);
    const { shape } = array;
    const gone = reducedAxes(reader, shape.length, inputSince);
    if (gone === undefined) return constantOf(array);
    const kept = shape.map((size, axis) => (gone.has(axis) ? 1 : size));
    const result = reader.int("keepdims") === 0 ? kept.filter((_, axis) => !gone.has(axis)) : kept;
    return made(reader, array.dtype, result, () => {
      const sums = new Float64Array(sizeOf(kept)).fill(initial);
      const strides = stridesOf(kept).map((stride, axis) => (gone.has(axis) ? 0 : stride));
      const own = stridesOf(shape);
      numbersOf(array).forEach((value, i) => {
        const at = strides.reduce((sum, stride, axis) => sum + (Math.floor(i / own[axis]!) % shape[axis]!) * stride, 0);
        sums[at] = combine(sums[at]!, value);
      });
      return sums.map((sum) => finish(sum, sizeOf(shape) / sizeOf(kept)));
    });
  };
const total: Binary = (sum, value) => sum + value;

/** By op; all inputs that are there must be constant. */
export const FOLDS: ReadonlyMap<string, OpReader> = new Map([
  ...LAYER_FOLDS,
  ["Abs", unary(Math.abs)],
  [
    "Add",
    plain(
      (a, b) => a + b,
      () => [1, 1],
    ),
  ],
  ["And", comparison((a, b) => a !== 0 && b !== 0)],
  ["Cast", cast],
  ["CastLike", (reader) => castTo(reader, reader.constant(0), reader.constant(1).dtype)],
  ["Ceil", unary(Math.ceil)],
  ["Concat", concat],
  ["ConstantOfShape", constantOfShape],
  [
    "Div",
    elementwise(
      (_, whole) => (whole ? (a, b) => Math.trunc(a / b) : (a, b) => a / b),
      (a, b) => [1 / b, -a / b ** 2],
    ),
  ],
  ["Equal", comparison((a, b) => a === b)],
  ["Exp", unary(Math.exp)],
  ["Expand", expand],
  ["Floor", unary(Math.floor)],
  ["Greater", comparison((a, b) => a > b)],
  ["Less", comparison((a, b) => a < b)],
  ["Max", plain(Math.max)],
  ["Min", plain(Math.min)],
  ["Mod", modulo],
  [
    "Mul",
    plain(
      (a, b) => a * b,
      (a, b) => [b, a],
    ),
  ],
  ["Neg", negative],
  ["Not", unary((value) => (value === 0 ? 1 : 0))],
  ["Or", comparison((a, b) => a !== 0 || b !== 0)],
  ["Pow", plain((a, b) => a ** b)],
  ["Range", range],
  ["Reciprocal", unary((value) => 1 / value)],
  ["ReduceL2", reduction(18, 0, (sum, value) => sum + value * value, Math.sqrt)],
  ["ReduceMax", reduction(18, Number.NEGATIVE_INFINITY, Math.max)],
  ["ReduceMean", reduction(18, 0, total, (sum, count) => sum / count)],
  ["ReduceMin", reduction(18, Number.POSITIVE_INFINITY, Math.min)],
  ["ReduceProd", reduction(18, 1, (product, value) => product * value)],
  ["ReduceSum", reduction(13, 0, total)],
  ["Sqrt", unary(Math.sqrt)],
  [
    "Sub",
    plain(
      (a, b) => a - b,
      () => [1, -1],
    ),
  ],
  [
    "Sum",
    plain(
      (a, b) => a + b,
      () => [1, 1],
    ),
  ],
  ["Where", where],
]);
