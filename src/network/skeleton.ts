/**
 * A network without its numbers: the nodes of an architecture, each weight and bias a slot that says what belongs there. All
 * that is asked of an architecture (its parameters, gates, outputs, the networks of a regime) is read from it, whichever form
 * the architecture has.
 */
import { type Architecture, isLayered } from "./architecture.ts";
import type { GatedNetwork, GatedNode } from "./gated-network.ts";
import type { ParameterSpec } from "./parameter-spec.ts";
import { layersSkeleton } from "./skeleton-of-layers.ts";
import { nodesSkeleton } from "./skeleton-of-nodes.ts";

/** A network whose weights are told by what they are. */
export type Skeleton = GatedNetwork<ParameterSpec>;

/**
 * The nodes of an architecture, node 0 its input; every gate and maximum decided by the network itself.
 * @throws GatewiseError if a layer or a node does not fit what comes before it, naming it
 */
export const skeletonOf = (architecture: Architecture): Skeleton =>
  isLayered(architecture) ? layersSkeleton(architecture) : nodesSkeleton(architecture);

/** A node with other weights in its slots. */
export function withWeights<V, W>(node: GatedNode<V>, of: (slot: V) => W): GatedNode<W> {
  switch (node.kind) {
    case "dense":
    case "convolution":
      return { ...node, weight: of(node.weight), bias: node.bias === undefined ? undefined : of(node.bias) };
    case "scale":
      return {
        ...node,
        weight: node.weight === undefined ? undefined : of(node.weight),
        bias: node.bias === undefined ? undefined : of(node.bias),
      };
    default:
      return node;
  }
}

/** The slots of nodes in their order, weight before bias. */
export const slotsOf = <V>(nodes: readonly GatedNode<V>[]): readonly V[] =>
  nodes.flatMap((node): readonly V[] => {
    if (node.kind !== "dense" && node.kind !== "convolution" && node.kind !== "scale") return [];
    return [node.weight, node.bias].flatMap((slot) => (slot === undefined ? [] : [slot]));
  });
