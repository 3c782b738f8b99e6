import { compileInParts, type Engine } from "../engine/index.ts";
import { type Graph, graph, input, type Tensor } from "../graph/index.ts";
import {
  checkCount,
  forwardNodes,
  type GatedNetwork,
  gateOfNode,
  gatePositions,
  inputShapeOf,
} from "../network/index.ts";
import { optionsIn } from "../options.ts";
import { examplesAtOnce } from "./examples-at-once.ts";
import { gateOutputs, packGates } from "./extraction.ts";
import { checkDecisions, finiteness } from "./finite-decisions.ts";
import { checkInputs, type Inputs, inputRows } from "./inputs.ts";
import { joinGates, type PackedGates } from "./packed-gates.ts";
import type { ReadingOptions } from "./reading-options.ts";

/**
 * Gates of all inputs in one pass through the engine, packed: one layer for each gate that paths pass, counted from 1 in
 * the order of the network. A gate is on where its pre-activation is positive, for soft and leaky gates likewise.
 * @throws GatewiseError if the inputs do not have the network's shape, a pre-activation leaves float32, or the pass was
 * aborted
 */
export async function readNetworkGates(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  options: ReadingOptions = {},
): Promise<PackedGates> {
  const { batch = examplesAtOnce(network), onProgress, signal } = optionsIn(options);
  checkInputs(network, inputs);
  checkCount("batch", batch);
  const [examples = 0] = inputs.shape;
  const layers = gatePositions(network).map((_, index) => index + 1);
  if (layers.length === 0) return { examples, layers: [] };
  await using program = await compileInParts(engine, networkGateGraph(network));
  const parts: PackedGates[] = [];
  for (let from = 0; from < examples; from += batch) {
    signal?.throwIfAborted();
    const rows = inputRows(inputs, from, Math.min(from + batch, examples));
    const { fetched } = await program.run({ x: rows });
    checkDecisions(fetched, from);
    parts.push(packGates(fetched, layers));
    onProgress?.(Math.min(from + batch, examples), examples);
  }
  return joinGates(parts);
}

/** The graph from inputs `x` `[batch, ...inputShape]` to the gates of every gate node, in order, and what `checkDecisions` needs. */
export function networkGateGraph(network: GatedNetwork): Graph {
  const x = input("x", "float32", ["batch", ...inputShapeOf(network)]);
  const values = forwardNodes(network, x);
  const decisions = networkDecisions(network, values);
  return graph({ ...gateOutputs(decisions), ...finiteness(decisions) });
}

/** The pre-activation that decides each gate of `gatePositions`, in order, among the values of the forward pass. */
export function networkDecisions(
  network: GatedNetwork,
  values: ReadonlyMap<number, Tensor<"float32">>,
): Tensor<"float32">[] {
  return gatePositions(network).map((position) => {
    const gate = gateOfNode(network.nodes[position]);
    const q = gate && values.get(gate.by);
    if (q === undefined) throw new Error(`unreachable: no pre-activation for node ${position}`);
    return q;
  });
}
