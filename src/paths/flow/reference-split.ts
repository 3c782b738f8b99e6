/**
 * Why two inputs differ: which paths both leave open, which only the one or the other (theory 7). `G∧`, the product of both inputs'
 * gates, makes three exact sums: `y(x) − y(x') = kept + gained − lost`.
 */
import { sizeOf } from "../../graph/index.ts";
import { decisionOf, type GatedNetwork, inputShapeOf, pathInputs } from "../../network/index.ts";
import type { ActiveNetwork } from "../active-network.ts";
import { ITSELF } from "../factors.ts";
import type { PathGraph } from "../path-graph.ts";
import { MOMENTS, type NodeTotals, pathPass, plain, SIGNED_SUM } from "../path-pass.ts";
import { reversePass } from "../reverse-pass.ts";
import { targetGraph } from "./functional.ts";
import { addToInput, inputPositions, totalOf } from "./passes.ts";
import { decidedPositions, type PathFlow } from "./path-flow.ts";

/** What opens and closes at one unit, of the paths that both inputs leave open before it. */
export interface GateSplit {
  /** Name of the gate layer or max-pool. */
  readonly layer: string;
  /** In C order. */
  readonly unit: number;
  readonly gained: number;
  readonly lost: number;
}

/** The difference of two inputs: `kept + gained − lost` is the value less the reference's. */
export interface ReferenceSplit {
  /** The output, or the difference of outputs, of the reference. */
  readonly value: number;
  /** What the paths that both leave open give more for the one input than for the other. */
  readonly kept: number;
  /** What paths give that the input opens and the reference does not. */
  readonly gained: number;
  /** What paths give the reference that the input closes. */
  readonly lost: number;
  /** Share of the input's mass in paths that both leave open; 1 where it has none. */
  readonly keptMassShare: number;
  /** By element of the input, in C order; paths from biases are the rest. */
  readonly keptByInput: Float64Array;
  readonly gainedByInput: Float64Array;
  readonly lostByInput: Float64Array;
  /** By the first gate at which a path differs, largest first; those at which nothing is gained or lost are left out. */
  readonly gates: readonly GateSplit[];
}

/**
 * The difference of an input to another as what paths both leave open give, and what only the one or the other does (theory 7.7 to
 * 7.9). Of gates that are no bits, the paths of both are behind the product of their gates.
 * @param flow of the input
 * @param reference what the other input leaves of the same network
 * @throws GatewiseError if sums leave float64
 */
export function referenceSplit(flow: PathFlow, reference: ActiveNetwork): ReferenceSplit {
  const own = flow.passes.graph;
  const other = targetGraph(reference, own.network);
  // the edges behind both gates; each input starts its own paths
  const both = [sharedGraph(own, other), sharedGraph(other, own)] as const;
  const [shared, sharedOther] = both.map((graph) => pathPass(graph, SIGNED_SUM));
  if (shared === undefined || sharedOther === undefined) throw new Error("unreachable: two inputs");
  const gradients = {
    own: flow.passes.gradients,
    other: reversePass(other, ITSELF),
    both: reversePass(both[0], ITSELF),
  };
  const value = totalOf(other, pathPass(other, SIGNED_SUM, reference.totals));
  const [keptOwn, keptOther] = [totalOf(both[0], shared), totalOf(both[1], sharedOther)];
  const sharedMass = totalOf(both[0], pathPass(both[0], MOMENTS[1]));
  return {
    value,
    kept: keptOwn - keptOther,
    gained: flow.value - keptOwn,
    lost: value - keptOther,
    keptMassShare: flow.mass === 0 ? 1 : sharedMass / flow.mass,
    keptByInput: byInput(own, (at, i) => startAt(own, at, i) - startAt(other, at, i), [gradients.both]),
    gainedByInput: byInput(own, (at, i) => startAt(own, at, i), [gradients.own, gradients.both]),
    lostByInput: byInput(own, (at, i) => startAt(other, at, i), [gradients.other, gradients.both]),
    gates: gateSplits(
      own.network,
      (position) => opened(own, other, position, shared, gradients.own),
      (position) => opened(other, own, position, sharedOther, gradients.other),
    ),
  };
}

const startAt = ({ starts }: PathGraph, position: number, unit: number): number => starts.get(position)?.[unit] ?? 0;

/** What one input's paths run along behind the gates of both: starts that the other input has not are none. */
function sharedGraph(own: PathGraph, other: PathGraph): PathGraph {
  const gates = new Map(
    [...own.gates].map(([at, values]) => [at, values.map((g, i) => g * (other.gates.get(at)?.[i] ?? 1))]),
  );
  const selected = new Map(
    [...own.selected].map(([at, chosen]) => [
      at,
      chosen.map((unit, i) => (other.selected.get(at)?.[i] === unit ? unit : -1)),
    ]),
  );
  const starts = new Map(
    [...own.starts].map(([at, begun]) => [
      at,
      own.gates.has(at) ? begun.map((start, i) => (startAt(other, at, i) === start ? start : 0)) : begun,
    ]),
  );
  return { network: own.network, gates, selected, starts };
}

type Passes = ReadonlyMap<number, NodeTotals>;

/** Starts of paths times the gradient there, less the second one, by element of the input. */
function byInput(
  graph: PathGraph,
  startOf: (position: number, unit: number) => number,
  [gradient = new Map(), less]: readonly Passes[],
): Float64Array {
  const { network } = graph;
  const into = new Float64Array(sizeOf(inputShapeOf(network)));
  for (const position of inputPositions(graph)) {
    const units = sizeOf(network.nodes[position]?.shape ?? []);
    const numbers = Float64Array.from(
      { length: units },
      (_, unit) =>
        startOf(position, unit) * (at(gradient, position, unit) - (less === undefined ? 0 : at(less, position, unit))),
    );
    addToInput(graph, position, numbers, into);
  }
  return into;
}

function at(passes: Passes, position: number, unit: number): number {
  const one = passes.get(position);
  const value = one?.totals[unit] ?? 0;
  return one === undefined || value === 0 ? 0 : plain({ value, exponent: one.exponent });
}

/**
 * By unit of a gate or max-pool, the sum of the paths of one input that the other's gates leave open before it and not at it; what
 * comes behind is the one input's own.
 */
function opened(own: PathGraph, other: PathGraph, position: number, shared: Passes, gradients: Passes): Float64Array {
  const node = own.network.nodes[position];
  const sum = new Float64Array(sizeOf(node?.shape ?? []));
  const [source] = node === undefined ? [] : pathInputs(node);
  const [chosen, others] = [own.selected.get(position), other.selected.get(position)];
  const [gates, otherGates] = [own.gates.get(position), other.gates.get(position)];
  const isChoice = node !== undefined && decisionOf(node)?.kind === "choice";
  for (let unit = 0; unit < sum.length; unit++) {
    const gradient = gradients.get(position);
    if (gradient === undefined || gradient.totals[unit] === 0) continue;
    const from = isChoice ? (chosen?.[unit] ?? -1) : unit;
    const open = isChoice ? Number(others?.[unit] !== from) : (gates?.[unit] ?? 1) * (1 - (otherGates?.[unit] ?? 1));
    const start = startAt(own, position, unit);
    const before = at(shared, source ?? -1, from) * open;
    const begun = startAt(other, position, unit) === start ? 0 : start;
    sum[unit] = (before + begun) * at(gradients, position, unit);
  }
  return sum;
}

function gateSplits(
  network: GatedNetwork,
  gained: (position: number) => Float64Array,
  lost: (position: number) => Float64Array,
): readonly GateSplit[] {
  const splits = decidedPositions(network).flatMap((position) => {
    const layer = network.nodes[position]?.name ?? "";
    const [more, less] = [gained(position), lost(position)];
    return Array.from(more, (one, unit) => ({ layer, unit, gained: one, lost: less[unit] ?? 0 })).filter(
      (split) => split.gained !== 0 || split.lost !== 0,
    );
  });
  const size = (split: GateSplit): number => Math.abs(split.gained) + Math.abs(split.lost);
  return splits.sort((a, b) => size(b) - size(a));
}
