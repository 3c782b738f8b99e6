/** Nodes as maps: channels at positions. */
import { sizeOf } from "../../graph/index.ts";
import { decisionOf, type EdgePattern, edgePattern, type GatedNetwork, type GatedNode } from "../../network/index.ts";
import type { Size } from "./pair-lines.ts";

/** Channels and positions of what a node gives; a vector is channels at one position. */
export function mapsOf({ shape }: GatedNode): { readonly channels: number; readonly positions: number } {
  const [channels = 1, ...sizes] = shape;
  return { channels, positions: sizeOf(sizes) };
}

/** Rows and columns of a node's maps; other shapes are one row. */
export function sizeOfMaps(node: GatedNode): Size {
  const [, height = 1, width = 1] = node.shape;
  return node.shape.length <= 3 ? [height, width] : [1, mapsOf(node).positions];
}

export function nodeAt({ nodes }: GatedNetwork, position: number): GatedNode {
  const node = nodes[position];
  if (node === undefined) throw new Error(`unreachable: no node ${position}`);
  return node;
}

/** The windows of a node of which nothing is chosen; undefined of all others. */
export function meanPattern(node: GatedNode): Extract<EdgePattern, { readonly kind: "window" }> | undefined {
  const pattern = edgePattern(node);
  return pattern.kind === "window" && decisionOf(node) === undefined ? pattern : undefined;
}
