import type { GatedNetwork, NetworkParameter } from "./gated-network.ts";
import { isWeightNode, usedNodes } from "./network-nodes.ts";

/**
 * The parameters of a network, each once: those that its file holds, or every weight and bias of the nodes that its
 * output depends on (a feature network's included), named by node: `dense1.weight`. Slopes of leaky gates are
 * parameters only where the network says so.
 */
export function networkParameters(network: GatedNetwork): readonly NetworkParameter[] {
  if (network.parameters !== undefined) return network.parameters;
  return usedNodes(network).flatMap((position): readonly NetworkParameter[] => {
    const node = network.nodes[position];
    if (!isWeightNode(node)) return [];
    return (["weight", "bias"] as const).flatMap((kind): readonly NetworkParameter[] => {
      const array = node[kind];
      const uses = [{ position, kind, places: undefined, factors: 1 }];
      return array === undefined ? [] : [{ name: `${node.name}.${kind}`, values: array, uses }];
    });
  });
}
