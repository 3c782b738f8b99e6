import { type GatedNetwork, isWeightNode, type WeightNode } from "../network/index.ts";
import { type BundleStep, positionsOf } from "./bundle-walk.ts";
import type { Step } from "./path.ts";

/** The weights of a path, from the output back; the last is a bias if the path starts at one. */
export function stepsOfPath(network: GatedNetwork, path: readonly Step[]): readonly BundleStep[] {
  return path
    .flatMap(({ position, unit }, i): readonly BundleStep[] => {
      const node = network.nodes[position];
      if (node === undefined || !isWeightNode(node)) return [];
      const before = path[i - 1];
      if (before === undefined) return [{ position, bias: true, index: Math.floor(unit / positionsOf(node)) }];
      if (node.weight === undefined) return [];
      const inputShape = network.nodes[node.input]?.shape ?? [];
      return [{ position, bias: false, index: weightBetween(node, inputShape, before.unit, unit) }];
    })
    .reverse();
}

/** Place of the weight that joins two units. */
function weightBetween(node: WeightNode, inputShape: readonly number[], from: number, to: number): number {
  switch (node.kind) {
    case "dense":
      return from * (node.shape[0] ?? 1) + to;
    case "scale":
      return Math.floor(to / positionsOf(node));
    case "convolution": {
      const [inputChannels = 0, height = 1, width = 1] = inputShape;
      const [, rows = 1, columns = 1] = node.shape;
      const { kernel, strides, pads, dilations } = node.window;
      const ky =
        ((Math.floor(from / width) % height) + pads[0] - (Math.floor(to / columns) % rows) * strides[0]) / dilations[0];
      const kx = ((from % width) + pads[1] - (to % columns) * strides[1]) / dilations[1];
      const held = inputChannels / node.groups;
      const channel = Math.floor(to / (rows * columns));
      const input = Math.floor(from / (height * width)) % held;
      return ((channel * held + input) * kernel[0] + ky) * kernel[1] + kx;
    }
  }
}
