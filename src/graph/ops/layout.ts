/** Ops that move or add up values: each is linear, and their gradients are each other. */

import { type DType, int64 } from "../dense-array.ts";
import { apply, named, normalizeAxis } from "../op.ts";
import type { Dimension, FloatDType, NumericDType, OpDefinition, Shape, Tensor } from "../symbolic.ts";
import { sameShape, shapeError } from "../tensor.ts";

type Single = readonly [x: Tensor];

/** Product of the fixed sizes and the sorted symbolic names: two shapes with equal measure hold as many elements. */
function measure(shape: Shape): string {
  const fixed = shape.reduce<number>((product, size) => (typeof size === "number" ? product * size : product), 1);
  return [fixed, ...shape.filter((size) => typeof size === "string").sort()].join("·");
}

/** ONNX's target of a reshape: 0 copies the dimension of the input at the same place, −1 follows from the others. */
const reshapeTarget = (from: Shape, to: Shape): readonly number[] =>
  to.map((size, i) => (typeof size === "number" ? size : size === from[i] ? 0 : -1));

const reshapeOp: OpDefinition<{ readonly shape: Shape }, Single> = {
  name: "reshape",
  shape([x], { shape }) {
    if (measure(x.shape) !== measure(shape)) {
      throw shapeError("reshape", { received: [x, shape], expected: "as many elements in both shapes" });
    }
    if (reshapeTarget(x.shape, shape).filter((size) => size === -1).length > 1) {
      throw shapeError("reshape", { received: [x, shape], expected: "at most one symbolic dimension that moves" });
    }
    return shape;
  },
  gradient: ([x], dy) => [reshape(dy, x.shape)],
  onnx(emit, [name], { shape }, [x]) {
    const target = reshapeTarget(x.shape, shape);
    return emit.node("Reshape", [name, emit.constant(int64([target.length], target))]);
  },
};
/** The same elements in C order under another shape. */
export const reshape = named(
  "reshape",
  <D extends DType>(x: Tensor<D>, shape: Shape): Tensor<D> =>
    sameShape(x.shape, shape) ? x : apply(reshapeOp, [x], { shape }),
);

const transposeOp: OpDefinition<{ readonly order: readonly number[] }, Single> = {
  name: "transpose",
  shape(inputs, { order }) {
    const [x] = inputs;
    const rank = x.shape.length;
    if (order.length !== rank || x.shape.some((_, axis) => !order.includes(axis))) {
      throw shapeError("transpose", { received: inputs, expected: `an order of ${rank} axes, not [${order}]` });
    }
    return order.flatMap((axis) => x.shape.slice(axis, axis + 1));
  },
  gradient: (_, dy, __, { order }) => [
    transpose(
      dy,
      order.map((_axis, i) => order.indexOf(i)),
    ),
  ],
  onnx: (emit, names, { order }) => emit.node("Transpose", names, { perm: { ints: order } }),
};
/** Axes in another order; the last two swapped unless told otherwise. */
export const transpose = named(
  "transpose",
  <D extends DType>(x: Tensor<D>, order: readonly number[] = swapLastTwo(x.shape.length)): Tensor<D> =>
    apply(transposeOp, [x], { order }),
);
const swapLastTwo = (rank: number): readonly number[] =>
  Array.from({ length: rank }, (_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i));

/** The second input is there only where a size must be read from it when the graph runs. */
export const expandLikeOp: OpDefinition<{ readonly shape: Shape }, readonly [x: Tensor, ...like: readonly Tensor[]]> = {
  name: "expandLike",
  shape([x], { shape }) {
    if (!expandsTo(x.shape, shape)) {
      throw shapeError("expandLike", { received: [x, shape], expected: "a first shape that broadcasts to the second" });
    }
    return shape;
  },
  gradient: ([x], dy) => [sumLike(dy, x)],
  onnx(emit, [x, like], { shape }) {
    const sizes = shape.filter((size) => typeof size === "number");
    return emit.node("Expand", [x, like ? emit.node("Shape", [like]) : emit.constant(int64([sizes.length], sizes))]);
  },
};
function expandsTo(from: Shape, to: Shape): boolean {
  const offset = to.length - from.length;
  return offset >= 0 && from.every((size, i) => size === 1 || size === to[i + offset]);
}
/** Repeats `x` along broadcast dimensions up to the shape of `like`, whose values are not read. */
export const expandLike = named("expandLike", <D extends DType>(x: Tensor<D>, like: Tensor): Tensor<D> => {
  const { shape } = like;
  if (sameShape(x.shape, shape)) return x;
  return apply(expandLikeOp, shape.some((size) => typeof size === "string") ? [x, like] : [x], { shape });
});

export interface ReduceParams {
  /** Counted from the front, ascending. */
  readonly axes: readonly number[];
  readonly keepDimensions: boolean;
}
/** Shape rule that all reductions share. */
export function reducedShape(x: Tensor, { axes, keepDimensions }: ReduceParams): Shape {
  return x.shape.flatMap((size, axis): Dimension[] => (axes.includes(axis) ? (keepDimensions ? [1] : []) : [size]));
}
/** Axes from the front in ascending order; all of them unless told otherwise. */
export function reduceParams(op: string, x: Tensor, axes?: readonly number[], keepDimensions = false): ReduceParams {
  const chosen = axes?.map((axis) => normalizeAxis(op, x, axis)) ?? x.shape.map((_, axis) => axis);
  return { axes: [...new Set(chosen)].sort((a, b) => a - b), keepDimensions };
}
/** A reduction's result with its reduced dimensions put back as 1, so that it broadcasts against `x`. */
export function restoreDimensions<D extends DType>(reduced: Tensor<D>, x: Tensor, params: ReduceParams): Tensor<D> {
  return reshape(reduced, reducedShape(x, { axes: params.axes, keepDimensions: true }));
}

const reduceSumOp: OpDefinition<ReduceParams, Single> = {
  name: "reduceSum",
  shape: ([x], params) => reducedShape(x, params),
  gradient: ([x], dy, _, params) => [expandLike(restoreDimensions(dy, x, params), x)],
  onnx: (emit, [x], { axes, keepDimensions }) =>
    emit.node("ReduceSum", [x, emit.constant(int64([axes.length], axes))], {
      keepdims: { int: keepDimensions ? 1 : 0 },
    }),
};
/** Sum over `axes` (all of them unless told otherwise). */
export const reduceSum = named(
  "reduceSum",
  <D extends NumericDType>(x: Tensor<D>, axes?: readonly number[], keepDimensions?: boolean): Tensor<D> => {
    const params = reduceParams("reduceSum", x, axes, keepDimensions);
    return params.axes.length === 0 ? x : apply(reduceSumOp, [x], params);
  },
);

/** Adds up what broadcasting had repeated: the gradient of a broadcast, of the shape of `like`. */
export function sumLike<D extends FloatDType>(dy: Tensor<D>, like: Tensor): Tensor<D> {
  const offset = dy.shape.length - like.shape.length;
  const axes = dy.shape.flatMap((size, axis) =>
    axis < offset || (like.shape[axis - offset] === 1 && size !== 1) ? [axis] : [],
  );
  return axes.length === 0 ? dy : reshape(reduceSum(dy, axes), like.shape);
}
