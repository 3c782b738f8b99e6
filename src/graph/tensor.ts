import { GatewiseError } from "../errors.ts";
import { type DenseArray, type DType, filled } from "./dense-array.ts";
import type { OpDefinition } from "./op.ts";
import type { ScanNode } from "./scan.ts";

/** One dimension: a size, or the name of a size that is known only when the graph runs (`"batch"`). */
export type Dimension = number | string;
export type Shape = readonly Dimension[];

export type FloatDType = "float32" | "float64";
export type NumericDType = Exclude<DType, "bool">;

/** Where a tensor's values come from. */
export type Source =
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "constant"; readonly value: DenseArray }
  | { readonly kind: "op"; readonly op: OpDefinition; readonly inputs: readonly Tensor[]; readonly params: unknown }
  /** A state or a slice inside the body of a scan. */
  | { readonly kind: "bound"; readonly scope: ScanScope; readonly label: string }
  | { readonly kind: "scan"; readonly scan: ScanNode; readonly index: number };

/** Identity of one scan body: its bound tensors belong to no other. */
export interface ScanScope {
  readonly label: string;
}

/** A symbolic tensor: what will be computed, with its dtype and static shape. Plain immutable data. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly source: Source;
}

/** A tensor that is fed by name when the graph runs. */
export const input = <D extends DType>(name: string, dtype: D, shape: Shape): Tensor<D> => ({
  dtype,
  shape,
  source: { kind: "input", name },
});

/** A tensor whose values are part of the graph. */
export const constant = <D extends DType>(value: DenseArray<D>): Tensor<D> => ({
  dtype: value.dtype as D,
  shape: value.shape,
  source: { kind: "constant", value },
});

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
