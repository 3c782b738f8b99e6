import { GatewiseError } from "../errors.ts";
import type { DType } from "./dense-array.ts";
import type { ScanNode, ScanScope, Tensor } from "./symbolic.ts";
import { formatTensor, sameShape, shapeError } from "./tensor.ts";

/** Tensors by name: what a graph gives, or what a loop carries. */
export type Tensors = Readonly<Record<string, Tensor>>;
/** The same names with the same dtypes. */
export type Like<T extends Tensors> = {
  readonly [K in keyof T]: T[K] extends Tensor<infer D extends DType> ? Tensor<D> : never;
};

/** Final states, and what every step put out, stacked along a new first axis. */
export interface ScanResult<S extends Tensors, O extends Tensors> {
  readonly state: Like<S>;
  readonly outputs: Like<O>;
}

/**
 * A loop inside the graph: `body` is called once, with symbolic states and slices, and runs for every slice.
 *
 * Tensors from outside may be used in the body; what does not depend on a state or slice is computed once, outside.
 * Gradients are taken inside the body (a training step is a body); none flow through the loop itself.
 * @param initial states before the first step
 * @param scanned tensors that are cut along their first axis, one slice a step; all of one length, at least 1 when run
 * @throws GatewiseError if lengths differ, or a state leaves the body with another dtype or shape
 */
export function scan<S extends Tensors, X extends Tensors, O extends Tensors>(
  initial: S,
  scanned: X,
  body: (state: Like<S>, slices: Like<X>) => { readonly state: Like<S>; readonly outputs: O },
): ScanResult<S, O> {
  const scope: ScanScope = { label: "scan" };
  const [first, ...others] = Object.values(scanned);
  const length = first?.shape[0];
  if (length === undefined || length === 0 || others.some(({ shape }) => shape[0] !== length)) {
    const expected = "at least one tensor to scan, all of one length of at least 1";
    throw shapeError("scan", { received: Object.values(scanned), expected });
  }
  const bind = (tensors: Tensors, cut: 0 | 1): Record<string, Tensor> =>
    mapValues(tensors, ({ dtype, shape }, label) => ({
      dtype,
      shape: shape.slice(cut),
      source: { kind: "bound", scope, label },
    }));
  const boundState = bind(initial, 0);
  const boundSlices = bind(scanned, 1);
  // the same names with the same dtypes, which Object.entries forgets
  const result = body(boundState as Like<S>, boundSlices as Like<X>);

  const finals = Object.entries(initial).map(([name, before]) => {
    const after: Tensor | undefined = result.state[name];
    if (after === undefined || before.dtype !== after.dtype || !sameShape(before.shape, after.shape)) {
      throw new GatewiseError({
        received: `scan with state "${name}" ${after ? formatTensor(after) : "missing"} after a step`,
        expected: `${formatTensor(before)}, as before it`,
        next: "return every state from the body with its dtype and shape unchanged",
      });
    }
    return after;
  });
  const node: ScanNode = {
    scope,
    initial: Object.values(initial),
    scanned: Object.values(scanned),
    boundState: Object.values(boundState),
    boundSlices: Object.values(boundSlices),
    body: { state: finals, outputs: Object.values(result.outputs) },
    length,
  };
  const state = mapValues(initial, ({ dtype, shape }, _, index) => ({
    dtype,
    shape,
    source: { kind: "scan", scan: node, index },
  }));
  const outputs = mapValues(result.outputs, ({ dtype, shape }, _, i) => ({
    dtype,
    shape: [length, ...shape],
    source: { kind: "scan", scan: node, index: finals.length + i },
  }));
  return { state: state as Like<S>, outputs: outputs as Like<O> };
}

export const mapValues = (
  tensors: Tensors,
  map: (tensor: Tensor, name: string, index: number) => Tensor,
): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor], i) => [name, map(tensor, name, i)]));
