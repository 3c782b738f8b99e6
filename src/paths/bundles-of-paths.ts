import { type GatedNetwork, isWeightNode } from "../network/index.ts";
import type { BundleStep } from "./bundle-walk.ts";
import type { Step } from "./path.ts";
import { positionsOf, weightBetween } from "./weight-edges.ts";

/** The weights of a path, from the output back; the last is a bias if the path starts at one. */
export function stepsOfPath(network: GatedNetwork, path: readonly Step[]): readonly BundleStep[] {
  return path
    .flatMap(({ position, unit }, i): readonly BundleStep[] => {
      const node = network.nodes[position];
      if (node === undefined || !isWeightNode(node)) return [];
      const before = path[i - 1];
      if (before === undefined) return [{ position, bias: true, index: Math.floor(unit / positionsOf(node)) }];
      if (node.weight === undefined) return [];
      return [{ position, bias: false, index: weightBetween(network, node, [before.position, before.unit], unit) }];
    })
    .reverse();
}
