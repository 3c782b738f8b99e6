/** What flows over single edges, on demand: a layer may have millions (theory 7). */
import { sizeOf } from "../../graph/index.ts";
import { isWeightNode, pathInputs, visitEdges, weightLayers } from "../../network/index.ts";
import { visitEdgesInto } from "../edges-into.ts";
import { Heap } from "../heap.ts";
import { type Unit, unitOf } from "../path.ts";
import { plain } from "../path-pass.ts";
import { type FlowPasses, through } from "./passes.ts";

/** An edge, from a unit to a unit of a weight layer, and the sum of all paths over it. */
export interface EdgeFlow {
  /** Names of the nodes. */
  readonly from: string;
  readonly fromUnit: Unit;
  readonly to: string;
  readonly toUnit: Unit;
  readonly flow: number;
}

interface Found {
  readonly source: number;
  readonly from: number;
  readonly position: number;
  readonly unit: number;
  readonly flow: number;
}

/**
 * The edges into weight layers that most flows over, by magnitude, largest first.
 * @param most how many
 * @param position of one weight layer; all of them unless given
 */
export function largestEdges(passes: FlowPasses, most: number, position?: number): readonly EdgeFlow[] {
  const { graph, values, gradients } = passes;
  const { nodes } = graph.network;
  const least = new Heap<Found>((a, b) => Math.abs(a.flow) < Math.abs(b.flow));
  const positions = position === undefined ? [...weightLayers(graph.network).keys()] : [position];
  for (const at of positions) {
    const after = gradients.get(at);
    if (after === undefined) continue;
    for (let unit = 0; unit < after.totals.length; unit++) {
      const gradient = after.totals[unit]!;
      if (gradient === 0) continue;
      visitEdgesInto(graph, at, unit, (source, from, weight) => {
        const before = values.get(source);
        const value = (before?.totals[from] ?? 0) * weight * gradient;
        if (value === 0) return;
        const flow = plain({ value, exponent: (before?.exponent ?? 0) + after.exponent });
        if (least.size >= most) {
          const smallest = least.items[0];
          if (smallest === undefined || Math.abs(flow) <= Math.abs(smallest.flow)) return;
          least.pop();
        }
        least.push({ source, from, position: at, unit, flow });
      });
    }
  }
  return [...least.items]
    .sort(
      (a, b) => Math.abs(b.flow) - Math.abs(a.flow) || a.position - b.position || a.unit - b.unit || a.from - b.from,
    )
    .map(({ source, from, position: at, unit, flow }) => ({
      from: nodes[source]?.name ?? "",
      fromUnit: unitOf(from, nodes[source]?.shape ?? []),
      to: nodes[at]?.name ?? "",
      toUnit: unitOf(unit, nodes[at]?.shape ?? []),
      flow,
    }));
}

/**
 * What flows over each weight of a layer, wherever it stands, and from each bias: `θ·∂y/∂θ`, in the order of the node's arrays. The
 * last layer is that of the chosen output.
 */
export function weightFlow(
  { graph, values, gradients }: FlowPasses,
  position: number,
): { readonly weight: Float64Array; readonly bias: Float64Array } {
  const node = graph.network.nodes[position];
  const after = gradients.get(position);
  if (!isWeightNode(node) || after === undefined) return { weight: new Float64Array(), bias: new Float64Array() };
  const weight = new Float64Array(node.weight?.data.length ?? 0);
  const sources = pathInputs(node);
  const shapes = sources.map((source) => graph.network.nodes[source]?.shape ?? []);
  let gradient = 0;
  const add = (which: number, from: number, factor: number, place: number): void => {
    const before = values.get(sources[which] ?? -1);
    if (place < 0 || before === undefined) return;
    const exponent = before.exponent + after.exponent;
    weight[place]! += plain({ value: before.totals[from]! * factor * gradient, exponent });
  };
  for (let unit = 0; unit < after.totals.length; unit++) {
    gradient = after.totals[unit]!;
    if (gradient !== 0) visitEdges(node, shapes, unit, add);
  }
  const begun = graph.starts.get(position);
  const bias = new Float64Array(node.bias?.data.length ?? 0);
  if (begun !== undefined && bias.length > 0) {
    const starts = new Map([[position, { exponent: 0, totals: begun, slopes: undefined }]]);
    const positions = sizeOf(node.shape) / bias.length;
    const flow = through(position, starts, gradients, begun.length);
    flow.forEach((one, unit) => {
      bias[Math.floor(unit / positions)]! += one;
    });
  }
  return { weight, bias };
}
