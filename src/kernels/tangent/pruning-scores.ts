import type { Engine } from "../../engine/index.ts";
import { type DenseArray, float64 } from "../../graph/index.ts";
import { checkWord, type GatedNetwork } from "../../network/index.ts";
import { optionsIn } from "../../options.ts";
import { type PathTraceOptions, passOf, runPathPass } from "./path-trace.ts";
import type { PathPower } from "./path-trace-pass.ts";

/** Scores that come from one pass of powers and its reverse (theory 4.7). */
export const PRUNING_SCORES = {
  /** `θ_j² · ∂R / ∂(θ_j²)`: the sum of `v_p²` over the paths through a weight (Gebhart et al., PHEW). */
  "path-kernel": 2,
  /** `|θ_j| · ∂R / ∂|θ_j|`: the sum of `|v_p|` over them (SynFlow, Tanaka et al. 2020). */
  synflow: 1,
} as const satisfies Record<string, PathPower>;
/** One of {@link PRUNING_SCORES}. */
export type PruningScore = keyof typeof PRUNING_SCORES;

/** Scores of a parameter, of its shape; a number of score 0 is on no path that counts. */
export interface ParameterScores {
  /** The parameter's name. */
  readonly parameter: string;
  /** Names of the nodes that it is used in as weight or bias. */
  readonly nodes: readonly string[];
  readonly scores: DenseArray<"float64">;
}

/**
 * How much of the network's paths leads through each parameter of its file. Without inputs no data are needed: all gates
 * count as open; with them only paths that are active for the examples, times `|x|` to the same power. Of a parameter
 * that is used twice the scores of its uses are added up: a path that comes through both counts twice.
 * @throws GatewiseError if there is no such output, the inputs do not fit, or weights are computed in a way that is not
 * followed
 */
export async function pathKernelScores(
  network: GatedNetwork,
  engine: Engine,
  asked: PathTraceOptions & { readonly score?: PruningScore } = {},
): Promise<readonly ParameterScores[]> {
  const { score = "path-kernel", ...options } = optionsIn(asked);
  checkWord("score", score, Object.keys(PRUNING_SCORES));
  const power = PRUNING_SCORES[score];
  const { slopes } = await runPathPass(network, engine, { ...passOf(options), power }, options.inputs);
  return slopes.map(({ parameter: { name, values, uses }, slope }) => ({
    parameter: name,
    nodes: [...new Set(uses.flatMap(({ position }) => network.nodes[position]?.name ?? []))],
    scores: float64(
      slope.shape,
      slope.data.map((one, i) => one * Math.abs(values.data[i]!) ** power),
    ),
  }));
}
