/** Ops that put elements into another order or shape, of examples and of constants alike. */
import { type DenseArray, denseArray, int64, quoted, sizeOf } from "../../graph/index.ts";
import { arrayOf } from "./constant-arrays.ts";
import type { NodeReader, OpReader } from "./node-reader.ts";
import { originOfPicked } from "./origin.ts";
import {
  broadcastPlaces,
  broadcastSizes,
  type Cut,
  cutPlaces,
  type OUTSIDE,
  pickedPlaces,
  staysInOrder,
  transposedPlaces,
} from "./places.ts";
import { constantOf, type ExampleValue, exampleShape, numbersOf, type Value } from "./value.ts";

/** Any value, with its shape as the model sees it. */
function operand(reader: NodeReader): { readonly value: Value; readonly shape: readonly number[] } {
  const value = reader.input(0);
  return { value, shape: value.kind === "constant" ? value.array.shape : value.shape };
}

/** The value in another shape, its elements in the same order: outputs behind a softmax stay what they are. */
function inShape(reader: NodeReader, value: Value, shape: readonly number[], merges = false): Value {
  if (value.kind === "example") return reader.builder.reshaped(reader.node, value, shape, { merges });
  return constantOf(resized(value.array, shape), value.origin);
}

const resized = ({ dtype, data }: DenseArray, shape: readonly number[]): DenseArray => denseArray(dtype, shape, data);

/** The value with its elements from other places, which are made once they are known to be few enough. */
function fromPlaces(reader: NodeReader, value: Value, shape: readonly number[], places: () => Int32Array): Value {
  const { builder, node } = reader;
  if (value.kind === "example") {
    reader.unfinished(value);
    builder.limits.activation(node.label, shape);
    builder.limits.placesOf(node, sizeOf(shape));
    return builder.reshaped(node, value, shape, { from: places() });
  }
  builder.limits.constants(node, sizeOf(shape) + value.array.data.length);
  const from = places();
  return constantOf(picked(value.array, shape, from), originOfPicked(value.origin, from));
}

/** Elements of a constant by their places; 0 where the place is −1. */
function picked(array: DenseArray, shape: readonly number[], places: Int32Array): DenseArray {
  const numbers = numbersOf(array);
  const moved = new Float64Array(places.length);
  for (let i = 0; i < moved.length; i++) if (places[i]! >= 0) moved[i] = numbers[places[i]!]!;
  return arrayOf(array.dtype, shape, moved);
}

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

/** What ONNX calls the ways to fill what is padded. */
const PAD_MODES: ReadonlyMap<string, keyof typeof OUTSIDE> = new Map([
  ["constant", "zeros"],
  ["edge", "edge"],
  ["reflect", "reflect"],
  ["wrap", "wrap"],
]);

/** Zeros or elements of the maps themselves around, or a border cut off where pads are negative. */
export const pad: OpReader = (reader) => {
  const { value, shape } = operand(reader);
  const mode = reader.string("mode") ?? "constant";
  const given = reader.opset < 11 ? undefined : reader.optionalConstant(2);
  const filling = reader.opset < 11 ? (reader.float("value") ?? 0) : given === undefined ? 0 : numbersOf(given)[0];
  const outside = PAD_MODES.get(mode);
  if (outside === undefined) throw reader.error(`mode ${quoted(mode)}`, [...PAD_MODES.keys()].join(", "));
  if (outside === "zeros" && filling !== 0) throw reader.error(`padding of ${filling}`, "zeros");
  const pads = (reader.opset < 11 ? reader.ints("pads") : reader.list(1)) ?? [];
  const axes = (reader.opset < 18 ? undefined : reader.list(3)) ?? shape.map((_, axis) => axis);
  if (pads.length !== 2 * axes.length) throw reader.error(`${pads.length} pads`, `two for each of ${axes.length} axes`);
  const cuts = shape.map((count): Cut => ({ start: 0, step: 1, count }));
  axes.forEach((stated, i) => {
    const axis = reader.axis(stated, shape.length);
    const [before = 0, after = 0] = [pads[i], pads[i + axes.length]];
    cuts[axis] = { start: 0 - before, step: 1, count: (shape[axis] ?? 0) + before + after };
  });
  return cut(reader, value, shape, cuts, outside);
};

/** One example cannot be cut off, nor others be added. */
function cut(
  reader: NodeReader,
  value: Value,
  shape: readonly number[],
  cuts: readonly Cut[],
  outside: keyof typeof OUTSIDE = "zeros",
): Value {
  const same = (axis: number): boolean => cuts[axis]?.start === 0 && cuts[axis]?.count === shape[axis];
  if (reader.builder.holdsBatch(value) && !same(0))
    throw reader.error("the batch cut or padded", "axes without the batch");
  if (shape.every((size, axis) => same(axis) && (size === 1 || cuts[axis]?.step === 1))) return value;
  const sizes = cuts.map(({ count }) => count);
  if (!sizes.every((size) => Number.isSafeInteger(size) && size >= (value.kind === "constant" ? 0 : 1))) {
    throw reader.error(`sizes [${sizes.join(", ")}] left`, "at least one element along each axis");
  }
  return fromPlaces(reader, value, sizes, () => cutPlaces(shape, cuts, outside));
}

export const slice: OpReader = (reader) => {
  const { value, shape } = operand(reader);
  const old = reader.opset < 10;
  const starts = (old ? reader.ints("starts") : reader.list(1)) ?? [];
  const ends = (old ? reader.ints("ends") : reader.list(2)) ?? [];
  const axes = (old ? reader.ints("axes") : reader.list(3)) ?? starts.map((_, axis) => axis);
  const steps = (old ? undefined : reader.list(4)) ?? starts.map(() => 1);
  if (new Set([starts.length, ends.length, axes.length, steps.length]).size !== 1) {
    throw reader.error(`${starts.length} starts and ${ends.length} ends`, "one of each for every axis");
  }
  const cuts = shape.map((count): Cut => ({ start: 0, step: 1, count }));
  axes.forEach((stated, i) => {
    const axis = reader.axis(stated, shape.length);
    const along = (size: number): Cut => cutOf(reader, size, starts[i] ?? 0, ends[i] ?? 0, steps[i] ?? 1);
    cuts[axis] = along(shape[axis] ?? 0);
    if (axis === 0 && value.kind === "example" && reader.builder.examples > 1) {
      const size = reader.builder.modelShape(value)[0] ?? 0;
      const { start, step, count } = along(size);
      const isWhole = start === 0 && step === 1 && count === size;
      reader.builder.keepBatch(reader.node, value, isWhole, `${count} of ${size} along axis 0`);
    }
  });
  return cut(reader, value, shape, cuts);
};

/** The parts of a value along an axis, each an output. */
export const split: OpReader = (reader) => {
  const { value, shape } = operand(reader);
  const axis = reader.axis(reader.int("axis") ?? 0, shape.length);
  reader.builder.keepBatch(reader.node, value, axis > 0, "axis 0 in parts");
  const size = shape[axis] ?? 0;
  const parts = reader.node.outputs.length;
  const each = Math.ceil(size / parts);
  const equal = Array.from({ length: parts }, (_, i) => Math.min(each, size - i * each));
  const sizes = (reader.opset < 13 ? reader.ints("split") : reader.list(1)) ?? equal;
  const total = sizes.reduce((sum, count) => sum + count, 0);
  const stated = reader.int("num_outputs") ?? parts;
  if (stated !== parts || sizes.length !== parts || total !== size || !sizes.every((count) => count >= 1)) {
    const received = `an axis of ${size} in parts of [${sizes.slice(0, 8).join(", ")}] and ${parts} outputs`;
    throw reader.error(received, "parts that make up the axis, each an output");
  }
  let start = 0;
  const values = sizes.map((count): Value => {
    const cuts = shape.map((whole): Cut => ({ start: 0, step: 1, count: whole })).with(axis, { start, step: 1, count });
    start += count;
    return cut(reader, value, shape, cuts);
  });
  return { kind: "outputs", values };
};

/** ONNX's rules for slices: negative positions count from the end, all are clamped. */
function cutOf(reader: NodeReader, size: number, start: number, end: number, step: number): Cut {
  if (step === 0) throw reader.error("a step of 0", "a step forward or backward");
  const clamp = (position: number, low: number, high: number): number =>
    Math.min(Math.max(position < 0 ? position + size : position, low), high);
  const from = step > 0 ? clamp(start, 0, size) : clamp(start, 0, size - 1);
  const to = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
  return { start: from, step, count: Math.max(0, Math.ceil((to - from) / step)) };
}

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
