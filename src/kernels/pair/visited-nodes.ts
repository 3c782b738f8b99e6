/** Which nodes the kernel of a pair visits: those behind a shortcut are left out. */
import { type GatedNetwork, pathInputs } from "../../network/index.ts";
import { nodeAt } from "./maps.ts";

/** Where shortcuts start, by the node that they end in. */
export type Fronts = ReadonlyMap<number, { readonly front: number }>;

/** The nodes that a node's kernel is made from. */
export function inputsOf(network: GatedNetwork, shortcuts: Fronts, position: number): readonly number[] {
  const shortcut = shortcuts.get(position);
  return shortcut === undefined ? pathInputs(nodeAt(network, position)) : [shortcut.front];
}

/** Ascending: each behind its inputs. */
export function visitedNodes(network: GatedNetwork, shortcuts: Fronts): readonly number[] {
  const visited = new Set([network.output]);
  // a node's inputs come before it, and a set is walked on through what is added to it
  for (const position of visited) for (const input of inputsOf(network, shortcuts, position)) visited.add(input);
  return [...visited].sort((a, b) => a - b);
}
