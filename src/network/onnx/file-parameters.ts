/** What a network read from a file trains: the file's arrays, each with all its uses. */
import type { GatedNode, NetworkParameter, ParameterUse, Weights } from "../gated-network.ts";
import { isWeightNode } from "../network-nodes.ts";
import type { FileArray, Origin, Sourced } from "./origin.ts";

/**
 * The parameters of a network, in the order in which its nodes use them first.
 * @param slopes by position, where the slopes of leaky gates come from
 */
export function fileParameters(
  nodes: readonly GatedNode<Sourced>[],
  slopes: ReadonlyMap<number, Origin>,
): readonly NetworkParameter[] {
  const uses = new Map<FileArray, ParameterUse[]>();
  const add = (position: number, kind: ParameterUse["kind"], origin: Origin): void => {
    for (const one of origin) {
      // some are made when they are asked for
      const use = {
        position,
        kind,
        get places() {
          return one.places;
        },
        get factors() {
          return one.factors;
        },
      };
      const known = uses.get(one.source);
      if (known === undefined) uses.set(one.source, [use]);
      else known.push(use);
    }
  };
  for (const [position, node] of nodes.entries()) {
    if (isWeightNode(node)) {
      add(position, "weight", node.weight?.origin ?? []);
      add(position, "bias", node.bias?.origin ?? []);
    }
    add(position, "slopes", slopes.get(position) ?? []);
  }
  return Array.from(uses, ([{ name, values }, its]) => ({ name, values, uses: its }));
}

/** The node as plain data. */
export function withoutOrigins(node: GatedNode<Sourced>): GatedNode {
  if (!isWeightNode(node)) return node;
  const bias = node.bias && plain(node.bias);
  if (node.kind === "scale") return { ...node, weight: node.weight && plain(node.weight), bias };
  return { ...node, weight: plain(node.weight), bias };
}

const plain = ({ origin: _, ...weights }: Sourced): Weights => weights;
