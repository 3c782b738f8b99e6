/** Ops that put elements into another order or shape, of examples and of constants alike. */
import { int64, sizeOf } from "../../graph/index.ts";
import { fromPlaces, inShape, operand } from "./moved-values.ts";
import type { NodeReader, OpReader } from "./node-reader.ts";
import { broadcastPlaces, broadcastSizes, pickedPlaces, staysInOrder, transposedPlaces } from "./places.ts";
import { constantOf, type ExampleValue, exampleShape, numbersOf, type Value } from "./value.ts";

export const identity: OpReader = (reader) => {
  const [value] = reader.inputs;
  if (value === undefined) throw reader.error("no input", "one");
  return value;
};

/** Dropout passes all at inference. */
export const dropout: OpReader = (reader) => {
  const training = reader.optionalConstant(2);
  if (training !== undefined && numbersOf(training)[0] !== 0) {
    throw reader.error("training_mode = 1", "a model exported for inference");
  }
  return identity(reader);
};

export const flatten: OpReader = (reader) => {
  const { value, shape } = operand(reader);
  const rank = shape.length;
  const stated = reader.int("axis") ?? 1;
  const axis = stated === rank ? rank : reader.axis(stated, rank);
  reader.builder.keepBatch(reader.node, value, axis > 0, "axis 0");
  return inShape(reader, value, [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))], true);
};

export const reshape: OpReader = (reader) => {
  const { builder } = reader;
  const { value } = operand(reader);
  const shape = value.kind === "constant" ? value.array.shape : builder.modelShape(value);
  const wanted = reader.list(1);
  if (wanted === undefined) throw reader.error("no shape", "a constant shape");
  const keepZeros = reader.int("allowzero") === 1;
  const sizes = wanted.map((size, axis) => (size === 0 && !keepZeros ? (shape[axis] ?? -2) : size));
  const open = sizes.indexOf(-1);
  const rest = sizeOf(sizes.filter((_, axis) => axis !== open));
  const whole = sizes.map((size, axis) => (axis === open ? sizeOf(shape) / rest : size));
  const fits = whole.every((size) => Number.isSafeInteger(size) && size >= 1) && sizeOf(whole) === sizeOf(shape);
  if (!fits) throw reader.error(`the shape [${wanted.join(", ")}] for [${shape.join(", ")}]`, "as many elements");
  if (value.kind === "constant") return inShape(reader, value, whole);
  // elements of an example stay together as long as none begins within a row
  const [first, ...others] = whole;
  const rows = (first ?? 1) / builder.examples;
  if (!Number.isInteger(rows)) throw builder.mixed(reader.node, `[${shape.join(", ")}] made [${whole.join(", ")}]`);
  // a number of rows that is written is that of one example
  const merges = builder.examples > 1 || (wanted[0] ?? 1) <= 0;
  return inShape(reader, value, first === undefined ? [] : [rows, ...others], merges);
};

export const transpose: OpReader = (reader) => {
  const { value, shape } = operand(reader);
  const order = reader.ints("perm") ?? shape.map((_, axis) => axis).reverse();
  if (order.length !== shape.length || !shape.every((_, axis) => order.includes(axis))) {
    throw reader.error(`perm [${order.join(", ")}]`, `each of the ${shape.length} axes once`);
  }
  reader.builder.keepBatch(reader.node, value, order[0] === 0, `perm [${order.join(", ")}]`);
  const moved = order.map((axis) => shape[axis] ?? 1);
  if (staysInOrder(shape, order)) return inShape(reader, value, moved);
  return fromPlaces(reader, value, moved, () => transposedPlaces(shape, order));
};

/** Axes as an attribute until opset 12, as an input since. */
const axesOf = (reader: NodeReader): readonly number[] | undefined =>
  reader.opset < 13 ? reader.ints("axes") : reader.list(1);

export const squeeze: OpReader = (reader) => {
  const { value, shape } = operand(reader);
  const axes = axesOf(reader)?.map((axis) => reader.axis(axis, shape.length));
  const stays = (axis: number): boolean => axis === 0 && reader.builder.holdsBatch(value);
  const gone = new Set(axes ?? shape.flatMap((size, axis) => (size === 1 && !stays(axis) ? [axis] : [])));
  reader.builder.keepBatch(reader.node, value, !gone.has(0), "axis 0");
  const long = [...gone].find((axis) => shape[axis] !== 1);
  if (long !== undefined) throw reader.error(`axis ${long} of size ${shape[long]}`, "axes of size 1");
  return inShape(
    reader,
    value,
    shape.filter((_, axis) => !gone.has(axis)),
  );
};

export const unsqueeze: OpReader = (reader) => {
  const { value, shape } = operand(reader);
  const axes = axesOf(reader) ?? [];
  const rank = shape.length + axes.length;
  const added = new Set(axes.map((axis) => reader.axis(axis, rank)));
  if (added.size !== axes.length) throw reader.error(`axes [${axes.join(", ")}]`, "each axis once");
  reader.builder.keepBatch(reader.node, value, !added.has(0), "axis 0");
  const old = shape.values();
  const sizes = Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (old.next().value ?? 1)));
  return inShape(reader, value, sizes);
};

/** The shape of a value as the model has it; one example a batch where that is open. */
export const shape: OpReader = (reader) => {
  const { value, shape: lifted } = operand(reader);
  const whole = value.kind === "constant" ? lifted : reader.builder.modelShape(value);
  const sizes = whole.slice(reader.int("start") ?? 0, reader.int("end") ?? whole.length);
  return constantOf(int64([sizes.length], sizes));
};

/** Elements repeated along axes of size 1, the batch as it is. */
export const expand: OpReader = (reader) => {
  const { builder, node } = reader;
  const x = reader.unfinished(reader.example());
  const [model, wanted] = [builder.modelShape(x), reader.list(1) ?? []];
  const shape = broadcastSizes([model, wanted]);
  const told = (): string => `[${model.join(", ")}] made [${(shape ?? wanted).join(", ")}]`;
  if (shape === undefined) throw reader.error(told(), "sizes that broadcast");
  builder.keepBatch(node, x, shape.length === model.length && shape[0] === model[0], told());
  const lifted = shape.map((size, axis) => (axis === 0 ? size / builder.examples : size));
  if (lifted.every((size, axis) => size === x.shape[axis]) && lifted.length === x.shape.length) return x;
  return fromPlaces(reader, x, lifted, () => broadcastPlaces(lifted, x.shape));
};

/** Values behind each other. */
export const concat: OpReader = (reader) => {
  const { builder, node } = reader;
  const stated = reader.int("axis");
  if (stated === undefined) throw reader.error("no axis", "one");
  const values = reader.inputs.map((_, index) => reader.example(index));
  const [first] = values;
  if (first === undefined) throw reader.error("no input", "values to join");
  const axis = reader.axis(stated, first.shape.length);
  if (builder.holdsBatch(first) && axis === 0) throw reader.error("axis 0", "another axis: 0 is the batch");
  const fits = values.every(
    ({ shape, batched }) =>
      batched === first.batched &&
      shape.length === first.shape.length &&
      shape.every((size, i) => i === axis || size === first.shape[i]),
  );
  if (!fits) {
    const shapes = values.slice(0, 4).map(({ shape }) => `[${shape.join(", ")}]`);
    throw reader.error(`inputs of shapes ${shapes.join(", ")}`, `shapes that differ along axis ${axis} only`);
  }
  const total = values.reduce((count, { shape }) => count + (shape[axis] ?? 0), 0);
  const example = exampleShape({ ...first, shape: first.shape.with(axis, total) });
  const position = builder.append(node, example, {
    kind: "concat",
    inputs: values.map(({ position }) => position),
    axis: first.batched ? axis - 1 : axis,
  });
  return builder.sameBatch(first, position, example);
};

/** Elements of one axis of an example; of constants they are folded. */
export const gather: OpReader = (reader) => gathered(reader, reader.example());

function gathered(reader: NodeReader, value: ExampleValue): Value {
  const { shape } = value;
  const axis = reader.axis(reader.int("axis") ?? 0, shape.length);
  if (reader.builder.holdsBatch(value) && axis === 0) {
    throw reader.error("axis 0", "another axis: 0 is the batch");
  }
  const positions = reader.constant(1);
  const indices = Array.from(numbersOf(positions), (index) => reader.axis(index, shape[axis] ?? 0));
  const sizes = [...shape.slice(0, axis), ...positions.shape, ...shape.slice(axis + 1)];
  return fromPlaces(reader, value, sizes, () => pickedPlaces(shape, axis, indices));
}
