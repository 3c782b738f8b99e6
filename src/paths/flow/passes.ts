/** What flows through the parts of a network behind given gates: values and masses up to every unit and from every unit on. */
import { sizeOf } from "../../graph/index.ts";
import { pathInputs, pathNodes, startsAt } from "../../network/index.ts";
import { ITSELF, MAGNITUDE } from "../factors.ts";
import type { PathGraph } from "../path-graph.ts";
import { beyondFloat64, MOMENTS, type NodeTotals, pathPass, plain, SIGNED_SUM } from "../path-pass.ts";
import { pullEdges } from "../pull-edges.ts";
import { type PulledEdges, reversePass } from "../reverse-pass.ts";

type Passes = ReadonlyMap<number, NodeTotals>;

/** By position of the path nodes; the output is unit 0 of the graph's. */
export interface FlowPasses {
  readonly graph: PathGraph;
  /** `z`, and `δ = ∂y/∂z` with gates held fixed. */
  readonly values: ReadonlyMap<number, NodeTotals>;
  readonly gradients: ReadonlyMap<number, NodeTotals>;
  /** The same with magnitudes. */
  readonly masses: ReadonlyMap<number, NodeTotals>;
  readonly massGradients: ReadonlyMap<number, NodeTotals>;
  /** Gradients and their magnitudes over the edges between two nodes, for cuts. */
  readonly edges: readonly PulledEdges[];
  readonly massEdges: readonly PulledEdges[];
}

/** @param known values that the example was evaluated with */
export function flowPasses(graph: PathGraph, known: Passes): FlowPasses {
  const edges: PulledEdges[] = [];
  const massEdges: PulledEdges[] = [];
  return {
    graph,
    values: pathPass(graph, SIGNED_SUM, known),
    gradients: reversePass(graph, ITSELF, (one) => edges.push(one)),
    masses: pathPass(graph, MOMENTS[1]),
    massGradients: reversePass(graph, MAGNITUDE, (one) => massEdges.push(one)),
    edges,
    massEdges,
  };
}

/** The sum over all paths of a graph, to unit 0 of its output: `which` of them. */
export function totalOf({ network }: PathGraph, passes: Passes): number {
  const end = passes.get(network.output);
  const total = end === undefined ? 0 : plain({ value: end.totals[0] ?? 0, exponent: end.exponent });
  if (!Number.isFinite(total)) throw beyondFloat64("what flows to this output");
  return total;
}

/**
 * What flows over edges that lead from each unit of a node to the same unit of another, without a weight: those of a sum.
 * @param source a node that the sum reads
 */
export const identityFlow = ({ graph, values, gradients }: FlowPasses, source: number, sum: number): Float64Array =>
  flowOf(values.get(source), gradients.get(sum), sizeOf(graph.network.nodes[sum]?.shape ?? []));

/** What flows through each unit: what comes to it times what goes on from it. 0 where no path goes on. */
export const through = (position: number, upTo: Passes, from: Passes, units: number): Float64Array =>
  flowOf(upTo.get(position), from.get(position), units);

function flowOf(before: NodeTotals | undefined, after: NodeTotals | undefined, units: number): Float64Array {
  const flow = new Float64Array(units);
  if (before === undefined || after === undefined) return flow;
  const exponent = before.exponent + after.exponent;
  for (let unit = 0; unit < units; unit++) {
    const value = before.totals[unit]! * after.totals[unit]!;
    flow[unit] = value === 0 ? 0 : exponent === 0 ? value : plain({ value, exponent });
  }
  return flow;
}

/** Positions at which the paths of the example's elements start. */
export const inputPositions = ({ network }: PathGraph): readonly number[] =>
  pathNodes(network).filter((position) => {
    const node = network.nodes[position];
    return node !== undefined && startsAt(node)?.kind === "example";
  });

/** Numbers over the units of a node at which the example's paths start, added to the elements of the input that they come from. */
export function addToInput(graph: PathGraph, position: number, numbers: Float64Array, into: Float64Array): void {
  const node = graph.network.nodes[position];
  if (node === undefined) return;
  const sources = pathInputs(node);
  const [source] = sources;
  if (source === undefined) {
    for (let i = 0; i < into.length; i++) into[i]! += numbers[i]!;
    return;
  }
  // a normalization is of its input, element by element; what comes before it moves elements
  const starts = startsAt(node) !== undefined;
  const shapes = sources.map((one) => graph.network.nodes[one]?.shape ?? []);
  const decided = { gates: graph.gates.get(position), selected: graph.selected.get(position) };
  const before = starts ? [numbers] : pullEdges(node, numbers, shapes, decided, ITSELF);
  for (const [i, part] of before.entries()) addToInput(graph, sources[i] ?? 0, part, into);
}
