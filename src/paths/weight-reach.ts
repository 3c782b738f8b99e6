/** What may come through each weight of a layer, from some of its units: for bounds on bundles (bundle-options.ts). */
import { type EdgePattern, edgePattern, type GatedNetwork, visitEdges, type WeightNode } from "../network/index.ts";
import type { Sparse } from "./bundle-walk.ts";
import { inputShapes, positionsOf } from "./weight-edges.ts";

/** Receives the place of a weight and `Σ |value| · best` over its edges. */
export type VisitWeight = (place: number, reach: number) => void;

/**
 * Calls `visit` with the weights that lead into the units of a front. Regular patterns have loops of their own: a search looks at a
 * hundred million edges (`BundleOptions`).
 * @param best of each unit of the node's inputs
 * @returns how many edges were looked at
 */
export function visitReach(
  network: GatedNetwork,
  node: WeightNode,
  front: Sparse,
  best: readonly Float64Array[],
  visit: VisitWeight,
): number {
  const { units, values } = front;
  const [own = new Float64Array()] = best;
  const pattern = edgePattern(node);
  switch (pattern.kind) {
    case "every": {
      const [outputs = 1] = node.shape;
      units.forEach((unit, at) => {
        for (let i = 0; i < own.length; i++) visit(i * outputs + unit, Math.abs(values[at]!) * own[i]!);
      });
      return units.length * own.length;
    }
    case "unit": {
      const reach = new Float64Array(node.shape[0] ?? 1);
      const positions = positionsOf(node);
      units.forEach((unit, i) => {
        reach[Math.floor(unit / positions)]! += Math.abs(values[i]!) * own[unit]!;
      });
      reach.forEach((one, channel) => {
        visit(channel, one);
      });
      return units.length;
    }
    case "convolution":
      return visitConvolutionReach(pattern, node, inputShapes(network, node)[0] ?? [], front, own, visit);
    default:
      return visitEachReach(node, inputShapes(network, node), front, best, visit);
  }
}

function visitEachReach(
  node: WeightNode,
  shapes: readonly (readonly number[])[],
  { units, values }: Sparse,
  best: readonly Float64Array[],
  visit: VisitWeight,
): number {
  const reach = new Map<number, number>();
  let edges = 0;
  units.forEach((unit, i) => {
    visitEdges(node, shapes, unit, (which, from, _weight, place) => {
      edges += 1;
      reach.set(place, (reach.get(place) ?? 0) + Math.abs(values[i]!) * best[which]![from]!);
    });
  });
  for (const [place, one] of reach) if (place >= 0) visit(place, one);
  return edges;
}

function visitConvolutionReach(
  { window, groups }: Extract<EdgePattern, { readonly kind: "convolution" }>,
  { shape }: WeightNode,
  [inputChannels = 0, height = 0, width = 0]: readonly number[],
  { units, values }: Sparse,
  best: Float64Array,
  visit: VisitWeight,
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
