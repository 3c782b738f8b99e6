import { GatewiseError } from "../errors.ts";
import { checkArray, type DenseArray, type DType, filled } from "./dense-array.ts";
import type { Shape, Tensor } from "./symbolic.ts";

/** A tensor that is fed by name when the graph runs. */
export const input = <D extends DType>(name: string, dtype: D, shape: Shape): Tensor<D> => ({
  dtype,
  shape,
  source: { kind: "input", name },
});

/**
 * A tensor whose values are part of the graph.
 * @throws GatewiseError for what is no dense array
 */
export function constant<D extends DType>(value: DenseArray<D>): Tensor<D> {
  checkArray(value, "a constant");
  return { dtype: value.dtype as D, shape: value.shape, source: { kind: "constant", value } };
}

/** A constant of shape `[]`. */
export const scalar = <D extends DType>(dtype: D, value: number): Tensor<D> => constant(filled(dtype, [], value));

/** `[2, batch, 3]`, for messages. */
export const formatShape = (shape: Shape): string => `[${shape.join(", ")}]`;

/** `float32 [2, 3]`, for messages. */
export const formatTensor = (tensor: Tensor): string => `${tensor.dtype} ${formatShape(tensor.shape)}`;

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((size, i) => size === b[i]);

/** What a message about the building of a graph shows as received. */
export type Received = readonly (Tensor | Shape)[];

const formatReceived = (one: Tensor | Shape): string => ("dtype" in one ? formatTensor(one) : formatShape(one));

/** A mistake in the building of a graph: names the op, what came and what was expected. */
export const shapeError = (
  op: string,
  details: { readonly received: Received; readonly expected: string },
): GatewiseError =>
  new GatewiseError({
    received: `${op} of ${details.received.map(formatReceived).join(" and ") || "nothing"}`,
    expected: details.expected,
    next: "change the shapes where the graph is built",
  });

/** The size of a dimension that an op needs to know when the graph is built. */
export function staticSize(op: string, tensor: Tensor, axis: number): number {
  const size = tensor.shape[axis];
  if (typeof size === "number") return size;
  throw shapeError(op, { received: [tensor], expected: `a fixed size in dimension ${axis}` });
}
