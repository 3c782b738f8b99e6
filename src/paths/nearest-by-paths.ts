import type { Engine } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import { checkInputs, decidingNodes, decisionGraph, examplesAtOnce, type Inputs, inputRows } from "../gates/index.ts";
import { sizeOf } from "../graph/index.ts";
import { checkCount, type GatedNetwork } from "../network/index.ts";
import { type OpenGates, openGates, sharedOpenGates } from "./open-gates.ts";
import { log2SharedPaths } from "./shared-path-counts.ts";

/** An example and how much of the query's active sub-network it shares. */
export interface PathNeighbor {
  readonly example: number;
  /** Shared active paths over the geometric mean of both examples' own, 0 to 1. */
  readonly similarity: number;
  /** Base-2 logarithm of the number of paths to all outputs that are active for both; −∞ where there is none. */
  readonly log2SharedPaths: number;
  /** Share of all gates on for the query that are on for the example too. */
  readonly sharedGates: number;
}

export interface NeighborOptions {
  /** Examples a run of the engine, whose gates are held at a time; 64, fewer of large maps, unless told otherwise. */
  readonly batch?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((examples: number, of: number) => void) | undefined;
}

/**
 * The examples that share most active paths with one of them, in any network: exact counts (up to rounding) behind the
 * gates of both, a max-pool's path shared only where both select the same element. Fully connected networks have a
 * faster way by overlaps of packed gates, with the same numbers.
 * @param count as many neighbors, the query left out
 * @throws GatewiseError if there is no such example, or the inputs do not have the network's shape
 */
export async function nearestBySharedPaths(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  query: number,
  count: number,
  { batch = examplesAtOnce(network), signal, onProgress }: NeighborOptions = {},
): Promise<readonly PathNeighbor[]> {
  checkInputs(network, inputs);
  checkCount("number of neighbors", count);
  checkCount("batch", batch);
  const [examples = 0] = inputs.shape;
  if (!Number.isInteger(query) || query < 0 || query >= examples) {
    throw new GatewiseError({
      received: `query ${query}`,
      expected: `an example from 0 to ${examples - 1}`,
      next: "count the inputs from 0",
    });
  }
  const deciding = decidingNodes(network);
  await using program = deciding.length === 0 ? undefined : await engine.compile(decisionGraph(network, deciding));
  const gatesOf = async (from: number, to: number): Promise<readonly OpenGates[]> => {
    const fetched = (await program?.run({ x: inputRows(inputs, from, to) }))?.fetched ?? {};
    return Array.from({ length: to - from }, (_, row) =>
      openGates(network, (position) => {
        const q = fetched[`q.${position}`];
        if (q?.dtype !== "float32") throw new Error(`unreachable: no pre-activation ${position}`);
        const size = sizeOf(network.nodes[position]?.shape ?? []);
        return q.data.subarray(row * size, (row + 1) * size);
      }),
    );
  };
  const [own] = await gatesOf(query, query + 1);
  if (own === undefined) throw new Error("unreachable: a row without gates");
  const ownPaths = log2SharedPaths(network, own, own);
  const neighbors: PathNeighbor[] = [];
  for (let from = 0; from < examples; from += batch) {
    const to = Math.min(from + batch, examples);
    for (const [row, gates] of (await gatesOf(from, to)).entries()) {
      signal?.throwIfAborted();
      if (from + row === query) continue;
      const shared = log2SharedPaths(network, own, gates);
      const mean = (ownPaths + log2SharedPaths(network, gates, gates)) / 2;
      neighbors.push({
        example: from + row,
        similarity: shared === Number.NEGATIVE_INFINITY ? 0 : 2 ** (shared - mean),
        log2SharedPaths: shared,
        sharedGates: sharedOpenGates(own, gates),
      });
    }
    onProgress?.(to, examples);
  }
  return neighbors
    .sort((a, b) => b.similarity - a.similarity || b.sharedGates - a.sharedGates || a.example - b.example)
    .slice(0, count);
}
