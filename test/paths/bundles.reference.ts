/**
 * Path bundles by definition (theory 3.5): every path of a small network, and those that go through the same weights
 * added up. Which weight joins two units is found by looking at all of them.
 */
import { type GatedNetwork, type GatedNode, pathInputs, weightLayers } from "../../src/network/index.ts";
import { enumeratePaths } from "./enumerate.reference.ts";
import { unitOf } from "./node-kinds.reference.ts";

export interface EnumeratedBundle {
  /**
   * `layer position: from > to (offset)` from the start to the output, before it where the bundle starts: a gate is told
   * by the weight layer before it, for gates behind one layer differ by no weight.
   */
  readonly key: string;
  readonly contribution: number;
  /** Active paths. */
  readonly paths: number;
  /** Units at which its active paths start. */
  readonly positions: number;
}

/** All bundles with an active path to an output. */
export function enumerateBundles(
  network: GatedNetwork,
  input: ArrayLike<number>,
  output: number,
): readonly EnumeratedBundle[] {
  const found = new Map<string, { contribution: number; paths: number; starts: Set<string> }>();
  for (const { steps, active, contribution, startsAtSaturation } of enumeratePaths(network, input, output)) {
    if (!active) continue;
    const words: string[] = [];
    steps.forEach(([position, unit], i) => {
      const node = network.nodes[position];
      if (node === undefined) throw new Error("no node");
      const before = steps[i - 1];
      if (before !== undefined) words.push(...weightWords(network, node, position, before[1], unit));
      else if ("weight" in node) {
        words.push(`bias ${position}:${channelOf(node, unit)}`);
      } else words.push(startsAtSaturation ? `saturation behind ${layerBefore(network, position)}` : "input");
    });
    const key = words.join(" ");
    const known = found.get(key) ?? { contribution: 0, paths: 0, starts: new Set() };
    known.contribution += contribution;
    known.paths += 1;
    const [gate, unit] = steps[0] ?? [0, 0];
    known.starts.add(startsAtSaturation ? `${gate} ${unit}` : `${unit}`);
    found.set(key, known);
  }
  return [...found].map(([key, { starts, ...bundle }]) => ({ key, ...bundle, positions: starts.size }));
}

/** The weight layer before a gate: 0 where there is none. */
function layerBefore(network: GatedNetwork, gate: number): number {
  const layers = weightLayers(network);
  let at = gate;
  for (let node = network.nodes[at]; node !== undefined && at > 0 && !layers.has(at); node = network.nodes[at]) {
    at = pathInputs(node)[0] ?? 0;
  }
  return layers.get(at) ?? 0;
}

function channelOf({ shape }: GatedNode, unit: number): number {
  const area = shape.slice(1).reduce((product, length) => product * length, 1);
  return Math.floor(unit / area);
}

function weightWords(
  network: GatedNetwork,
  node: GatedNode,
  position: number,
  from: number,
  to: number,
): readonly string[] {
  if (node.kind === "dense") return [`${position}:${from}>${to}`];
  if (node.kind === "scale") {
    return node.weight === undefined ? [] : [`${position}:${channelOf(node, to)}>${channelOf(node, to)}`];
  }
  if (node.kind !== "convolution")
    return "weight" in node ? [`${position}:${firstUnits(network, node, from, to)}`] : [];
  const [, height = 0, width = 0] = network.nodes[node.input]?.shape ?? [];
  const [, rows = 0, columns = 0] = node.shape;
  const { kernel, strides, pads, dilations } = node.window;
  for (let a = 0; a < kernel[0]; a++) {
    for (let b = 0; b < kernel[1]; b++) {
      const y = (Math.floor(to / columns) % rows) * strides[0] - pads[0] + a * dilations[0];
      const x = (to % columns) * strides[1] - pads[1] + b * dilations[1];
      if (y < 0 || x < 0 || y >= height || x >= width || y * width + x !== from % (height * width)) continue;
      return [`${position}:${Math.floor(from / (height * width))}>${channelOf(node, to)}(${a},${b})`];
    }
  }
  throw new Error(`no weight of ${node.name} joins ${from} and ${to}`);
}

/** The first two units that the weight of an edge joins, which tell it where no pattern does. */
function firstUnits({ nodes }: GatedNetwork, node: GatedNode, from: number, to: number): string {
  const edgesInto = (unit: number) =>
    unitOf(node, unit, { example: () => 0, shape: (position) => nodes[position]?.shape ?? [], value: () => 0 }).edges;
  const place = edgesInto(to).find((edge) => edge.unit === from)?.place;
  for (let unit = 0; unit <= to; unit++) {
    const first = edgesInto(unit).find((edge) => edge.place === place);
    if (first !== undefined) return `${first.unit}>${unit}`;
  }
  throw new Error(`no edge of ${node.name} joins ${from} and ${to}`);
}
