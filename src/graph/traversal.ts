/** The tensors that a tensor is computed from; for a scan its states, its scanned inputs and its body's results. */
import type { ScanScope, Tensor } from "./symbolic.ts";
export function dependencies({ source }: Tensor): readonly Tensor[] {
  switch (source.kind) {
    case "op":
      return source.inputs;
    case "scan": {
      const { initial, scanned, body } = source.scan;
      return [...initial, ...scanned, ...body.state, ...body.outputs];
    }
    default:
      return [];
  }
}

/**
 * All tensors that `roots` are computed from, each behind its dependencies, without recursion (an unrolled training
 * chunk is deeper than the call stack).
 */
export function topologicalOrder(roots: readonly Tensor[]): readonly Tensor[] {
  const order: Tensor[] = [];
  const state = new Map<Tensor, "open" | "done">();
  const stack = [...roots].reverse();
  for (let tensor = stack.at(-1); tensor !== undefined; tensor = stack.at(-1)) {
    const seen = state.get(tensor);
    if (seen !== undefined) {
      stack.pop();
      if (seen === "open") {
        state.set(tensor, "done");
        order.push(tensor);
      }
      continue;
    }
    state.set(tensor, "open");
    for (const one of dependencies(tensor).toReversed()) if (!state.has(one)) stack.push(one);
  }
  return order;
}

/** The scan bodies, of those around it, whose states or slices each tensor of a topological order depends on. */
export function freeScopes(order: readonly Tensor[]): ReadonlyMap<Tensor, ReadonlySet<ScanScope>> {
  const free = new Map<Tensor, ReadonlySet<ScanScope>>();
  for (const tensor of order) {
    const { source } = tensor;
    const scopes = new Set(source.kind === "bound" ? [source.scope] : []);
    for (const one of dependencies(tensor)) for (const scope of free.get(one) ?? []) scopes.add(scope);
    if (source.kind === "scan") scopes.delete(source.scan.scope);
    free.set(tensor, scopes);
  }
  return free;
}
