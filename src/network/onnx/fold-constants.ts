/**
 * Ops whose inputs are all constant: shapes and pads that exporters compute inside the model, weights in parts. Numbers
 * are computed in float64 and rounded once to the dtype of the result.
 */
import {
  type DenseArray,
  DTYPES,
  type DType,
  dtypeOf,
  float32,
  largestOf,
  MAX_RANK,
  sizeOf,
} from "../../graph/index.ts";
import { arrayOf } from "./constant-arrays.ts";
import type { NodeReader, OpReader } from "./node-reader.ts";
import { broadcastPlaces, stridesOf } from "./places.ts";
import { reducedAxes } from "./reduced-axes.ts";
import { constantOf, numbersOf, type Value } from "./value.ts";

type Binary = (a: number, b: number) => number;

/** The numbers as a constant, counted before they are made. */
function made(reader: NodeReader, dtype: DType, shape: readonly number[], numbers: () => Float64Array): Value {
  const fits = shape.length <= MAX_RANK && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!fits) throw reader.error(`a constant of shape [${shape.join(", ")}]`, `at most ${MAX_RANK} sizes of at least 0`);
  reader.builder.limits.constants(reader.node, sizeOf(shape));
  const values = numbers();
  if (isWhole(dtype) && !values.every(Number.isInteger)) {
    throw reader.error("numbers that are not whole or not finite", `numbers of ${dtype}`);
  }
  return constantOf(arrayOf(dtype, shape, values));
}

/** Shapes stretched to one, as NumPy's broadcasting has it. */
function commonShape(reader: NodeReader, shapes: readonly (readonly number[])[]): readonly number[] {
  const rank = largestOf(shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = new Set(shapes.map((shape) => shape[axis - rank + shape.length] ?? 1));
    sizes.delete(1);
    const [size = 1] = sizes;
    if (sizes.size <= 1) return size;
    const told = shapes.map((shape) => `[${shape.join(", ")}]`);
    throw reader.error(`constants of shapes ${told.join(", ")}`, "shapes that broadcast");
  });
}

/** Its numbers where it is stretched to a shape. */
function stretched(array: DenseArray, shape: readonly number[]): Float64Array {
  const numbers = numbersOf(array);
  return Float64Array.from(broadcastPlaces(shape, array.shape), (place) => numbers[place]!);
}

/** Elementwise over two constants or more, from the left. */
const elementwise =
  (of: (reader: NodeReader, isWhole: boolean) => Binary, result?: DType): OpReader =>
  (reader) => {
    const first = reader.constant(0);
    const others = reader.inputs.slice(1).map((_, index) => reader.constant(index + 1));
    const combine = of(reader, isWhole(first.dtype));
    const shape = commonShape(
      reader,
      [first, ...others].map((array) => array.shape),
    );
    return made(reader, result ?? first.dtype, shape, () => {
      const left = stretched(first, shape);
      for (const array of others) {
        const right = stretched(array, shape);
        for (let i = 0; i < left.length; i++) left[i] = combine(left[i]!, right[i]!);
      }
      return left;
    });
  };

const plain = (of: Binary): OpReader => elementwise(() => of);
const comparison = (of: (a: number, b: number) => boolean): OpReader =>
  elementwise(() => (a, b) => (of(a, b) ? 1 : 0), "bool");

const isWhole = (dtype: DType): boolean => dtype !== "float32" && dtype !== "float64";

/** The remainder with the sign of the divisor, or with `fmod` of the dividend. */
const modulo: OpReader = elementwise((reader) =>
  reader.int("fmod") === 1 ? (a, b) => a % b : (a, b) => a - b * Math.floor(a / b),
);

const unary =
  (of: (value: number) => number): OpReader =>
  (reader) => {
    const array = reader.constant(0);
    return made(reader, array.dtype, array.shape, () => numbersOf(array).map(of));
  };

const where: OpReader = (reader) => {
  const [condition, yes, no] = [reader.constant(0), reader.constant(1), reader.constant(2)];
  const shape = commonShape(reader, [condition.shape, yes.shape, no.shape]);
  return made(reader, yes.dtype, shape, () => {
    const [on, off] = [stretched(yes, shape), stretched(no, shape)];
    return stretched(condition, shape).map((value, i) => (value === 0 ? off[i]! : on[i]!));
  });
};

/** One value, 0 in float32 unless told otherwise, in a shape. */
const constantOfShape: OpReader = (reader) => {
  const value = reader.tensor("value") ?? float32([1], [0]);
  const shape = reader.list(0) ?? [];
  return made(reader, value.dtype, shape, () => new Float64Array(sizeOf(shape)).fill(numbersOf(value)[0] ?? 0));
};

const expand: OpReader = (reader) => {
  const array = reader.constant(0);
  const shape = commonShape(reader, [array.shape, reader.list(1) ?? []]);
  return made(reader, array.dtype, shape, () => stretched(array, shape));
};

const cast: OpReader = (reader) => {
  const array = reader.constant(0);
  const to = reader.int("to");
  const dtype = to === undefined ? undefined : dtypeOf(to);
  if (dtype === undefined) throw reader.error(`element type ${to}`, `${DTYPES.join(", ")} or float16`);
  return castTo(reader, array, dtype);
};

const castTo = (reader: NodeReader, array: DenseArray, dtype: DType): Value =>
  made(reader, dtype, array.shape, () => {
    const numbers = numbersOf(array);
    if (dtype === "bool") return numbers.map((value) => (value === 0 ? 0 : 1));
    return isWhole(dtype) ? numbers.map(Math.trunc) : numbers;
  });

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
  return made(reader, dtype, shape, () => {
    const out = new Float64Array(sizeOf(shape));
    const row = sizeOf(shape.slice(axis));
    let start = 0;
    for (const array of arrays) {
      const [numbers, own] = [numbersOf(array), sizeOf(array.shape.slice(axis))];
      numbers.forEach((value, i) => {
        out[Math.floor(i / own) * row + start + (i % own)] = value;
      });
      start += own;
    }
    return out;
  });
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
  ["Abs", unary(Math.abs)],
  ["Add", plain((a, b) => a + b)],
  ["And", comparison((a, b) => a !== 0 && b !== 0)],
  ["Cast", cast],
  ["CastLike", (reader) => castTo(reader, reader.constant(0), reader.constant(1).dtype)],
  ["Ceil", unary(Math.ceil)],
  ["Concat", concat],
  ["ConstantOfShape", constantOfShape],
  ["Div", elementwise((_, whole) => (whole ? (a, b) => Math.trunc(a / b) : (a, b) => a / b))],
  ["Equal", comparison((a, b) => a === b)],
  ["Exp", unary(Math.exp)],
  ["Expand", expand],
  ["Floor", unary(Math.floor)],
  ["Greater", comparison((a, b) => a > b)],
  ["Less", comparison((a, b) => a < b)],
  ["Max", plain(Math.max)],
  ["Min", plain(Math.min)],
  ["Mod", modulo],
  ["Mul", plain((a, b) => a * b)],
  ["Neg", unary((value) => -value)],
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
  ["Sub", plain((a, b) => a - b)],
  ["Sum", plain((a, b) => a + b)],
  ["Where", where],
]);
