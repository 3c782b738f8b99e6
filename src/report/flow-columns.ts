/** What a picture of flow shows of a network: its weight layers, what flows through their units, and the edges that carry most of it. */
import { sizeOf } from "../graph/index.ts";
import { edgePattern, isWeightNode, weightLayers } from "../network/index.ts";
import { type FlowPasses, layerFlow } from "../paths/index.ts";

import { edgesInto } from "./flow-edges.ts";
import {
  type DrawnEdge,
  inputUnits,
  type PlacedColumn,
  type PlacedColumns,
  type Units,
  unitsOf,
} from "./flow-units.ts";

/** Units of a layer that are drawn, those through which most flows; of maps the channels. */
const MOST_UNITS = 96;
/** Edges that are looked at one by one: more take minutes. */
const MOST_VISITED = 4e8;

/** A layer of the picture: the input, or a weight layer with what lies behind it up to the next. */
export interface FlowColumn {
  readonly title: string;
  /** Units, or channels of maps, of the whole layer. */
  readonly units: number;
  /** Those drawn, rising, with what flows through each: of maps through all of its positions. */
  readonly drawn: readonly { readonly unit: number; readonly flow: number }[];
}

export interface FlowColumns {
  readonly columns: readonly FlowColumn[];
  /** Undefined where the network has too many to look at. */
  readonly edges: readonly DrawnEdge[] | undefined;
}

export function flowColumns(passes: FlowPasses, inputFlow: Float64Array): FlowColumns {
  const { network } = passes.graph;
  const positions = [...weightLayers(network).keys()];
  const shapeAt = (position: number): readonly number[] => network.nodes[position]?.shape ?? [];
  const columns = [
    columnOf("input", inputUnits(network), inputFlow),
    ...positions.map((position, i) =>
      columnOf(
        position === network.output ? "output" : String(i + 1),
        unitsOf(shapeAt(position)),
        layerFlow(passes, position).flow,
      ),
    ),
  ];
  const products = positions.reduce((sum, position) => sum + productsOf(passes, position), 0);
  if (products > MOST_VISITED) return { columns, edges: undefined };
  const columnAt: PlacedColumns = new Map([
    [0, { column: 0, units: inputUnits(network) }],
    ...positions.map((at, i): [number, PlacedColumn] => [at, { column: i + 1, units: unitsOf(shapeAt(at)) }]),
  ]);
  const edges = positions.flatMap((position) => edgesInto(passes, position, columnAt));
  const isDrawn = ({ column, unit }: DrawnEdge["from"]): boolean =>
    columns[column]?.drawn.some((one) => one.unit === unit) === true;
  return { columns, edges: edges.filter(({ from, to }) => isDrawn(from) && isDrawn(to)) };
}

function columnOf(title: string, { count, of }: Units, flow: Float64Array): FlowColumn {
  const sums = Array.from({ length: count }, (_, unit) => ({ unit, flow: 0 }));
  for (let element = 0; element < flow.length; element++) sums[of(element)]!.flow += flow[element]!;
  const largest = [...sums].sort((a, b) => Math.abs(b.flow) - Math.abs(a.flow) || a.unit - b.unit).slice(0, MOST_UNITS);
  return { title, units: count, drawn: largest.sort((a, b) => a.unit - b.unit) };
}

function productsOf({ graph: { network } }: FlowPasses, position: number): number {
  const node = network.nodes[position];
  if (!isWeightNode(node)) return 0;
  const pattern = edgePattern(node);
  if (pattern.kind === "every") return pattern.weight.data.length;
  if (pattern.kind !== "convolution") return sizeOf(node.shape);
  return (pattern.weight.data.length * sizeOf(node.shape)) / (node.shape[0] ?? 1);
}
