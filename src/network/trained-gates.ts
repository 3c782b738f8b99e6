import type { Architecture } from "./architecture.ts";
import { featureNetworks } from "./gate-plan.ts";
import { usedNodes } from "./network-nodes.ts";
import { regimeSkeleton } from "./regime-skeleton.ts";
import type { Regime } from "./regimes.ts";

/** A gate that values of a training network pass. */
export interface TrainedGate {
  /** Of its node: `dense1.gate`, `feature.dense1.gate`. */
  readonly name: string;
  /** Of one example. */
  readonly shape: readonly number[];
}

/**
 * Where dropout stands: behind every gate of a network that trains. Those of the value network are in every regime; a
 * feature network has some if it is a ReLU network and trains itself, but for its last, which only decides.
 */
export function trainedGates(architecture: Architecture, regime: Regime): readonly TrainedGate[] {
  const network = regimeSkeleton(architecture, regime);
  const fixed = featureNetworks(regime).flatMap(({ name, trains }) => (trains ? [] : [`${name}.`]));
  return usedNodes(network).flatMap((position) => {
    const node = network.nodes[position];
    if (node?.kind !== "gate" || fixed.some((prefix) => node.name.startsWith(prefix))) return [];
    return [{ name: node.name, shape: node.shape }];
  });
}
