/**
 * A network as columns of units, as its picture has it: the input, each layer of gates, the output. Between two columns lie the
 * edges of the weight layers that lead from the one to the other; of maps a unit is a channel, and an edge all the weights between
 * two channels. A residual sum's way around its branch has no weights: an edge leads from each unit to the same one.
 */
import { sizeOf } from "../../graph/index.ts";
import {
  decisionOf,
  type GatedNetwork,
  type GatedNode,
  gateOfNode,
  inputShapeOf,
  isWeightNode,
  pathInputs,
  pathNodes,
  visitEdges,
  weightLayers,
} from "../../network/index.ts";
import { type FlowPasses, identityFlow, layerEdges } from "../../paths/index.ts";
import type { ColumnWords, DrawnEdge } from "./topics.ts";

/** A weight layer between two columns, or a sum that reads a column as it is. */
interface Between {
  readonly position: number;
  /** Of a sum: the node that it reads. */
  readonly read: number | undefined;
  readonly from: number;
  readonly to: number;
  /** Unit of the column it comes from, by unit of the layer's own source. */
  readonly fromUnit: Int32Array;
}

export interface Columns {
  readonly words: readonly ColumnWords[];
  readonly positions: readonly number[];
  readonly between: readonly Between[];
}

/** What flows between two columns: `[to, from]` of their units. */
interface FlowBetween extends Pick<Between, "from" | "to"> {
  readonly flow: Float64Array;
}

/** Units of a column: channels of maps. */
export const columnUnits = (shape: readonly number[]): number => (shape.length === 3 ? (shape[0] ?? 1) : sizeOf(shape));

/** @param layers positions of the gates and max-pools that are shown */
export function columnsOf(network: GatedNetwork, layers: readonly number[]): Columns {
  const { nodes } = network;
  const gates = layers.filter((position) => gateOfNode(nodes[position]) !== undefined && position !== network.output);
  const positions = [0, ...gates, network.output];
  const shapeAt = (position: number): readonly number[] => nodes[position]?.shape ?? [];
  const words = positions.map((position, column): ColumnWords => {
    const isOutput = column === positions.length - 1;
    return {
      name: column === 0 ? "input" : isOutput ? "output" : `layer ${column}`,
      units: column === 0 ? sizeOf(inputShapeOf(network)) : columnUnits(shapeAt(position)),
      layer: column === 0 || isOutput ? undefined : layers.indexOf(position),
    };
  });
  const columnOf = new Map(positions.map((position, column) => [position, column]));
  const between = [...weightLayers(network).keys()].flatMap((position): readonly Between[] => {
    const to = targetOf(network, position, columnOf);
    const found = sourceOf(network, position, columnOf);
    return to === undefined || found === undefined ? [] : [{ position, read: undefined, to, ...found }];
  });
  return { words, positions, between: [...between, ...identities(network, columnOf)] };
}

/** What sums read of columns without weights between. */
function identities(network: GatedNetwork, columns: ReadonlyMap<number, number>): readonly Between[] {
  return pathNodes(network).flatMap((position): readonly Between[] => {
    const node = network.nodes[position];
    const to = targetOf(network, position, columns);
    // the passes end in one unit of the output: what leads straight to it is not told by its units
    if (node?.kind !== "sum" || to === undefined || to === columns.size - 1) return [];
    return pathInputs(node).flatMap((read): readonly Between[] => {
      const found = columnAt(network, read, columns);
      return found === undefined ? [] : [{ position, read, to, ...found }];
    });
  });
}

/** The first column behind a weight layer, through what has no weights. */
function targetOf(network: GatedNetwork, position: number, columns: ReadonlyMap<number, number>): number | undefined {
  const known = columns.get(position);
  if (known !== undefined) return known;
  const next = pathNodes(network).find((one) => {
    const node = network.nodes[one];
    return node !== undefined && pathInputs(node).includes(position);
  });
  return next === undefined || isWeightNode(network.nodes[next]) ? undefined : targetOf(network, next, columns);
}

/** The column that a weight layer reads, and of each unit of its source the column's; pools are of one channel each. */
function sourceOf(
  network: GatedNetwork,
  position: number,
  columns: ReadonlyMap<number, number>,
): Pick<Between, "from" | "fromUnit"> | undefined {
  const node = network.nodes[position];
  const [first] = node === undefined ? [] : pathInputs(node);
  return first === undefined ? undefined : columnAt(network, first, columns);
}

/** The same of a node that something reads. */
function columnAt(
  network: GatedNetwork,
  first: number,
  columns: ReadonlyMap<number, number>,
): Pick<Between, "from" | "fromUnit"> | undefined {
  let at = first;
  let unit = Int32Array.from({ length: sizeOf(network.nodes[at]?.shape ?? []) }, (_, i) => i);
  for (;;) {
    const source = network.nodes[at];
    const from = columns.get(at);
    if (source === undefined) return undefined;
    if (from !== undefined) {
      const perUnit = from === 0 ? 1 : sizeOf(source.shape) / columnUnits(source.shape);
      return { from, fromUnit: unit.map((one) => Math.floor(one / perUnit)) };
    }
    const [before, second] = pathInputs(source);
    if (before === undefined || second !== undefined || isWeightNode(source)) return undefined;
    const shape = network.nodes[before]?.shape ?? [];
    const firstOf = new Int32Array(sizeOf(source.shape)).fill(-1);
    for (let i = 0; i < firstOf.length; i++) {
      visitEdges(source, [shape], i, (_, place) => {
        if (firstOf[i]! < 0) firstOf[i] = place;
      });
    }
    unit = unit.map((one) => firstOf[one] ?? -1);
    at = before;
  }
}

/** What flows between each two columns, summed over all edges between two of their units. */
export function flowsBetween(
  { between, words, positions }: Columns,
  passes: FlowPasses,
  output: number,
): readonly FlowBetween[] {
  const { nodes } = passes.graph.network;
  const last = positions.length - 1;
  return between.map(({ position, read, from, to, fromUnit }): FlowBetween => {
    const [fromUnits, toUnits] = [words[from]?.units ?? 0, words[to]?.units ?? 0];
    const flow = new Float64Array(fromUnits * toUnits);
    if (read !== undefined) {
      const each = fromUnit.length / toUnits;
      identityFlow(passes, read, position).forEach((one, i) => {
        const unit = fromUnit[i] ?? -1;
        if (unit >= 0) flow[Math.floor(i / each) * fromUnits + unit]! += one;
      });
      return { from, to, flow };
    }
    // in the place of the last layer the passes have the one row that is looked at, behind the network's own nodes
    const row = passes.graph.network.output;
    const isRow = to === last && sourcesOf(nodes[row]) === sourcesOf(nodes[position]);
    const edges = layerEdges(passes, isRow ? row : position);
    if (edges === undefined) return { from, to, flow };
    // units of the source by those of its column; a convolution's are channels
    const each = fromUnit.length / edges.from;
    for (let j = 0; j < edges.to; j++) {
      const first = (isRow ? output : j) * fromUnits;
      for (let i = 0; i < edges.from; i++) {
        const unit = fromUnit[i * each] ?? -1;
        if (unit >= 0) flow[first + unit]! += edges.flow[j * edges.from + i]!;
      }
    }
    return { from, to, flow };
  });
}

const sourcesOf = (node: GatedNode | undefined): string => (node === undefined ? "" : pathInputs(node).join());

/** The largest edges of each pair of columns. */
export function largestOf(
  flows: readonly FlowBetween[],
  words: readonly ColumnWords[],
  most: number,
): readonly DrawnEdge[] {
  return flows.flatMap(({ from, to, flow }) => {
    const size = words[from]?.units ?? 1;
    const order = largestPlaces(flow, most);
    return order.map((place) => edgeAt(from, to, place, size, flow));
  });
}

/** The largest edges into and out of a unit. */
export function edgesOf(
  flows: readonly FlowBetween[],
  words: readonly ColumnWords[],
  column: number,
  unit: number,
  most: number,
): { readonly incoming: readonly DrawnEdge[]; readonly outgoing: readonly DrawnEdge[] } {
  const found = (isOf: (one: FlowBetween, place: number, size: number) => boolean): readonly DrawnEdge[] =>
    flows
      .flatMap((one) => {
        const size = words[one.from]?.units ?? 1;
        const edges: DrawnEdge[] = [];
        one.flow.forEach((value, place) => {
          if (value !== 0 && isOf(one, place, size)) edges.push(edgeAt(one.from, one.to, place, size, one.flow));
        });
        return edges;
      })
      .sort((a, b) => Math.abs(b.flow) - Math.abs(a.flow))
      .slice(0, most);
  return {
    incoming: found(({ to }, place, size) => to === column && Math.floor(place / size) === unit),
    outgoing: found(({ from }, place, size) => from === column && place % size === unit),
  };
}

const edgeAt = (from: number, to: number, place: number, size: number, flow: Float64Array): DrawnEdge => ({
  from: { column: from, unit: place % size },
  to: { column: to, unit: Math.floor(place / size) },
  flow: flow[place] ?? 0,
});

/** Places of the largest magnitudes that are not 0, the largest first: what is kept is cut back whenever it has doubled. */
function largestPlaces(numbers: Float64Array, most: number): readonly number[] {
  const bySize = (a: number, b: number): number => Math.abs(numbers[b]!) - Math.abs(numbers[a]!);
  let kept: number[] = [];
  let least = 0;
  for (let i = 0; i < numbers.length; i++) {
    if (Math.abs(numbers[i]!) <= least) continue;
    kept.push(i);
    if (kept.length < 2 * most) continue;
    kept = kept.sort(bySize).slice(0, most);
    least = Math.abs(numbers[kept[most - 1]!]!);
  }
  return kept.sort(bySize).slice(0, most);
}

/** What flows through each unit of each column: of maps through a channel's positions together. */
export function columnFlows(
  { words, positions }: Columns,
  flowAt: (position: number) => Float64Array,
): readonly Float64Array[] {
  return words.map(({ units }, column) => {
    const flow = flowAt(positions[column] ?? 0);
    const each = flow.length / units;
    return each === 1
      ? flow
      : Float64Array.from({ length: units }, (_, unit) =>
          flow.subarray(unit * each, (unit + 1) * each).reduce((sum, one) => sum + one, 0),
        );
  });
}

/** Gates and max-pools that paths come through, in the order of the network. */
export const decidedPositions = (network: GatedNetwork): readonly number[] =>
  pathNodes(network).filter((position) => {
    const node = network.nodes[position];
    return node !== undefined && decisionOf(node) !== undefined;
  });
