/** Reductions beyond the sum, and what is composed of them. */

import { int64 } from "../dense-array.ts";
import { apply, named, normalizeAxis } from "../op.ts";
import type { FloatDType, FloatInput, OpDefinition, Tensor } from "../symbolic.ts";
import { shapeError, staticSize } from "../tensor.ts";
import { cast, divide, equal, exp, multiply, subtract } from "./arithmetic.ts";
import { expandLike, type ReduceParams, reducedShape, reduceParams, reduceSum, restoreDimensions } from "./layout.ts";

type Float = Tensor<FloatDType>;
/**
 * A reduction along `axes` (all unless told otherwise; negative ones count from the back), which are left out of the result
 * or, with `keepDimensions`, of size 1. Throws GatewiseError for an axis that `x` does not have.
 */
export type Reduction = <D extends FloatDType>(
  x: Tensor<D>,
  axes?: readonly number[],
  keepDimensions?: boolean,
) => Tensor<D>;

/** A reduction whose gradient rule sees `dy` and `y` with the reduced dimensions put back as 1. */
function reduction(
  name: string,
  onnx: string,
  gradient: (x: Float, dy: Float, y: Float, params: ReduceParams) => Float,
): Reduction {
  const definition: OpDefinition<ReduceParams, FloatInput> = {
    name,
    shape: ([x], params) => reducedShape(x, params),
    gradient: ([x], dy, y, params) => [
      gradient(x, restoreDimensions(dy, x, params), restoreDimensions(y, x, params), params),
    ],
    onnx: (emit, [x], { axes, keepDimensions }) =>
      emit.node(onnx, [x, emit.constant(int64([axes.length], axes))], { keepdims: { int: keepDimensions ? 1 : 0 } }),
  };
  return (x, axes, keepDimensions) => {
    const params = reduceParams(name, x, axes, keepDimensions);
    return params.axes.length === 0 ? x : apply(definition, [x], params);
  };
}

const sizeOfAxes = (x: Tensor, axes: readonly number[]): number =>
  axes.reduce((product, axis) => product * staticSize("reduceMean", x, axis), 1);

/** Mean over `axes` (all unless told otherwise); its gradient needs their sizes to be fixed. */
export const reduceMean = named(
  "reduceMean",
  reduction("reduceMean", "ReduceMean", (x, dy, _, { axes }) => expandLike(divide(dy, sizeOfAxes(x, axes)), x)),
);
/** Greatest value over `axes`; the gradient is shared between equal greatest values. */
export const reduceMax = named(
  "reduceMax",
  reduction("reduceMax", "ReduceMax", (x, dy, y, { axes }) => {
    const greatest = cast(equal(x, y), dy.dtype);
    return multiply(greatest, divide(dy, reduceSum(greatest, axes, true)));
  }),
);
/** `log Σ exp(x)` over `axes`, without overflow. */
export const reduceLogSumExp = named(
  "reduceLogSumExp",
  reduction("reduceLogSumExp", "ReduceLogSumExp", (x, dy, y) => multiply(dy, exp(subtract(x, y)))),
);

const argMaxOp: OpDefinition<{ readonly axis: number }, FloatInput> = {
  name: "argMax",
  dtype: () => "int64",
  shape: ([x], { axis }) => x.shape.filter((_, i) => i !== axis),
  gradient: "none",
  onnx: (emit, names, { axis }) => emit.node("ArgMax", names, { axis: { int: axis }, keepdims: { int: 0 } }),
};
/** Index of the greatest value along one axis, the first at a tie. */
export const argMax = named(
  "argMax",
  <D extends FloatDType>(x: Tensor<D>, axis = -1): Tensor<"int64"> =>
    apply(argMaxOp, [x], { axis: normalizeAxis("argMax", x, axis) }),
);

/** Log-softmax along the last axis: `x − log Σ exp(x)`. */
export function logSoftmax<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
  if (x.shape.length === 0) throw shapeError("logSoftmax", { received: [x], expected: "at least one axis" });
  return subtract(x, reduceLogSumExp(x, [-1], true));
}
/** Softmax along the last axis. */
export const softmax = <D extends FloatDType>(x: Tensor<D>): Tensor<D> => exp(logSoftmax(x));
