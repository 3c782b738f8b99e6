/** What a network is trained and tested on, wherever it is: in memory here, in a file that is read by blocks elsewhere. */
import { type DenseArray, denseArray, sizeOf } from "../graph/index.ts";

/** Inputs of examples: bytes, which the graph scales by 1/255, or floats, which it takes as they are. */
export type InputRows = DenseArray<"uint8"> | DenseArray<"float32">;

/** Labeled examples in memory; the examples of a data set are some. */
export interface LabeledExamples {
  /** `[n, …example shape]` */
  readonly inputs: InputRows;
  /** `[n]` */
  readonly labels: DenseArray<"uint8">;
}

/** A set of examples that need not be in memory: its inputs are read as they are asked for. */
export interface ExampleSet {
  readonly size: number;
  readonly exampleShape: readonly number[];
  /** Of all that is read. */
  readonly dtype: InputRows["dtype"];
  /** `[size]`: what each example should give, a class. */
  readonly labels: DenseArray<"uint8">;
  /** All inputs, where they are in memory: an engine that has the room takes them once, and nothing is read. */
  readonly inputs?: InputRows;
  /** `[count, …exampleShape]`: those from `start` on, for tests. */
  readBlock(start: number, count: number): Promise<InputRows>;
  /** `[positions, …exampleShape]`: those at the positions, in their order, for batches. */
  readBatch(positions: Int32Array): Promise<InputRows>;
}

/** Examples in memory, or anywhere. */
export type ExampleSource = LabeledExamples | ExampleSet;

/** Any source as a set; blocks of what is in memory are views, batches copies. */
export function exampleSet(source: ExampleSource): ExampleSet {
  if ("readBatch" in source) return source;
  const { inputs, labels } = source;
  const [size = 0, ...exampleShape] = inputs.shape;
  return {
    ...{ size, exampleShape, dtype: inputs.dtype, labels, inputs },
    readBlock: async (start, count) => blockOf(inputs, start, count),
    readBatch: async (positions) => rowsAt(inputs, positions),
  };
}

function blockOf(inputs: InputRows, start: number, count: number): InputRows {
  const [, ...rest] = inputs.shape;
  const size = sizeOf(rest);
  const [from, to] = [start * size, (start + count) * size];
  return inputs.dtype === "uint8"
    ? denseArray("uint8", [count, ...rest], inputs.data.subarray(from, to))
    : denseArray("float32", [count, ...rest], inputs.data.subarray(from, to));
}

/** The rows of the first axis at `positions`, in their order: a copy. */
export function rowsAt<A extends InputRows | DenseArray<"bool">>(array: A, positions: Int32Array): A;
export function rowsAt(array: InputRows | DenseArray<"bool">, positions: Int32Array): InputRows | DenseArray<"bool"> {
  const [, ...rest] = array.shape;
  const size = sizeOf(rest);
  const shape = [positions.length, ...rest];
  switch (array.dtype) {
    case "float32":
      return denseArray("float32", shape, copied(array.data, new Float32Array(sizeOf(shape)), positions, size));
    case "uint8":
      return denseArray("uint8", shape, copied(array.data, new Uint8Array(sizeOf(shape)), positions, size));
    case "bool":
      return denseArray("bool", shape, copied(array.data, new Uint8Array(sizeOf(shape)), positions, size));
  }
}

function copied<T extends Float32Array | Uint8Array>(from: T, to: T, positions: Int32Array, size: number): T {
  positions.forEach((position, i) => void to.set(from.subarray(position * size, (position + 1) * size), i * size));
  return to;
}
