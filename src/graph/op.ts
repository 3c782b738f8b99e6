import type { DType } from "./dense-array.ts";
import { largestOf } from "./extremes.ts";
import type { Dimension, FloatDType, Inputs, OpDefinition, Shape, Tensor } from "./symbolic.ts";
import { shapeError } from "./tensor.ts";

/** A function that builds tensors of one op, carrying the op's name. */
export type NamedOp<N extends string, F> = F & { readonly opName: N };

/** Builds the tensor of an op after its shape rule has accepted the inputs. */
export function apply<D extends DType, P, I extends Inputs>(
  definition: OpDefinition<P, I>,
  inputs: I,
  params: P,
): Tensor<D> {
  const dtype = definition.dtype?.(inputs, params) ?? inputs[0]?.dtype;
  const shape = definition.shape(inputs, params);
  // The signature of each op states its result's dtype, and a definition meets no inputs and params but those that it
  // is applied to here: the one place where the types of one op and of all ops meet.
  return {
    dtype: dtype as D,
    shape,
    source: { kind: "op", op: definition as unknown as OpDefinition, inputs, params },
  };
}

type MadeBy<P, I extends Inputs> = Tensor & {
  readonly source: { readonly kind: "op"; readonly inputs: I; readonly params: P };
};
/** Whether a tensor is the result of this op, which tells its inputs and params. */
export const isMadeBy = <P, I extends Inputs>(tensor: Tensor, op: OpDefinition<P, I>): tensor is MadeBy<P, I> =>
  tensor.source.kind === "op" && Object.is(tensor.source.op, op);

/** Names the builder function of an op. */
export const named = <const N extends string, F extends object>(opName: N, build: F): NamedOp<N, F> =>
  Object.assign(build, { opName });

/** Shape of several shapes broadcast together by NumPy's rule; `received` is what a message shows. */
export function broadcastShapes(op: string, shapes: readonly Shape[], received: Inputs): Shape {
  const rank = largestOf(shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i): Dimension => {
    const sizes = shapes.map((shape) => shape[i - rank + shape.length] ?? 1).filter((size) => size !== 1);
    const [first = 1] = sizes;
    if (sizes.every((size) => size === first)) return first;
    throw shapeError(op, { received, expected: "shapes that broadcast together" });
  });
}

export const isFloat = (tensor: Tensor): tensor is Tensor<FloatDType> =>
  tensor.dtype === "float32" || tensor.dtype === "float64";

/** An input as a float tensor, in the gradient of an op that also takes dtypes without gradients. */
export function asFloat(tensor: Tensor): Tensor<FloatDType> {
  if (isFloat(tensor)) return tensor;
  throw new Error(`unreachable: a gradient by ${tensor.dtype}`);
}

/** Throws unless all inputs have one dtype. */
export function sameDType(op: string, inputs: readonly Tensor[]): void {
  if (inputs.some(({ dtype }) => dtype !== inputs[0]?.dtype)) {
    throw shapeError(op, { received: inputs, expected: "one dtype: cast first" });
  }
}

/** An axis counted from the front; negative ones count from the back. */
export function normalizeAxis(op: string, tensor: Tensor, axis: number): number {
  const rank = tensor.shape.length;
  const normalized = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normalized < 0 || normalized >= rank) {
    throw shapeError(op, { received: [tensor], expected: `an axis below ${rank}, not ${axis}` });
  }
  return normalized;
}

/** The dimensions of a tensor of fixed rank. */
export function dimensions(op: string, tensor: Tensor, rank: number, letters: string): Shape {
  if (tensor.shape.length === rank) return tensor.shape;
  throw shapeError(op, { received: [tensor], expected: letters });
}
