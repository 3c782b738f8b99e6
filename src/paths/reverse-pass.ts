/**
 * Sums over all paths from every unit on to the output, by one pass back through the graph: for the paths' own factors the
 * derivative of the output with all gates held fixed (theory 7).
 */
import { pathInputs, pathNodes } from "../network/index.ts";
import type { Factor } from "./factors.ts";
import type { PathGraph } from "./path-graph.ts";
import { commonExponent, type NodeTotals, overflowing, scaledBy } from "./path-pass.ts";
import { pullEdges } from "./pull-edges.ts";

/** Sums back over the edges between two nodes, in units of `2^exponent`. */
export interface PulledEdges {
  readonly from: number;
  readonly to: number;
  readonly exponent: number;
  /** By unit of the node that the edges come from. */
  readonly totals: Float64Array;
}

/**
 * The pass, from unit 0 of the network's output; by position, for the nodes from which paths go on.
 * @param onEdges told every pair of nodes with edges between them
 * @param isWanted whether the sums of a node are; of the others none are made where all inputs of a node are not wanted
 */
export function reversePass(
  { network, gates, selected }: PathGraph,
  factor: Factor,
  onEdges: (pulled: PulledEdges) => void = () => {},
  isWanted: (position: number) => boolean = () => true,
): ReadonlyMap<number, NodeTotals> {
  const seed = new Float64Array(1).fill(1);
  const pulled = new Map<number, PulledEdges[]>([
    [network.output, [{ from: network.output, to: network.output, exponent: 0, totals: seed }]],
  ]);
  const done = new Map<number, NodeTotals>();
  for (const position of [...pathNodes(network)].reverse()) {
    const node = network.nodes[position];
    const own = together(pulled.get(position) ?? []);
    pulled.delete(position);
    if (node === undefined || own === undefined) continue;
    done.set(position, own);
    const sources = pathInputs(node);
    if (!sources.some(isWanted)) continue;
    const shapes = sources.map((source) => network.nodes[source]?.shape ?? []);
    const decided = { gates: gates.get(position), selected: selected.get(position) };
    for (const [i, totals] of pullEdges(node, own.totals, shapes, decided, factor).entries()) {
      const from = sources[i];
      if (from === undefined) continue;
      const edges = { from, to: position, exponent: own.exponent, totals };
      pulled.set(from, [...(pulled.get(from) ?? []), edges]);
      onEdges(edges);
    }
  }
  return done;
}

function together(parts: readonly PulledEdges[]): NodeTotals | undefined {
  const [first, ...others] = parts;
  if (first === undefined) return undefined;
  if (others.length === 0) return scaled(first.exponent, first.totals);
  const exponent = commonExponent(parts, undefined);
  const sum = Float64Array.from(scaledBy(first.totals, first.exponent - exponent));
  for (const part of others) {
    const terms = scaledBy(part.totals, part.exponent - exponent);
    for (let i = 0; i < sum.length; i++) sum[i]! += terms[i]!;
  }
  return scaled(exponent, sum);
}

function scaled(exponent: number, totals: Float64Array): NodeTotals {
  const shift = overflowing(totals);
  return { exponent: exponent + shift, totals: scaledBy(totals, -shift), slopes: undefined };
}
