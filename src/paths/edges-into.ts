import { sizeOf } from "../graph/index.ts";
import type { GatedNode } from "../network/index.ts";
import { averageWeight, windowUnits } from "./edge-maps.ts";
import type { PathGraph } from "./path-graph.ts";

/** Receives an edge: the unit it comes from and its weight. */
export type VisitEdge = (source: number, unit: number, weight: number) => void;

/** Calls `visit` for every edge into a unit, in the order of the units they come from. Stopped edges (gate 0) are none. */
export function visitEdgesInto(graph: PathGraph, position: number, unit: number, visit: VisitEdge): void {
  const node = graph.network.nodes[position];
  const shapeAt = (source: number): readonly number[] => graph.network.nodes[source]?.shape ?? [];
  switch (node?.kind) {
    case undefined:
    case "input":
    case "normalize":
      return;
    case "dense": {
      const [inputs = 0, units = 0] = node.weight.shape;
      for (let i = 0; i < inputs; i++) visit(node.input, i, node.weight.data[i * units + unit]!);
      return;
    }
    case "convolution":
      visitConvolution(node, shapeAt(node.input), unit, visit);
      return;
    case "scale": {
      const channel = Math.floor(unit / sizeOf(node.shape.slice(1)));
      visit(node.input, unit, node.weight?.data[channel] ?? 1);
      return;
    }
    case "gate": {
      const gate = graph.gates.get(position)?.[unit] ?? 1;
      if (gate !== 0) visit(node.input, unit, gate);
      return;
    }
    case "max-pool": {
      const selected = graph.selected.get(position);
      const passing = selected ? [selected[unit]!] : windowUnits(node, shapeAt(node.input), unit);
      for (const from of passing) visit(node.input, from, 1);
      return;
    }
    case "average-pool": {
      const held = windowUnits(node, shapeAt(node.input), unit);
      for (const from of held) visit(node.input, from, averageWeight(node, held.length));
      return;
    }
    case "sum":
      for (const input of node.inputs) visit(input, unit, 1);
      return;
    case "concat": {
      const own = sizeOf(node.shape.slice(node.axis));
      let offset = unit % own;
      for (const input of node.inputs) {
        const block = sizeOf(shapeAt(input).slice(node.axis));
        if (offset >= 0 && offset < block) visit(input, Math.floor(unit / own) * block + offset, 1);
        offset -= block;
      }
      return;
    }
    case "rearrange": {
      const from = node.from === undefined ? unit : node.from[unit]!;
      if (from >= 0) visit(node.input, from, 1);
    }
  }
}

function visitConvolution(
  { input, window, weight, groups, shape }: Extract<GatedNode, { readonly kind: "convolution" }>,
  [inputChannels = 0, height = 0, width = 0]: readonly number[],
  unit: number,
  visit: VisitEdge,
): void {
  const { kernel, strides, pads, dilations } = window;
  const [channels = 0, rows = 0, columns = 0] = shape;
  const channel = Math.floor(unit / (rows * columns));
  const top = (Math.floor(unit / columns) % rows) * strides[0] - pads[0];
  const left = (unit % columns) * strides[1] - pads[1];
  const held = inputChannels / groups;
  const first = Math.floor(channel / (channels / groups)) * held;
  for (let c = 0; c < held; c++) {
    for (let ky = 0; ky < kernel[0]; ky++) {
      const row = top + ky * dilations[0];
      if (row < 0 || row >= height) continue;
      for (let kx = 0; kx < kernel[1]; kx++) {
        const column = left + kx * dilations[1];
        if (column < 0 || column >= width) continue;
        const tap = ((channel * held + c) * kernel[0] + ky) * kernel[1] + kx;
        visit(input, ((first + c) * height + row) * width + column, weight.data[tap]!);
      }
    }
  }
}
