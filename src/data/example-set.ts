/** What a network is trained and tested on, wherever it is: in memory here, in a file that is read by blocks elsewhere. */
import { type DenseArray, denseArray, sizeOf } from "../graph/index.ts";
import type { TargetRows } from "./own/targets.ts";

/** Inputs of examples: bytes, which the graph scales by 1/255, or floats, which it takes as they are. */
export type InputRows = DenseArray<"uint8"> | DenseArray<"float32">;

/** Labeled examples in memory; the examples of a data set are some. */
export interface LabeledExamples {
  /** `[n, …example shape]` */
  readonly inputs: InputRows;
  /** `[n]` classes, or `[n, outputs]` real values. */
  readonly labels: TargetRows;
}

/** Inputs of examples that need not be in memory: they are read as they are asked for. */
export interface InputSet {
  readonly size: number;
  readonly exampleShape: readonly number[];
  /** Of all that is read. */
  readonly dtype: InputRows["dtype"];
  /** All inputs, where they are in memory: an engine that has the room takes them once, and nothing is read. */
  readonly inputs?: InputRows;
  /** `[count, …exampleShape]`: those from `start` on, for tests. */
  readBlock(start: number, count: number): Promise<InputRows>;
  /** `[positions, …exampleShape]`: those at the positions, in their order, for batches. */
  readBatch(positions: Int32Array): Promise<InputRows>;
}

/** A set of examples: inputs, and what each should give. */
export interface ExampleSet extends InputSet {
  /** `[size]` classes, or `[size, outputs]` real values. */
  readonly labels: TargetRows;
}

/** Examples in memory, or anywhere. */
export type ExampleSource = LabeledExamples | ExampleSet;

/** Any source as a set; blocks of what is in memory are views, batches copies. */
export function exampleSet(source: ExampleSource): ExampleSet {
  if ("readBatch" in source) return source;
  const { inputs, labels } = source;
  return { ...inputSet(inputs), labels };
}

/** Inputs in memory as a set. */
export function inputSet(inputs: InputRows): InputSet {
  const [size = 0, ...exampleShape] = inputs.shape;
  return {
    ...{ size, exampleShape, dtype: inputs.dtype, inputs },
    readBlock: async (start, count) => blockOf(inputs, start, count),
    readBatch: async (positions) => rowsAt(inputs, positions),
  };
}

/**
 * Some inputs of a set, in the order of their positions: a copy of what is in memory, a view of what is elsewhere.
 */
export function inputsAt(set: InputSet, positions: Int32Array): InputSet {
  if (set.inputs !== undefined) return inputSet(rowsAt(set.inputs, positions));
  return {
    ...{ size: positions.length, exampleShape: set.exampleShape, dtype: set.dtype },
    readBlock: (start, count) => set.readBatch(positions.subarray(start, start + count)),
    readBatch: (chosen) => set.readBatch(chosen.map((position) => positions[position]!)),
  };
}

/** The first inputs of a set: views. */
export function firstInputs(set: InputSet, count: number): InputSet {
  if (count >= set.size) return set;
  if (set.inputs !== undefined) return inputSet(blockOf(set.inputs, 0, count));
  return { ...set, size: count };
}

/** A set whose examples have another shape of as many elements. */
export function reshaped(set: InputSet, exampleShape: readonly number[]): InputSet {
  const shaped = (rows: InputRows): InputRows => {
    const shape = [rows.shape[0] ?? 0, ...exampleShape];
    return rows.dtype === "uint8" ? denseArray("uint8", shape, rows.data) : denseArray("float32", shape, rows.data);
  };
  if (set.inputs !== undefined) return inputSet(shaped(set.inputs));
  return {
    ...{ size: set.size, exampleShape, dtype: set.dtype },
    readBlock: async (start, count) => shaped(await set.readBlock(start, count)),
    readBatch: async (positions) => shaped(await set.readBatch(positions)),
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

type Rows = InputRows | TargetRows | DenseArray<"bool">;

/** The rows of the first axis at `positions`, in their order: a copy. */
export function rowsAt<A extends Rows>(array: A, positions: Int32Array): A;
export function rowsAt(array: Rows, positions: Int32Array): Rows {
  const [, ...rest] = array.shape;
  const size = sizeOf(rest);
  const shape = [positions.length, ...rest];
  switch (array.dtype) {
    case "float32":
      return denseArray("float32", shape, copied(array.data, new Float32Array(sizeOf(shape)), positions, size));
    case "uint8":
      return denseArray("uint8", shape, copied(array.data, new Uint8Array(sizeOf(shape)), positions, size));
    case "int32":
      return denseArray("int32", shape, copied(array.data, new Int32Array(sizeOf(shape)), positions, size));
    case "bool":
      return denseArray("bool", shape, copied(array.data, new Uint8Array(sizeOf(shape)), positions, size));
  }
}

function copied<T extends Float32Array | Uint8Array | Int32Array>(
  from: T,
  to: T,
  positions: Int32Array,
  size: number,
): T {
  positions.forEach((position, i) => void to.set(from.subarray(position * size, (position + 1) * size), i * size));
  return to;
}

/** Targets of `count` examples from `start` on: a view. */
export function targetBlock(rows: TargetRows, start: number, count: number): TargetRows {
  const [, ...rest] = rows.shape;
  const size = sizeOf(rest);
  const [from, to] = [start * size, (start + count) * size];
  switch (rows.dtype) {
    case "uint8":
      return denseArray("uint8", [count, ...rest], rows.data.subarray(from, to));
    case "int32":
      return denseArray("int32", [count, ...rest], rows.data.subarray(from, to));
    case "float32":
      return denseArray("float32", [count, ...rest], rows.data.subarray(from, to));
  }
}
