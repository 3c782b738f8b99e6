/**
 * What the path kernel of a network has to know of each node's kernel before it visits pairs of examples (theory 3):
 * of which pairs of positions, and whether of each channel or only of their sum.
 */
import { sizeOf } from "../../graph/index.ts";
import { type GatedNetwork, type GatedNode, pathInputs, pathNodes } from "../../network/index.ts";

/** All pairs of positions `u, u'`, or only those with `u = u'`. */
export type PositionPairs = "all" | "diagonal";

export interface PathKernelPlan {
  /** Nodes that paths come through, ascending. */
  readonly positions: readonly number[];
  /** By node. */
  readonly pairs: ReadonlyMap<number, PositionPairs>;
  /** Average pools whose channels are only read summed: the channels are summed before the windows are averaged. */
  readonly summed: ReadonlySet<number>;
  /** By node: the nodes behind it that paths come through. */
  readonly consumers: ReadonlyMap<number, readonly number[]>;
}

export function planPathKernel(network: GatedNetwork): PathKernelPlan {
  const positions = pathNodes(network);
  const consumers = new Map<number, number[]>(positions.map((position) => [position, []]));
  for (const position of positions) {
    for (const input of pathInputs(nodeAt(network, position))) consumers.get(input)?.push(position);
  }
  const pairs = new Map<number, PositionPairs>(positions.map((position) => [position, "diagonal"]));
  const summed = new Set<number>();
  for (const position of positions.toReversed()) {
    const node = nodeAt(network, position);
    if (node.kind === "average-pool" && isReadSummed(network, consumers, position)) summed.add(position);
    for (const input of pathInputs(node)) {
      if (mapsOf(nodeAt(network, input)).positions > 1 && readsAll(node, pairs.get(position) ?? "diagonal")) {
        pairs.set(input, "all");
      }
    }
  }
  return { positions, pairs, summed, consumers };
}

/** Channels and positions of what a node gives; a vector is channels at one position. */
export function mapsOf({ shape }: GatedNode): { readonly channels: number; readonly positions: number } {
  const [channels = 1, ...sizes] = shape;
  return { channels, positions: sizeOf(sizes) };
}

export function nodeAt({ nodes }: GatedNetwork, position: number): GatedNode {
  const node = nodes[position];
  if (node === undefined) throw new Error(`unreachable: no node ${position}`);
  return node;
}

function readsAll(node: GatedNode, own: PositionPairs): boolean {
  switch (node.kind) {
    case "input":
    case "dense":
      return false;
    case "average-pool":
    case "max-pool":
      return true;
    case "normalize":
    case "convolution":
    case "scale":
    case "gate":
    case "sum":
    case "concat":
    case "rearrange":
      return own === "all";
  }
}

/** Whether every way onward leads through flattening, at most, into a layer that mixes all channels. */
function isReadSummed(
  network: GatedNetwork,
  consumers: ReadonlyMap<number, readonly number[]>,
  position: number,
): boolean {
  const next = consumers.get(position) ?? [];
  return (
    next.length > 0 &&
    next.every((consumer) => {
      const node = nodeAt(network, consumer);
      if (node.kind === "dense") return true;
      if (node.kind === "convolution") return node.groups === 1;
      return node.kind === "rearrange" && isFlattening(network, node) && isReadSummed(network, consumers, consumer);
    })
  );
}

/** All elements of the input, each once, as a vector. */
function isFlattening(network: GatedNetwork, node: Extract<GatedNode, { readonly kind: "rearrange" }>): boolean {
  if (node.shape.length !== 1) return false;
  if (node.from === undefined) return true;
  const { channels, positions } = mapsOf(nodeAt(network, node.input));
  return (
    node.from.length === channels * positions && new Set(node.from).size === node.from.length && !node.from.includes(-1)
  );
}
