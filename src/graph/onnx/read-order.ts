import { GatewiseError } from "../../errors.ts";
import { quoted } from "./quoted.ts";
import type { OnnxNode } from "./read-node.ts";

/**
 * Nodes in topological order (as in the file, where that is one), without recursion: a file may be one long chain.
 * @param known names of tensors that are there before any node
 * @throws GatewiseError for tensors that are made twice or never, and for cycles
 */
export function sortedNodes(
  nodes: readonly OnnxNode[],
  known: readonly string[],
  outputs: readonly { readonly name: string }[],
): readonly OnnxNode[] {
  const makers = makersOf(nodes, known);
  for (const { name } of outputs) if (!makers.has(name)) throw missing("an output", name);
  const waiting = new Map<OnnxNode, number>();
  const readers = new Map<OnnxNode, OnnxNode[]>();
  for (const node of nodes) {
    let count = 0;
    for (const input of node.inputs) {
      if (input === "") continue;
      if (!makers.has(input)) throw missing(node.label, input);
      const maker = makers.get(input);
      if (maker === undefined) continue;
      count += 1;
      const list = readers.get(maker);
      if (list === undefined) readers.set(maker, [node]);
      else list.push(node);
    }
    waiting.set(node, count);
  }
  const sorted = nodes.filter((node) => waiting.get(node) === 0);
  // grows while it is read
  for (const node of sorted) {
    for (const reader of readers.get(node) ?? []) {
      const left = (waiting.get(reader) ?? 0) - 1;
      waiting.set(reader, left);
      if (left === 0) sorted.push(reader);
    }
  }
  const stuck = nodes.find((node) => (waiting.get(node) ?? 0) > 0);
  if (stuck === undefined) return sorted;
  throw new GatewiseError({
    code: "damaged-file",
    received: `${stuck.label}, which waits for its own result`,
    expected: "a graph without cycles",
    next: "the file is damaged: export the model again",
  });
}

/** The node that makes each tensor; undefined for one that is there before. */
function makersOf(nodes: readonly OnnxNode[], known: readonly string[]): ReadonlyMap<string, OnnxNode | undefined> {
  const makers = new Map<string, OnnxNode | undefined>();
  for (const name of known) {
    if (makers.has(name)) throw twice(`tensor ${quoted(name)}`);
    makers.set(name, undefined);
  }
  for (const node of nodes) {
    for (const name of node.outputs) {
      if (name === "") continue;
      if (makers.has(name)) throw twice(`tensor ${quoted(name)}`);
      makers.set(name, node);
    }
  }
  return makers;
}

/** An error for a tensor that the file holds a second time. */
export const twice = (what: string): GatewiseError =>
  new GatewiseError({
    code: "damaged-file",
    received: `${what} a second time`,
    expected: "every tensor once",
    next: "the file is damaged: export the model again",
  });

const missing = (reader: string, name: string): GatewiseError =>
  new GatewiseError({
    code: "damaged-file",
    received: `${reader} that reads ${quoted(name)}, which nothing makes`,
    expected: "a model that holds all its tensors",
    next: "the file is damaged: export the model again",
  });
