import { compileInParts, type Engine } from "../engine/index.ts";
import {
  checkDecisions,
  checkInputs,
  decidingNodes,
  decisionGraph,
  examplesAtOnce,
  type Inputs,
  inputRows,
  type PairTelling,
  type ReadingOptions,
} from "../gates/index.ts";
import { sizeOf } from "../graph/index.ts";
import { checkCount, type GatedNetwork } from "../network/index.ts";
import { optionsIn } from "../options.ts";
import { type OpenGates, openGates, sharedOpenGates } from "./open-gates.ts";
import { log2SharedPaths } from "./shared-path-counts.ts";

/** Tells pairs of two sets of examples of any network: a pass of ones behind the gates that both have open. */
export const openGatePairs =
  (network: GatedNetwork, rows: readonly OpenGates[], columns: readonly OpenGates[]): PairTelling =>
  (row, column, to) => {
    const [a, b] = [rows[row], columns[column]];
    if (a === undefined || b === undefined) throw new Error(`unreachable: no pair ${row}, ${column}`);
    to[0] = log2SharedPaths(network, a, b);
    to[1] = sharedOpenGates(a, b);
  };

/**
 * What each input leaves open, by the engine, a byte for each gate.
 * @param inputs `[n, …inputShape]`
 * @throws GatewiseError if the inputs do not have the network's shape
 */
export async function readOpenGates(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  options: ReadingOptions = {},
): Promise<readonly OpenGates[]> {
  const { batch = examplesAtOnce(network), signal, onProgress } = optionsIn(options);
  checkInputs(network, inputs);
  checkCount("batch", batch);
  const [examples = 0] = inputs.shape;
  const deciding = decidingNodes(network);
  await using program =
    deciding.length === 0 ? undefined : await compileInParts(engine, decisionGraph(network, deciding));
  const all: OpenGates[] = [];
  for (let from = 0; from < examples; from += batch) {
    signal?.throwIfAborted();
    const to = Math.min(from + batch, examples);
    const fetched = (await program?.run({ x: inputRows(inputs, from, to) }))?.fetched ?? {};
    checkDecisions(fetched, from);
    for (let row = 0; row < to - from; row++) {
      const gates = openGates(network, (position) => {
        const q = fetched[`q.${position}`];
        if (q?.dtype !== "float32") throw new Error(`unreachable: no pre-activation ${position}`);
        const size = sizeOf(network.nodes[position]?.shape ?? []);
        return q.data.subarray(row * size, (row + 1) * size);
      });
      all.push(gates);
    }
    onProgress?.(to, examples);
  }
  return all;
}
