/**
 * Numbers of paths, exact. With 1 for every weight all channels of a group get the same number, so channels are added up
 * once and only positions are slid over; as long as no gate tells channels apart, one map stands for all of them. Windows
 * are differences of sums along rows and columns, so that a count costs what its units cost, whatever the windows. Edge by
 * edge, big integers of all channels would take GCONV's 266 million additions (bench/paths.bench.ts).
 */
import { sizeOf } from "../graph/index.ts";
import {
  checkOutput,
  decisionOf,
  type EdgePattern,
  edgePattern,
  type GatedNetwork,
  type GatedNode,
  type MapWindow,
  pathInputs,
  pathNodes,
  scalarGate,
  startsAt,
  visitEdges,
} from "../network/index.ts";
import type { ActiveNetwork } from "./active-network.ts";
import { windowSums } from "./window-sums.ts";

/** What decides: a given example's gates, or nothing, with every gate open and every element of a window passing. */
type Open = Pick<ActiveNetwork, "gates" | "selected" | "starts"> | undefined;

/**
 * Number of all paths to an output: through every gate and every element of a max-pool's window, from every element of
 * the input, every bias and every unit that may saturate, whatever their values.
 */
export function countPaths(network: GatedNetwork, output: number): bigint {
  checkOutput(network, output);
  return countsOf(network, undefined, output);
}

/**
 * Number of active paths to an output, `Σ_p A(x, p)` (theory 2.7): through gates that are not 0, whatever weights, biases
 * and elements of the input are.
 */
export function countActivePaths(active: ActiveNetwork, output: number): bigint {
  checkOutput(active.network, output);
  return countsOf(active.network, active, output);
}

/** Logarithm to base 2; −∞ for 0. */
export function log2BigInt(count: bigint): number {
  const digits = count.toString(16);
  const leading = digits.slice(0, 15);
  return Math.log2(Number.parseInt(leading, 16)) + 4 * (digits.length - leading.length);
}

/** Counts by unit. */
interface Counts {
  /** Of each unit, or of those of one channel. */
  readonly values: readonly bigint[];
  /** Whether all channels have the same. */
  readonly areAlike: boolean;
}

interface CountedNode extends Counts {
  readonly shape: readonly number[];
}

function countsOf(network: GatedNetwork, open: Open, output: number): bigint {
  const done = new Map<number, CountedNode>();
  const nodes = pathNodes(network).flatMap((position) => {
    const node = network.nodes[position];
    return node === undefined ? [] : [{ position, node }];
  });
  const lastReaders = new Map(
    nodes.flatMap(({ position, node }) => pathInputs(node).map((input) => [input, position])),
  );
  for (const { position, node } of nodes) {
    const inputs = pathInputs(node).map((input) => done.get(input) ?? NOTHING);
    done.set(position, { ...nodeCounts(node, position, inputs, open), shape: node.shape });
    for (const input of pathInputs(node)) if (lastReaders.get(input) === position) done.delete(input);
  }
  const { values, areAlike } = done.get(network.output) ?? NOTHING;
  return (areAlike ? values[0] : values[output]) ?? 0n;
}

const NOTHING: CountedNode = { values: [], areAlike: false, shape: [] };

const alike = (values: readonly bigint[]): Counts => ({ values, areAlike: true });
const apart = (values: readonly bigint[]): Counts => ({ values, areAlike: false });

/** Of every unit. */
function unitCounts({ values, areAlike, shape }: CountedNode): readonly bigint[] {
  if (!areAlike) return values;
  const units = new Array<bigint>(sizeOf(shape));
  for (let i = 0; i < units.length; i++) units[i] = values[i % values.length]!;
  return units;
}

function nodeCounts(node: GatedNode, position: number, inputs: readonly CountedNode[], open: Open): Counts {
  const coming = edgeCounts(node, position, inputs, open);
  const decision = decisionOf(node);
  if (decision?.kind !== "gate") return startsAt(node)?.kind === "bias" ? plusOne(coming) : coming;
  const mayBegin = scalarGate(decision.rule).starts.length > 0;
  if (open === undefined) return mayBegin ? plusOne(coming) : coming;
  const [gates, saturated] = [open.gates.get(position), open.starts.get(position)];
  const { values } = coming;
  const units = new Array<bigint>(sizeOf(node.shape));
  // units of most networks are gates: none is listed before, and nothing is added where nothing starts
  for (let i = 0; i < units.length; i++) {
    const count = gates?.[i] === 0 ? 0n : values[i % values.length]!;
    units[i] = saturated?.[i] ? count + 1n : count;
  }
  return apart(units);
}

const plusOne = (counts: Counts): Counts => ({ ...counts, values: counts.values.map((count) => count + 1n) });

/** Of the paths that come over a node's edges, whatever its gates; of the ones that start, at a start of the example. */
function edgeCounts(node: GatedNode, position: number, inputs: readonly CountedNode[], open: Open): Counts {
  const [input = NOTHING] = inputs;
  const pattern = edgePattern(node);
  const selected = open?.selected.get(position);
  if (selected !== undefined) {
    const units = unitCounts(input);
    return apart(Array.from(selected, (unit) => units[unit] ?? 0n));
  }
  switch (pattern.kind) {
    case "none":
      return alike(new Array<bigint>(sizeOf(node.shape.slice(1))).fill(1n));
    case "every":
      return alike([total(input.values) * (input.areAlike ? BigInt(input.shape[0] ?? 1) : 1n)]);
    case "convolution":
      return convolutionCounts(pattern, node.shape, input);
    case "window":
      return pooled(pattern.window, node.shape, input);
    case "unit": {
      const areAlike = inputs.every((one) => one.areAlike);
      const [first = [], ...others] = inputs.map((one) => (areAlike ? one.values : unitCounts(one)));
      const values = others.reduce((sum, one) => sum.map((count, i) => count + (one[i] ?? 0n)), first);
      return { values, areAlike };
    }
    case "edges": {
      const shapes = inputs.map(({ shape }) => shape);
      const counts = inputs.map(unitCounts);
      return apart(
        Array.from({ length: sizeOf(node.shape) }, (_, unit) => {
          let sum = 0n;
          visitEdges(node, shapes, unit, (which, from) => {
            sum += counts[which]?.[from] ?? 0n;
          });
          return sum;
        }),
      );
    }
  }
}

const total = (values: readonly bigint[]): bigint => values.reduce((sum, count) => sum + count, 0n);

/** Rows and columns of maps; a vector has one of each. */
const mapSize = ([, height = 1, width = 1]: readonly number[]): readonly [number, number] => [height, width];

/** Sums over windows, map by map. */
function pooled(window: MapWindow, shape: readonly number[], { values, areAlike, shape: before }: CountedNode): Counts {
  const [height, width] = mapSize(before);
  const area = height * width;
  const maps = Array.from({ length: values.length / area }, (_, c) =>
    windowSums(values.slice(c * area, (c + 1) * area), [height, width], mapSize(shape), window),
  );
  return { values: maps.flat(), areAlike };
}

function convolutionCounts(
  { window, groups }: Extract<EdgePattern, { readonly kind: "convolution" }>,
  shape: readonly number[],
  { values, areAlike, shape: before }: CountedNode,
): Counts {
  const [height, width] = mapSize(before);
  const [area, each] = [height * width, (before[0] ?? 1) / groups];
  /** The channels of a group, added up. */
  const summed = (group: number): readonly bigint[] =>
    Array.from({ length: area }, (_, i) => {
      if (areAlike) return BigInt(each) * (values[i] ?? 0n);
      let sum = 0n;
      for (let c = group * each; c < (group + 1) * each; c++) sum += values[c * area + i] ?? 0n;
      return sum;
    });
  const maps = Array.from({ length: areAlike ? 1 : groups }, (_, group) =>
    windowSums(summed(group), [height, width], mapSize(shape), window),
  );
  const [only = []] = maps;
  if (maps.length === 1) return alike(only);
  const perGroup = (shape[0] ?? 1) / groups;
  return apart(
    Array.from({ length: shape[0] ?? 1 }, (_, channel) => maps[Math.floor(channel / perGroup)] ?? []).flat(),
  );
}
