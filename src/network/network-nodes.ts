/** Which nodes of a network are on its paths, which decide, which hold weights. */
import type { GatedNetwork, GatedNode, WeightNode } from "./gated-network.ts";
import { allInputs, edgeWeights, gateOfNode, pathInputs } from "./node-kinds.ts";

/** Positions of the nodes that paths to the output come through, ascending: the value network, or all of a ReLU network. */
export function pathNodes(network: GatedNetwork<unknown>): readonly number[] {
  return reachedFrom(network, network.output, pathInputs);
}

/**
 * Positions of the nodes that the output depends on, the feature network included, ascending.
 * @param knownGates positions of gates that are given: what decides them is not needed
 */
export const usedNodes = (
  network: GatedNetwork<unknown>,
  knownGates: ReadonlySet<number> = new Set(),
): readonly number[] =>
  reachedFrom(network, network.output, (node, position) =>
    knownGates.has(position) ? pathInputs(node) : allInputs(node),
  );

function reachedFrom(
  { nodes }: GatedNetwork<unknown>,
  from: number,
  inputsOf: (node: GatedNode<unknown>, position: number) => readonly number[],
): readonly number[] {
  const reached = new Set([from]);
  for (let position = from; position >= 0; position--) {
    const node = nodes[position];
    if (node === undefined || !reached.has(position)) continue;
    for (const input of inputsOf(node, position)) reached.add(input);
  }
  return [...reached].sort((a, b) => a - b);
}

/** Weight layers that paths come through: their number `l` from 1 (theory 1.2) by position, in topological order. */
export function weightLayers(network: GatedNetwork<unknown>): ReadonlyMap<number, number> {
  const positions = pathNodes(network).filter((position) => isWeightNode(network.nodes[position]));
  return new Map(positions.map((position, index) => [position, index + 1]));
}

export const isWeightNode = <W>(node: GatedNode<W> | undefined): node is WeightNode<W> =>
  node !== undefined && edgeWeights(node) === "parameters";

/** Gates that paths pass, in topological order. */
export const gatePositions = (network: GatedNetwork<unknown>): readonly number[] =>
  pathNodes(network).filter((position) => gateOfNode(network.nodes[position]) !== undefined);

/** Whether every gate of the network's paths is a bit (no slopes, no sigmoids). */
export const hasHardGates = (network: GatedNetwork<unknown>): boolean =>
  gatePositions(network).every((position) => gateOfNode(network.nodes[position])?.rule.kind === "hard");

/** Number of outputs. */
export const outputCount = ({ nodes, output }: GatedNetwork<unknown>): number => nodes[output]?.shape[0] ?? 0;

/** Shape of one example. */
export const inputShapeOf = ({ nodes }: GatedNetwork<unknown>): readonly number[] => nodes[0]?.shape ?? [];
