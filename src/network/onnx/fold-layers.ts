/** Layers and units of which all inputs are constant: what a second input goes through once it is set, states that begin as zeros. */
import { eachNumber, float64, sizeOf } from "../../graph/index.ts";
import { arrayOf } from "./constant-arrays.ts";
import type { NodeReader, OpReader } from "./node-reader.ts";
import { originOfOther, originOfPicked } from "./origin.ts";
import { pickedPlaces } from "./places.ts";
import { constantOf, numbersOf, type Value } from "./value.ts";

interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly at: (row: number, column: number) => number;
}

function matrix(reader: NodeReader, index: number, isTransposed: boolean): Matrix {
  const array = reader.constant(index);
  const [height = 0, width = 0] = array.shape;
  if (array.shape.length !== 2) throw reader.error(`a constant of shape [${array.shape.join(", ")}]`, "a matrix");
  const numbers = numbersOf(array);
  return isTransposed
    ? { rows: width, columns: height, at: (row, column) => numbers[column * width + row]! }
    : { rows: height, columns: width, at: (row, column) => numbers[row * width + column]! };
}

function product(reader: NodeReader, a: Matrix, b: Matrix, from: (row: number, column: number) => number): Value {
  if (a.columns !== b.rows) {
    throw reader.error(`matrices of ${a.columns} columns and ${b.rows} rows`, "as many of both");
  }
  reader.builder.limits.constants(reader.node, a.rows * b.columns * Math.max(1, a.columns));
  const numbers = Float64Array.from({ length: a.rows * b.columns }, (_, i) => {
    const [row, column] = [Math.floor(i / b.columns), i % b.columns];
    let sum = from(row, column);
    for (let k = 0; k < a.columns; k++) sum += a.at(row, k) * b.at(k, column);
    return sum;
  });
  const origin = originOfOther(reader.inputs.flatMap((_, index) => reader.origin(index)));
  return constantOf(float64([a.rows, b.columns], numbers), origin);
}

const matMul: OpReader = (reader) => product(reader, matrix(reader, 0, false), matrix(reader, 1, false), () => 0);

const gemm: OpReader = (reader) => {
  const [alpha, beta] = [reader.float("alpha") ?? 1, reader.float("beta") ?? 1];
  const a = matrix(reader, 0, reader.int("transA") === 1);
  const b = matrix(reader, 1, reader.int("transB") === 1);
  const bias = reader.optionalConstant(2);
  const scaledA: Matrix = { ...a, at: (row, column) => alpha * a.at(row, column) };
  if (bias === undefined) return product(reader, scaledA, b, () => 0);
  const [height = 1, width = 1] = [1, 1, ...bias.shape].slice(-2);
  const fits = bias.shape.length <= 2 && [1, a.rows].includes(height) && [1, b.columns].includes(width);
  if (!fits) throw reader.error(`a bias of shape [${bias.shape.join(", ")}]`, `[${a.rows}, ${b.columns}]`);
  const numbers = numbersOf(bias);
  const place = (row: number, column: number): number => (height === 1 ? 0 : row * width) + (width === 1 ? 0 : column);
  return product(reader, scaledA, b, (row, column) => beta * numbers[place(row, column)]!);
};

/** A function of each number, of which no derivative is followed. */
const each =
  (of: (reader: NodeReader) => (value: number) => number): OpReader =>
  (reader) => {
    const array = reader.constant(0);
    reader.builder.limits.constants(reader.node, array.data.length);
    const numbers = numbersOf(array).map(of(reader));
    return constantOf(arrayOf(array.dtype, array.shape, numbers), originOfOther(reader.origin(0)));
  };

/** Rows of a table, and elements of lists. */
const gather: OpReader = (reader) => {
  const [table, positions] = [reader.constant(0), reader.constant(1)];
  const { shape } = table;
  const axis = reader.axis(reader.int("axis") ?? 0, shape.length);
  const indices = Array.from(numbersOf(positions), (index) => reader.axis(index, shape[axis] ?? 0));
  const sizes = [...shape.slice(0, axis), ...positions.shape, ...shape.slice(axis + 1)];
  reader.builder.limits.constants(reader.node, sizeOf(sizes));
  const numbers = numbersOf(table);
  const places = pickedPlaces(shape, axis, indices);
  const picked = eachNumber(new Float64Array(places.length), places, (place) => numbers[place]!);
  return constantOf(arrayOf(table.dtype, sizes, picked), originOfPicked(reader.origin(0), places));
};

/** By op; all inputs that are there must be constant. */
export const LAYER_FOLDS: readonly (readonly [string, OpReader])[] = [
  ["Gather", gather],
  ["Gemm", gemm],
  [
    "LeakyRelu",
    each((reader) => {
      const alpha = reader.float("alpha") ?? 0.01;
      return (value) => (value > 0 ? value : alpha * value);
    }),
  ],
  ["MatMul", matMul],
  ["Relu", each(() => (value) => Math.max(0, value))],
  ["Sigmoid", each(() => (value) => 1 / (1 + Math.exp(-value)))],
  ["Tanh", each(() => Math.tanh)],
];
