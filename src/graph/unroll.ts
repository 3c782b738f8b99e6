import { int32 } from "./dense-array.ts";
import { concat, gather } from "./ops/indexing.ts";
import { reshape } from "./ops/layout.ts";
import { type Like, mapValues, type ScanResult, type Tensors } from "./scan.ts";
import type { Tensor } from "./symbolic.ts";
import { constant, shapeError } from "./tensor.ts";

/**
 * What `scan` computes without a loop in the graph: the body's nodes are there once for every slice. For devices without
 * loops; the graph grows with the number of slices.
 * @param scanned as for `scan`, all of one fixed length
 * @throws GatewiseError if lengths differ, or are not fixed
 */
export function unroll<S extends Tensors, X extends Tensors, O extends Tensors>(
  initial: S,
  scanned: X,
  body: (state: Like<S>, slices: Like<X>) => { readonly state: Like<S>; readonly outputs: O },
): ScanResult<S, O> {
  const [first, ...others] = Object.values(scanned);
  const length = first?.shape[0];
  if (typeof length !== "number" || length === 0 || others.some(({ shape }) => shape[0] !== length)) {
    const expected = "at least one tensor, all of one fixed length of at least 1";
    throw shapeError("unroll", { received: Object.values(scanned), expected });
  }
  // names and dtypes are those of the arguments, which Object.entries forgets
  let state = initial as unknown as Like<S>;
  const outputs: Tensors[] = [];
  for (let i = 0; i < length; i++) {
    const position = constant(int32([], [i]));
    const result = body(state, mapValues(scanned, (whole) => gather(whole, position)) as Like<X>);
    state = result.state;
    outputs.push(result.outputs);
  }
  const [one = {}, ...later] = outputs;
  const stacked = mapValues(one, (tensor, name) =>
    concat([row(tensor), ...later.map((step) => row(step[name] ?? tensor))], 0),
  );
  return { state, outputs: stacked as Like<O> };
}

const row = (tensor: Tensor): Tensor => reshape(tensor, [1, ...tensor.shape]);
