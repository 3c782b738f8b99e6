import { pathNodes } from "../../network/index.ts";
import type { NodeTotals } from "../path-pass.ts";
import type { PulledEdges } from "../reverse-pass.ts";
import type { FlowPasses } from "./passes.ts";

/**
 * How far any cut of the network is from conserving flow and mass, as a share of the mass: paths come over the edges that a cut crosses
 * or start behind it (theory 7). Cuts lie behind every node in topological order, and before the first; skips cross several.
 * Both sides of a product come from passes of their own, so that this checks them.
 */
export function conservationError(passes: FlowPasses): number {
  const { graph, values, gradients, masses, massGradients, edges, massEdges } = passes;
  const end = masses.get(graph.network.output);
  const mass = end?.totals[0] ?? 0;
  if (end === undefined || mass === 0) return 0;
  const total = values.get(graph.network.output);
  const value = total === undefined ? 0 : (total.totals[0] ?? 0) * 2 ** (total.exponent - end.exponent);
  const worst = Math.max(
    worstCut(cutSums(passes, values, gradients, edges, end.exponent), value),
    worstCut(cutSums(passes, masses, massGradients, massEdges, end.exponent, Math.abs), mass),
  );
  return worst / mass;
}

const worstCut = (cuts: readonly number[], wanted: number): number =>
  cuts.reduce((worst, cut) => Math.max(worst, Math.abs(cut - wanted)), 0);

/** What crosses each cut or starts behind it, in units of `2^exponent`. */
function cutSums(
  { graph: { network, starts } }: FlowPasses,
  upTo: ReadonlyMap<number, NodeTotals>,
  from: ReadonlyMap<number, NodeTotals>,
  edges: readonly PulledEdges[],
  exponent: number,
  counted = (start: number): number => start,
): readonly number[] {
  const positions = pathNodes(network).filter((position) => from.has(position));
  const place = new Map(positions.map((position, i) => [position, i + 1]));
  // cut i lies behind the node of place i; those after the last node are the value itself
  const cuts = new Array<number>(positions.length).fill(0);
  const add = (first: number, end: number, sum: number): void => {
    for (let i = first; i < end; i++) cuts[i]! += sum;
  };
  for (const edge of edges) {
    const before = upTo.get(edge.from);
    if (before === undefined) continue;
    const sum = products(before.totals, edge.totals);
    if (sum === 0) continue;
    add(place.get(edge.from) ?? 0, place.get(edge.to) ?? 0, sum * 2 ** (before.exponent + edge.exponent - exponent));
  }
  for (const position of positions) {
    const [begun, after] = [starts.get(position), from.get(position)];
    if (begun === undefined || after === undefined) continue;
    const sum = products(begun.map(counted), after.totals);
    add(0, place.get(position) ?? 0, sum * 2 ** (after.exponent - exponent));
  }
  return cuts;
}

function products(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== 0 && b[i] !== 0) sum += a[i]! * b[i]!;
  return sum;
}
