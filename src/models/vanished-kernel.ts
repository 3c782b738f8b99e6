/** Kernels of 0 that are none: values of deep networks vanish in float32, and what decides a gate is then 0. */
import { GatewiseError } from "../errors.ts";
import type { Inputs } from "../gates/index.ts";
import type { GatedNetwork } from "../network/index.ts";
import { activate, countActivePaths } from "../paths/index.ts";

/** Inputs that are looked at: where values vanish, it is for nearly all of them. */
const MOST = 8;

/**
 * Compares kernels of 0 with the gates in float64, at powers of two that nothing vanishes in.
 * @param diagonal the kernel of each input with itself
 * @throws GatewiseError for an input of kernel 0 that has active paths
 */
export function checkVanished(network: GatedNetwork, { shape, data }: Inputs, diagonal: ArrayLike<number>): void {
  const size = data.length / (shape[0] ?? 1);
  const empty = Array.from({ length: diagonal.length }, (_, i) => i).filter((i) => diagonal[i] === 0);
  for (const example of empty.slice(0, MOST)) {
    const input = data.subarray(example * size, (example + 1) * size);
    // paths from elements that are 0 are active and add nothing
    if (input.every((value) => value === 0)) continue;
    const active = activate(network, input);
    if (countActivePaths(active, 0) === 0n || !(active.logits[0] !== 0)) continue;
    throw new GatewiseError({
      code: "numerical-failure",
      received: `a path kernel of 0 for input ${example}, which has active paths: values that decide gates vanish in float32`,
      expected: "values above 1e-38",
      next: "scale the inputs or weights: gates without biases do not change with them",
    });
  }
}
