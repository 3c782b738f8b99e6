/** Ops that take some elements, or put elements into zeros: pairs that are each other's gradient. */

import { type DType, filled, int32, int64 } from "../dense-array.ts";
import { ELEMENT_TYPE } from "../onnx/element-types.ts";
import { apply, named, normalizeAxis, sameDType } from "../op.ts";
import type { Dimension, FloatDType, FloatInput, Inputs, OnnxEmitter, OpDefinition, Tensor } from "../symbolic.ts";
import { sameShape, shapeError, staticSize } from "../tensor.ts";

/** Positions along an axis, counted from 0. */
export type Indices = Tensor<"int32" | "int64">;
const list = (emit: OnnxEmitter, values: readonly number[]): string => emit.constant(int64([values.length], values));

/** Elements `start, start + step, … < end` of one axis. */
export interface AxisSlice {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}
const sliceOp: OpDefinition<readonly AxisSlice[], readonly [x: Tensor]> = {
  name: "slice",
  shape(inputs, slices) {
    const [x] = inputs;
    const shape = [...x.shape];
    for (const { axis, start, end, step } of slices) {
      const size = staticSize("slice", x, axis);
      const whole = [start, end, step].every(Number.isInteger);
      if (!(whole && 0 <= start && start < end && end <= size && step >= 1)) {
        const expected = `whole numbers with 0 ≤ start < end ≤ ${size}, not ${start} to ${end} by ${step}`;
        throw shapeError("slice", { received: inputs, expected });
      }
      shape[axis] = Math.ceil((end - start) / step);
    }
    return shape;
  },
  gradient([x], dy, _, slices) {
    const whole = slices.reduce((sum, { axis, start, step }) => {
      const spread = dilate(sum, axis, step);
      return pad(spread, axis, start, staticSize("slice", x, axis) - start - staticSize("slice", spread, axis));
    }, dy);
    return [whole];
  },
  onnx: (emit, [x], slices) => {
    const lists = (["start", "end", "axis", "step"] as const).map((key) => slices.map((one) => one[key]));
    return emit.node("Slice", [x, ...lists.map((values) => list(emit, values))]);
  },
};
/** Elements `start, start + step, … < end` of one axis. */
export const slice = named(
  "slice",
  <D extends DType>(x: Tensor<D>, axis: number, start: number, end: number, step = 1): Tensor<D> =>
    apply(sliceOp, [x], [{ axis: normalizeAxis("slice", x, axis), start, end, step }]),
);
/** Slices along several axes, each from 0 on and once, without a copy for each. */
export const sliceAxes = <D extends DType>(x: Tensor<D>, slices: readonly AxisSlice[]): Tensor<D> =>
  apply(sliceOp, [x], slices);

interface PadParams {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}
const padOp: OpDefinition<PadParams, readonly [x: Tensor]> = {
  name: "pad",
  shape(inputs, { axis, before, after }) {
    const [x] = inputs;
    if (![before, after].every((zeros) => Number.isInteger(zeros) && zeros >= 0)) {
      throw shapeError("pad", {
        received: inputs,
        expected: `whole padding of at least 0, not ${before} and ${after}`,
      });
    }
    const padded = staticSize("pad", x, axis) + before + after;
    return x.shape.map((size, i) => (i === axis ? padded : size));
  },
  gradient: ([x], dy, _, { axis, before }) => [slice(dy, axis, before, before + staticSize("pad", x, axis))],
  onnx(emit, [x], { axis, before, after }, [{ dtype, shape }]) {
    const zeros = (count: number): readonly number[] => shape.map((_, i) => (i === axis ? count : 0));
    return emit.node("Pad", [x, list(emit, [...zeros(before), ...zeros(after)]), emit.constant(filled(dtype, [], 0))]);
  },
};
/** Zeros before and after one axis. */
export const pad = named(
  "pad",
  <D extends DType>(x: Tensor<D>, axis: number, before: number, after: number): Tensor<D> =>
    before === 0 && after === 0 ? x : apply(padOp, [x], { axis: normalizeAxis("pad", x, axis), before, after }),
);

const dilateOp: OpDefinition<{ readonly axis: number; readonly step: number }, FloatInput> = {
  name: "dilate",
  shape(inputs, { axis, step }) {
    const [x] = inputs;
    if (!Number.isInteger(step) || step < 1 || x.shape.filter((size) => typeof size === "string").length > 1) {
      const expected = `a whole step of at least 1, not ${step}, and at most one symbolic dimension`;
      throw shapeError("dilate", { received: inputs, expected });
    }
    const dilated = (staticSize("dilate", x, axis) - 1) * step + 1;
    return x.shape.map((size, i) => (i === axis ? dilated : size));
  },
  gradient: (_, dy, __, { axis, step }) => [slice(dy, axis, 0, staticSize("dilate", dy, axis), step)],
  onnx(emit, [x], { axis, step }, [{ dtype, shape }], output) {
    // [.., n, ..] → [.., n, 1, ..] → zeros behind each element → [.., n·step, ..] → the last zeros cut off
    const apart = emit.node("Unsqueeze", [x, list(emit, [axis + 1])]);
    const before = [...shape, 1].map(() => 0);
    const after = before.map((_, i) => (i === axis + 1 ? step - 1 : 0));
    const padded = emit.node("Pad", [apart, list(emit, [...before, ...after]), emit.constant(filled(dtype, [], 0))]);
    const joined = shape.map((size, i) => (typeof size === "string" ? -1 : i === axis ? size * step : size));
    const flat = emit.node("Reshape", [padded, list(emit, joined)]);
    return emit.node("Slice", [
      flat,
      list(emit, [0]),
      list(emit, [staticSize("dilate", output, axis)]),
      list(emit, [axis]),
    ]);
  },
};
/** `step − 1` zeros between neighbors of one axis: the transpose of a slice by steps. */
export const dilate = named(
  "dilate",
  <D extends FloatDType>(x: Tensor<D>, axis: number, step: number): Tensor<D> =>
    step === 1 ? x : apply(dilateOp, [x], { axis: normalizeAxis("dilate", x, axis), step }),
);

const concatOp: OpDefinition<{ readonly axis: number }, Inputs> = {
  name: "concat",
  shape(inputs, { axis }) {
    sameDType("concat", inputs);
    const [first] = inputs;
    const elsewhere = inputs.map(({ shape }) => shape.filter((_, i) => i !== axis));
    const ranks = new Set(inputs.map(({ shape }) => shape.length));
    if (first === undefined || ranks.size > 1 || elsewhere.some((shape) => !sameShape(shape, elsewhere[0] ?? []))) {
      throw shapeError("concat", { received: inputs, expected: `shapes that agree but for axis ${axis}` });
    }
    const total = inputs.reduce((sum, one) => sum + staticSize("concat", one, axis), 0);
    return first.shape.map((size, i): Dimension => (i === axis ? total : size));
  },
  gradient(inputs, dy, _, { axis }) {
    let start = 0;
    return inputs.map((one) => {
      const from = start;
      start += staticSize("concat", one, axis);
      return slice(dy, axis, from, start);
    });
  },
  onnx: (emit, names, { axis }) => emit.node("Concat", names, { axis: { int: axis } }),
};
/** Tensors one behind the other along one axis. */
export const concat = named(
  "concat",
  <D extends DType>(tensors: readonly [Tensor<D>, ...Tensor<D>[]], axis: number): Tensor<D> =>
    tensors.length === 1 ? tensors[0] : apply(concatOp, tensors, { axis: normalizeAxis("concat", tensors[0], axis) }),
);

const gatherOp: OpDefinition<undefined, readonly [x: Tensor, indices: Indices]> = {
  name: "gather",
  shape(inputs) {
    const [x, indices] = inputs;
    if (x.shape.length === 0) {
      throw shapeError("gather", { received: inputs, expected: "[n, …] and indices of any shape" });
    }
    return [...indices.shape, ...x.shape.slice(1)];
  },
  gradient: ([x, indices], dy) => [scatterAdd(x, indices, dy), undefined],
  onnx: (emit, names) => emit.node("Gather", names, { axis: { int: 0 } }),
};
/** Rows `x[indices]` of the first axis: `[n, …rest]` and `[…m]` make `[…m, …rest]`. */
export const gather = named(
  "gather",
  <D extends DType>(x: Tensor<D>, indices: Indices): Tensor<D> => apply(gatherOp, [x, indices], undefined),
);

const scatterAddOp: OpDefinition<undefined, readonly [like: Tensor, indices: Indices, rows: Tensor<FloatDType>]> = {
  name: "scatterAdd",
  dtype: ([, , rows]) => rows.dtype,
  shape(inputs) {
    const [like, indices, rows] = inputs;
    const wanted = [...indices.shape, ...like.shape.slice(1)];
    if (like.shape.length === 0 || !sameShape(rows.shape, wanted)) {
      throw shapeError("scatterAdd", { received: inputs, expected: "[n, …rest], indices […m] and rows […m, …rest]" });
    }
    return like.shape;
  },
  gradient: ([, indices], dy) => [undefined, undefined, gather(dy, indices)],
  onnx(emit, [like, indices, rows], _, [{ shape }, , { dtype }]) {
    // ScatterND would take the indices as they are, but with several threads it loses additions to the same row
    // (ONNX Runtime 1.30, test/graph/scatter-threads.test.ts)
    const size = emit.node("Shape", [like]);
    const empty = emit.node("Expand", [emit.constant(filled(dtype, [1], 0)), size]);
    const inner = emit.node("Slice", [size, list(emit, [1]), list(emit, [shape.length])]);
    const flat = emit.node("Concat", [list(emit, [-1]), inner], { axis: { int: 0 } });
    const flatRows = emit.node("Reshape", [rows, flat]);
    const columns = emit.node("Reshape", [indices, list(emit, [-1, ...shape.slice(1).map(() => 1)])]);
    const wide = emit.node("Expand", [columns, emit.node("Shape", [flatRows])]);
    return emit.node("ScatterElements", [empty, wide, flatRows], { axis: { int: 0 }, reduction: { string: "add" } });
  },
};
/** Zeros of the shape of `like` (whose values are not read) with each row added at its index. */
export const scatterAdd = named(
  "scatterAdd",
  <D extends FloatDType>(like: Tensor, indices: Indices, rows: Tensor<D>): Tensor<D> =>
    apply(scatterAddOp, [like, indices, rows], undefined),
);

const oneHotOp: OpDefinition<{ readonly count: number }, readonly [indices: Tensor]> = {
  name: "oneHot",
  dtype: () => "bool",
  shape: ([indices], { count }) => [...indices.shape, count],
  gradient: "none",
  onnx(emit, [indices], { count }, [{ shape }]) {
    const column = emit.node("Unsqueeze", [indices, list(emit, [shape.length])]);
    const narrow = emit.node("Cast", [column], { to: { int: ELEMENT_TYPE.int32 } });
    const classes = int32(
      [count],
      Array.from({ length: count }, (_, i) => i),
    );
    return emit.node("Equal", [narrow, emit.constant(classes)]);
  },
};
/** `[…]` class indices to `[…, count]`: true at the index. From a comparison: WebGPU has no kernel for OneHot. */
export const oneHot = named(
  "oneHot",
  (indices: Tensor, count: number): Tensor<"bool"> => apply(oneHotOp, [indices], { count }),
);
