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
import { positionsOf } from "./bundle-walk.ts";
import { MAGNITUDE } from "./factors.ts";
import { type NodeTotals, pathPass } from "./path-pass.ts";

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
    const source = bounds.get(node.input);
    if (node.weight === undefined || source === undefined) continue;
    const scale = 2 ** (source.exponent - own.exponent);
    const weights = node.weight.data;
    edges += visitReach(node, network.nodes[node.input]?.shape ?? [], front, source.totals, (index, reach) => {
      const bound = Math.abs(weights[index]!) * scale * reach;
      if (bound > 0) visit({ position, bias: false, index }, bound);
    });
  }
  return edges;
}

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

/** Calls `visit` with each weight and `Σ |value| · best of the unit that it leads to`. */
function visitReach(
  node: WeightNode,
  inputShape: readonly number[],
  front: Sparse,
  best: Float64Array,
  visit: (index: number, reach: number) => void,
): number {
  const { units, values } = front;
  switch (node.kind) {
    case "dense": {
      const [outputs = 1] = node.shape;
      units.forEach((unit, at) => {
        for (let i = 0; i < best.length; i++) visit(i * outputs + unit, Math.abs(values[at]!) * best[i]!);
      });
      return units.length * best.length;
    }
    case "scale": {
      const reach = new Float64Array(node.shape[0] ?? 1);
      const positions = positionsOf(node);
      units.forEach((unit, i) => {
        reach[Math.floor(unit / positions)]! += Math.abs(values[i]!) * best[unit]!;
      });
      reach.forEach((one, channel) => {
        visit(channel, one);
      });
      return units.length;
    }
    case "convolution":
      return visitConvolutionReach(node, inputShape, front, best, visit);
  }
}

function visitConvolutionReach(
  { window, groups, shape }: Extract<WeightNode, { readonly kind: "convolution" }>,
  [inputChannels = 0, height = 0, width = 0]: readonly number[],
  { units, values }: Sparse,
  best: Float64Array,
  visit: (index: number, reach: number) => void,
): number {
  const [channels = 0, rows = 1, columns = 1] = shape;
  const [kernelRows, kernelColumns] = window.kernel;
  const held = inputChannels / groups;
  const area = height * width;
  const from = new Int32Array(rows * columns);
  const weight = new Float64Array(rows * columns);
  let edges = 0;
  // units are ascending: those of a channel stand together
  for (let start = 0; start < units.length; ) {
    const channel = Math.floor(units[start]! / (rows * columns));
    let end = start;
    while (end < units.length && units[end]! < (channel + 1) * rows * columns) end += 1;
    const first = Math.floor(channel / (channels / groups)) * held;
    for (let ky = 0; ky < kernelRows; ky++) {
      for (let kx = 0; kx < kernelColumns; kx++) {
        let count = 0;
        for (let at = start; at < end; at++) {
          const unit = units[at]! - channel * rows * columns;
          const row = Math.floor(unit / columns) * window.strides[0] - window.pads[0] + ky * window.dilations[0];
          const column = (unit % columns) * window.strides[1] - window.pads[1] + kx * window.dilations[1];
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          from[count] = row * width + column;
          weight[count] = Math.abs(values[at]!);
          count += 1;
        }
        edges += count * held;
        for (let c = 0; c < held; c++) {
          const map = (first + c) * area;
          let reach = 0;
          for (let i = 0; i < count; i++) reach += weight[i]! * best[map + from[i]!]!;
          visit(((channel * held + c) * kernelRows + ky) * kernelColumns + kx, reach);
        }
      }
    }
    start = end;
  }
  return edges;
}
