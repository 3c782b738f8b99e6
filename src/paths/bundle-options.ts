/**
 * What a bundle may continue with, walked back so far, and how much any bundle that goes on that way may contribute.
 * At one unit the best continuation is known (a pass of maxima); a bundle has to continue everywhere alike, so the sum
 * of the units' best is a bound, and the nearer to the input the tighter.
 */
import {
  decisionOf,
  edgePattern,
  type GatedNetwork,
  type GatedNode,
  isWeightNode,
  pathInputs,
  scalarGate,
  type WeightNode,
} from "../network/index.ts";
import type { ActiveNetwork } from "./active-network.ts";
import type { BundleStep, Reached, Sparse } from "./bundle-walk.ts";
import { MAGNITUDE } from "./factors.ts";
import { type NodeTotals, pathPass, scaledBy } from "./path-pass.ts";
import { positionsOf } from "./weight-edges.ts";
import { visitReach } from "./weight-reach.ts";

/**
 * By position and unit, a bound on `|Σ c_p|` over the paths from anywhere to that unit that belong to one bundle: weights
 * choose the largest, poolings add up.
 */
export function bundleBounds(active: ActiveNetwork): ReadonlyMap<number, NodeTotals> {
  const { network } = active;
  return pathPass(active, {
    factor: MAGNITUDE,
    combine(position) {
      const node = network.nodes[position];
      return node !== undefined && addsUp(network, node) ? "sum" : "maximum";
    },
  });
}

/** Whether paths of one bundle may meet in a unit of the node. */
function addsUp(network: GatedNetwork, node: GatedNode): boolean {
  const decision = decisionOf(node);
  // what starts here, and what started at a gate before it
  if (decision?.kind === "gate") return scalarGate(decision.rule).starts.length > 0;
  if (decision?.kind === "choice" || isWeightNode(node)) return false;
  const pattern = edgePattern(node);
  if (pattern.kind === "unit") return !startApart(network, pathInputs(node));
  return pattern.kind === "window" || (pattern.kind === "edges" && pattern.most > 1);
}

/** Whether what meets here came through different weights: then no two of them are of one bundle. */
function startApart(network: GatedNetwork, inputs: readonly number[]): boolean {
  const origins = inputs.flatMap((input) => [...originsOf(network, input)]);
  return new Set(origins).size === origins.length;
}

/** Weight nodes and starts from which a node is reached without another weight. */
function originsOf(network: GatedNetwork, position: number): ReadonlySet<number> {
  const origins = new Set<number>();
  const reached = new Set([position]);
  // grows while it is read: each node once, however many ways lead to it
  for (const at of reached) {
    const node = network.nodes[at];
    if (node === undefined) continue;
    if (edgePattern(node).kind === "none") {
      origins.add(0);
      continue;
    }
    if (isWeightNode(node) || decisionOf(node)?.kind === "gate") origins.add(at);
    if (isWeightNode(node) && node.weight !== undefined) continue;
    for (const input of pathInputs(node)) reached.add(input);
  }
  return origins;
}

/** Receives a weight that a bundle may go through, or a bias that it may start at, and a bound on `|sum|` then. */
export type VisitOption = (step: BundleStep, bound: number) => void;

/**
 * Calls `visit` for all options with a bound above 0.
 * @returns how many edges were looked at
 */
export function visitOptions(
  network: GatedNetwork,
  { fronts }: Reached,
  bounds: ReadonlyMap<number, NodeTotals>,
  visit: VisitOption,
): number {
  let edges = 0;
  for (const [position, front] of fronts) {
    const node = network.nodes[position];
    const own = bounds.get(position);
    if (node === undefined || !isWeightNode(node) || own === undefined) continue;
    if (node.bias !== undefined) biasOptions(node, position, front, own.exponent, visit);
    const { weight } = node;
    if (weight === undefined) continue;
    const best = pathInputs(node).map((source) => reachedBest(bounds.get(source), own.exponent));
    edges += visitReach(network, node, front, best, (index, reach) => {
      const bound = Math.abs(weight.data[index]!) * reach;
      if (bound > 0) visit({ position, bias: false, index }, bound);
    });
  }
  return edges;
}

/** The best of each unit of an input, in units of the node's exponent. */
const reachedBest = (source: NodeTotals | undefined, exponent: number): Float64Array =>
  source === undefined ? new Float64Array() : scaledBy(source.totals, source.exponent - exponent);

function biasOptions(
  node: WeightNode,
  position: number,
  { units, values }: Sparse,
  exponent: number,
  visit: VisitOption,
): void {
  const perChannel = positionsOf(node);
  const sums = new Map<number, number>();
  units.forEach((unit, i) => {
    const channel = Math.floor(unit / perChannel);
    sums.set(channel, (sums.get(channel) ?? 0) + values[i]!);
  });
  for (const [index, sum] of sums) {
    const bound = Math.abs(sum * (node.bias?.data[index] ?? 0)) * 2 ** -exponent;
    if (bound > 0) visit({ position, bias: true, index }, bound);
  }
}
