/** Ops that cut maps or frame them: pads, slices and splits. */
import { quoted } from "../../graph/index.ts";
import { fromPlaces, operand } from "./moved-values.ts";
import type { NodeReader, OpReader } from "./node-reader.ts";
import { type Cut, cutPlaces, type OUTSIDE } from "./places.ts";
import { numbersOf, type Value } from "./value.ts";

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

/** A batch of any size is cut by what cuts one of so many: files write "to the end" as the largest int32 or int64. */
const MANY = 1_000_000;

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
    if (axis === 0 && value.kind === "example" && reader.builder.isOpen) {
      const [size = 0] = shape;
      const { start, step, count } = along(size * MANY);
      // an end that Shape gives is that of one example; one that the file says is of any batch
      const isToEnd = count === size * MANY || (ends[i] === size && !old && !reader.isWritten(2));
      if (start !== 0 || step !== 1 || !isToEnd) throw reader.builder.mixed(reader.node, "the batch cut or reversed");
    }
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
