import { type Graph, graph, input } from "../graph/index.ts";
import { decisionOf, forwardNodes, type GatedNetwork, inputShapeOf, pathNodes } from "../network/index.ts";
import { finiteness } from "./finite-decisions.ts";

/** Positions of the nodes whose values decide the gates and selections of the network's paths. */
export const decidingNodes = (network: GatedNetwork): readonly number[] => [
  ...new Set(
    pathNodes(network).flatMap((position) => {
      const node = network.nodes[position];
      const decision = node && decisionOf(node);
      return decision === undefined ? [] : [decision.by];
    }),
  ),
];

/**
 * The graph from inputs `x` `[batch, ...inputShape]` to the values of deciding nodes: output `q.7` is that of node 7, and
 * one more for `checkDecisions`.
 */
export function decisionGraph(network: GatedNetwork, deciding: readonly number[]): Graph {
  const values = forwardNodes(network, input("x", "float32", ["batch", ...inputShapeOf(network)]));
  const decisions = Object.fromEntries(
    deciding.map((position) => {
      const q = values.get(position);
      if (q === undefined) throw new Error(`unreachable: node ${position} decides and is not used`);
      return [`q.${position}`, q];
    }),
  );
  return graph({ ...decisions, ...finiteness(Object.values(decisions)) });
}
