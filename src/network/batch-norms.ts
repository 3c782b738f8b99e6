import type { Architecture } from "./architecture.ts";
import type { BatchNorm } from "./batch-normalization.ts";
import { usedNodes } from "./network-nodes.ts";
import { regimeSkeleton } from "./regime-skeleton.ts";
import type { Regime } from "./regimes.ts";

/** The batch normalizations of a trial that a step computes: those of the networks that train. */
export function batchNorms(architecture: Architecture, regime: Regime): readonly BatchNorm[] {
  const network = regimeSkeleton(architecture, regime);
  return usedNodes(network).flatMap((position) => {
    const node = network.nodes[position];
    if (node?.kind !== "scale" || node.weight?.kind !== "scale") return [];
    return [{ name: node.name, network: node.weight.network, layer: node.weight.layer, shape: node.shape }];
  });
}
