/** Which networks have gated 3×3 convolutions before a global average pool, one behind the other (theory 3.7 and 3.9). */
import type { GatedNetwork, GatedNode } from "../../../network/index.ts";
import { mapsOf, nodeAt } from "../maps.ts";

/** Convolutions, each with its gate, from the one that reads values of the input to the one before the pool. */
export interface BoxChain {
  /** The node that the first convolution reads: paths have met no weight there. */
  readonly front: number;
  readonly layers: readonly ChainLayer[];
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export interface ChainLayer {
  readonly gate: number;
  readonly channels: number;
  /** 1 if the convolution has a bias, else 0. */
  readonly bias: number;
}

/** Channels of a layer at most: nine times as many fit into 15 bits. */
const MOST_CHANNELS = 3584;

/**
 * The chain that ends in the pool: hard gates, 3×3, stride 1, all channels mixed, maps of one size, all of it pooled. Of these kinds
 * alone: half the time of a program (bench/cnn-kernel.bench.ts), which any other network gets.
 */
export function boxChain(network: GatedNetwork, pool: number): BoxChain | undefined {
  const node = nodeAt(network, pool);
  if (node.kind !== "average-pool" || mapsOf(node).positions !== 1) return undefined;
  const [, height = 0, width = 0] = nodeAt(network, node.input).shape;
  const { kernel, pads } = node.window;
  if (kernel[0] !== height || kernel[1] !== width || pads.some((pad) => pad !== 0)) return undefined;
  const layers: ChainLayer[] = [];
  let position = node.input;
  while (!isValue(network, position)) {
    const gate = nodeAt(network, position);
    if (gate.kind !== "gate" || gate.rule.kind !== "hard") return undefined;
    const convolution = nodeAt(network, gate.input);
    if (!isBox(convolution, height, width)) return undefined;
    const { channels } = mapsOf(gate);
    if (channels > MOST_CHANNELS) return undefined;
    layers.push({ gate: position, channels, bias: convolution.bias === undefined ? 0 : 1 });
    position = convolution.input;
  }
  const front = nodeAt(network, position);
  const sameSize = front.shape[1] === height && front.shape[2] === width;
  if (layers.length === 0 || !sameSize) return undefined;
  return { front: position, layers: layers.reverse(), channels: mapsOf(front).channels, height, width };
}

/** Whether paths reach a node before any weight, so that its kernel is a product of values. */
function isValue(network: GatedNetwork, position: number): boolean {
  let node = nodeAt(network, position);
  while (node.kind === "normalize" || node.kind === "rearrange") node = nodeAt(network, node.input);
  return node.kind === "input";
}

function isBox(
  node: GatedNode,
  height: number,
  width: number,
): node is Extract<GatedNode, { readonly kind: "convolution" }> {
  if (node.kind !== "convolution" || node.groups !== 1) return false;
  const { kernel, strides, pads, dilations } = node.window;
  const plain = [...strides, ...pads, ...dilations].every((value) => value === 1) && kernel.every((size) => size === 3);
  return plain && node.shape[1] === height && node.shape[2] === width;
}
