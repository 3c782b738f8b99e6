import { GatewiseError } from "../errors.ts";
import { checkOutput, type GatedNetwork } from "../network/index.ts";
import { openNetwork } from "./active-network.ts";
import { beyondFloat64, log2Of, MOMENTS, pathPass, plain } from "./path-pass.ts";

/** A number that is infinite or 0 beyond float64, and its logarithm. */
export interface PathNorm {
  readonly norm: number;
  readonly log2: number;
}

/**
 * Path-norm `(Σ_p |v(p)|^q)^(1/q)` over the paths to all outputs, or to one (theory 2.13; Gonon et al., ICLR 2024): ones
 * through `|θ|^q`, every gate open, max-pools summing their windows. Paths from biases count; those from saturated units
 * of clipped gates, whose start is no weight, do not. Constants of the graph are factors as weights are: those of average
 * pools, the −1 of a difference. A weight that several layers use stands in a path once for each of them, and the norm is
 * that of the network with its uses apart.
 * @throws GatewiseError if there is no such output, `q` is another power, or a layer's sums leave float64
 */
export function pathNorm(network: GatedNetwork, q: 1 | 2, output?: number): PathNorm {
  if (output !== undefined) checkOutput(network, output);
  if (q !== 1 && q !== 2) {
    throw new GatewiseError({ received: `a path-norm of power ${q}`, expected: "1 or 2", next: "choose one of them" });
  }
  const end = pathPass(openNetwork(network), MOMENTS[q]).get(network.output);
  if (end === undefined) throw new Error("unreachable: no pass at the output");
  const value =
    output === undefined ? end.totals.reduce((sum, one) => sum + one, 0) : (end.totals[output] ?? Number.NaN);
  if (!Number.isFinite(value)) throw beyondFloat64(`a path-norm, power ${q},`);
  const log2 = log2Of({ value, exponent: end.exponent }) / q;
  const { exponent } = end;
  // without an exponent the root is taken of the number itself, which is exact where its logarithm is rounded
  return {
    norm: exponent === 0 ? value ** (1 / q) : plain({ value: 2 ** (log2 % 1), exponent: Math.trunc(log2) }),
    log2,
  };
}
