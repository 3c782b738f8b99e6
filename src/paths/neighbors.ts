import { compileInParts, type Engine } from "../engine/index.ts";
import {
  checkDecisions,
  checkInputs,
  checkQuery,
  decidingNodes,
  decisionGraph,
  examplesAtOnce,
  type Inputs,
  inputRows,
  type Neighbor,
  nearestFirst,
  neighborOf,
  type ReadingOptions,
} from "../gates/index.ts";
import { sizeOf } from "../graph/index.ts";
import { checkCount, type GatedNetwork } from "../network/index.ts";
import { optionsIn } from "../options.ts";
import { type OpenGates, openGates, sharedOpenGates } from "./open-gates.ts";
import { log2SharedPaths } from "./shared-path-counts.ts";

/**
 * The examples that share most active paths with one of them, in any network: exact counts (up to rounding) behind the
 * gates of both, a max-pool's path shared only where both select the same element. Fully connected networks have a
 * faster way by overlaps of packed gates, with the same numbers.
 * @param count as many neighbors, the query left out
 * @throws GatewiseError if there is no such example, or the inputs do not have the network's shape
 */
export async function neighborsBySharedPaths(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  query: number,
  count: number,
  options: ReadingOptions = {},
): Promise<readonly Neighbor[]> {
  const { batch = examplesAtOnce(network), signal, onProgress } = optionsIn(options);
  checkInputs(network, inputs);
  checkCount("number of neighbors", count);
  checkCount("batch", batch);
  const [examples = 0] = inputs.shape;
  checkQuery(query, examples);
  const deciding = decidingNodes(network);
  await using program =
    deciding.length === 0 ? undefined : await compileInParts(engine, decisionGraph(network, deciding));
  const gatesOf = async (from: number, to: number): Promise<readonly OpenGates[]> => {
    const fetched = (await program?.run({ x: inputRows(inputs, from, to) }))?.fetched ?? {};
    checkDecisions(fetched, from);
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
  const neighbors: Neighbor[] = [];
  for (let from = 0; from < examples; from += batch) {
    const to = Math.min(from + batch, examples);
    for (const [row, gates] of (await gatesOf(from, to)).entries()) {
      signal?.throwIfAborted();
      if (from + row === query) continue;
      const log2Own = [log2SharedPaths(network, gates, gates), ownPaths] as const;
      const shared = log2SharedPaths(network, own, gates);
      neighbors.push(neighborOf(from + row, shared, log2Own, sharedOpenGates(own, gates)));
    }
    onProgress?.(to, examples);
  }
  return nearestFirst(neighbors, count);
}
