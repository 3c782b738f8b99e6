import { edgePattern, edgeWeights, pathInputs, visitEdges } from "../network/index.ts";
import type { PathGraph } from "./path-graph.ts";

/** Receives an edge: the unit it comes from and its weight. */
export type VisitEdge = (source: number, unit: number, weight: number) => void;

/** Calls `visit` for every edge into a unit, in the order of the units they come from. Stopped edges (gate 0) are none. */
export function visitEdgesInto(graph: PathGraph, position: number, unit: number, visit: VisitEdge): void {
  const node = graph.network.nodes[position];
  if (node === undefined) return;
  const gate = graph.gates.get(position)?.[unit] ?? 1;
  if (gate === 0) return;
  const sources = pathInputs(node);
  const chosen = graph.selected.get(position)?.[unit];
  if (chosen !== undefined) {
    if (chosen >= 0) visit(sources[0]!, chosen, gate);
    return;
  }
  // most units are gates and sums: no shapes and no function for them
  if (edgePattern(node).kind === "unit" && edgeWeights(node) === "ones") {
    for (const source of sources) visit(source, unit, gate);
    return;
  }
  const shapes = sources.map((source) => graph.network.nodes[source]?.shape ?? []);
  visitEdges(node, shapes, unit, (which, from, weight) => visit(sources[which]!, from, weight * gate));
}
