/** The edges of a picture of flow: those over which most flows into a layer, between units or between channels of maps. */
import { sizeOf } from "../graph/index.ts";
import { edgePattern, isWeightNode, pathInputs, visitEdges } from "../network/index.ts";
import { type FlowPasses, Heap, layerFlow, weightFlow } from "../paths/index.ts";
import { type DrawnEdge, type PlacedColumns, unitsOf } from "./flow-units.ts";

/** Edges that are drawn into each layer. */
const MOST_EDGES = 14;

/** What flows between units, or channels, of the column that a layer's inputs come from and its own. */
interface Pairs {
  /** Elements or channels of the source, by row. */
  readonly rows: readonly (DrawnEdge["from"] | undefined)[];
  readonly units: number;
  /** `[rows, units]` */
  readonly flow: Float64Array;
}

export function edgesInto(passes: FlowPasses, position: number, columnAt: PlacedColumns): readonly DrawnEdge[] {
  const { rows, units, flow } = byStart(pairsInto(passes, position, columnAt));
  const least = new Heap<number>((a, b) => Math.abs(flow[a]!) < Math.abs(flow[b]!));
  for (let i = 0; i < flow.length; i++) {
    if (flow[i] === 0) continue;
    if (least.size >= MOST_EDGES) {
      if (Math.abs(flow[i]!) <= Math.abs(flow[least.items[0] ?? 0]!)) continue;
      least.pop();
    }
    least.push(i);
  }
  const column = columnAt.get(position)?.column ?? 0;
  return least.items.flatMap((i) => {
    const from = rows[Math.floor(i / units)];
    return from === undefined ? [] : [{ from, to: { column, unit: i % units }, flow: flow[i]! }];
  });
}

function pairsInto(passes: FlowPasses, position: number, columnAt: PlacedColumns): Pairs {
  const { network } = passes.graph;
  const node = network.nodes[position];
  const [source] = node === undefined ? [] : pathInputs(node);
  if (!isWeightNode(node) || source === undefined) return { rows: [], units: 1, flow: new Float64Array() };
  const { weight } = weightFlow(passes, position);
  const pattern = edgePattern(node);
  const startOf = (element: number): DrawnEdge["from"] | undefined => columnUnit(passes, source, element, columnAt);
  if (pattern.kind === "every") {
    const units = sizeOf(node.shape);
    return { rows: Array.from({ length: weight.length / units }, (_, i) => startOf(i)), units, flow: weight };
  }
  const channels = unitsOf(network.nodes[source]?.shape ?? []).count;
  const units = unitsOf(node.shape).count;
  const flow = new Float64Array(channels * units);
  if (pattern.kind === "convolution") {
    const [outputs = 1, inputs = 1, ...kernel] = pattern.weight.shape;
    const taps = sizeOf(kernel);
    for (let i = 0; i < weight.length; i++) {
      const pair = Math.floor(i / taps);
      const o = Math.floor(pair / inputs);
      const first = Math.floor(o / (outputs / pattern.groups)) * inputs;
      flow[(first + (pair % inputs)) * units + o]! += weight[i]!;
    }
  } else {
    for (const [channel, one] of weight.entries()) flow[channel * units + channel] = one;
  }
  const elements = largestElements(passes, source, channels);
  return { rows: Array.from(elements, startOf), units, flow };
}

/** Elements of one channel, flattened, are that channel. */
function byStart({ rows, units, flow }: Pairs): Pairs {
  const keys = new Map<string, number>();
  const starts: DrawnEdge["from"][] = [];
  const places = rows.map((start) => {
    if (start === undefined) return -1;
    const key = `${start.column}.${start.unit}`;
    const place = keys.get(key) ?? starts.push(start) - 1;
    keys.set(key, place);
    return place;
  });
  const sums = new Float64Array(starts.length * units);
  for (const [row, place] of places.entries()) {
    for (let unit = 0; place >= 0 && unit < units; unit++) sums[place * units + unit]! += flow[row * units + unit]!;
  }
  return { rows: starts, units, flow: sums };
}

/** Of each channel of maps the element through which most flows; a unit of a vector is one. */
function largestElements(passes: FlowPasses, position: number, channels: number): Int32Array {
  const { flow } = layerFlow(passes, position);
  const positions = flow.length / channels;
  const best = Int32Array.from({ length: channels }, (_, channel) => channel * positions);
  for (let i = 0; i < flow.length; i++) {
    const channel = Math.floor(i / positions);
    if (Math.abs(flow[i]!) > Math.abs(flow[best[channel]!]!)) best[channel] = i;
  }
  return best;
}

/** The unit of a column that an element comes from: through gates, pools and sums to what gives it most. */
function columnUnit(
  { graph: { network, selected }, values }: FlowPasses,
  position: number,
  element: number,
  columnAt: PlacedColumns,
): DrawnEdge["from"] | undefined {
  let [at, unit] = [position, element];
  for (;;) {
    const node = network.nodes[at];
    if (node === undefined) return undefined;
    const placed = columnAt.get(at);
    if (placed !== undefined) return { column: placed.column, unit: placed.units.of(unit) };
    const sources = pathInputs(node);
    const chosen = selected.get(at)?.[unit];
    let [from, most, before] = [-1, -1, sources[0] ?? 0];
    if (chosen !== undefined && chosen >= 0) from = chosen;
    else if (node.kind === "normalize") from = unit;
    else {
      const shapes = sources.map((source) => network.nodes[source]?.shape ?? []);
      visitEdges(node, shapes, unit, (which, one, weight) => {
        const source = sources[which] ?? 0;
        const size = Math.abs((values.get(source)?.totals[one] ?? 0) * weight);
        if (size > most) [from, most, before] = [one, size, source];
      });
    }
    if (from < 0) return undefined;
    [at, unit] = [before, from];
  }
}
