import type { Engine } from "../../engine/index.ts";
import { type DenseArray, float64 } from "../../graph/index.ts";
import type { GatedNetwork } from "../../network/index.ts";
import { type PathTraceOptions, passOf, runPathPass } from "./path-trace.ts";
import type { PathPower } from "./path-trace-pass.ts";

/** Scores that come from one pass of powers and its reverse (theory 4.7). */
export const PRUNING_SCORES = {
  /** `θ_j² · ∂R / ∂(θ_j²)`: the sum of `v_p²` over the paths through a weight (Gebhart et al., PHEW). */
  "path-kernel": 2,
  /** `|θ_j| · ∂R / ∂|θ_j|`: the sum of `|v_p|` over them (SynFlow, Tanaka et al. 2020). */
  synflow: 1,
} as const satisfies Record<string, PathPower>;
export type PruningScore = keyof typeof PRUNING_SCORES;

/** Scores of a node's weight or bias, of its shape; a parameter of score 0 is on no path that counts. */
export interface ParameterScores {
  readonly node: string;
  readonly kind: "weight" | "bias";
  readonly scores: DenseArray<"float64">;
}

/**
 * How much of the network's paths leads through each parameter. Without inputs no data are needed: all gates count as
 * open; with them only paths that are active for the examples, times `|x|` to the same power.
 * @throws GatewiseError if there is no such output, or the inputs do not fit
 */
export async function pathKernelScores(
  network: GatedNetwork,
  engine: Engine,
  { score = "path-kernel", ...options }: PathTraceOptions & { readonly score?: PruningScore } = {},
): Promise<readonly ParameterScores[]> {
  const power = PRUNING_SCORES[score];
  const { slopes } = await runPathPass(network, engine, { ...passOf(options), power }, options.inputs);
  return slopes.map(({ position, kind, values, slope }) => ({
    node: network.nodes[position]?.name ?? "",
    kind,
    scores: float64(
      slope.shape,
      slope.data.map((one, i) => one * Math.abs(values.data[i]!) ** power),
    ),
  }));
}
