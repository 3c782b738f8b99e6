/**
 * Numbers of paths, exact. With 1 for every weight all channels of a group get the same number, so channels are added up
 * once and only positions are slid over; as long as no gate tells channels apart, one map stands for all of them. Windows
 * are differences of sums along rows and columns, so that a count costs what its units cost, whatever the windows.
 */
import { sizeOf } from "../graph/index.ts";
import { checkOutput, type GatedNetwork, type GatedNode, pathInputs, pathNodes, scalarGate } from "../network/index.ts";
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
  const [channels = 1] = shape;
  return areAlike ? Array.from({ length: channels }, () => values).flat() : values;
}

function nodeCounts(node: GatedNode, position: number, inputs: readonly CountedNode[], open: Open): Counts {
  const [input = NOTHING] = inputs;
  switch (node.kind) {
    case "input":
    case "normalize":
      return alike(new Array<bigint>(sizeOf(node.shape.slice(1))).fill(1n));
    case "dense": {
      const paths = total(input.values) * (input.areAlike ? BigInt(input.shape[0] ?? 1) : 1n);
      return alike([paths + (node.bias ? 1n : 0n)]);
    }
    case "convolution":
      return convolutionCounts(node, input);
    case "scale":
      return node.bias ? { ...input, values: input.values.map((count) => count + 1n) } : input;
    case "gate": {
      if (open === undefined) {
        const begins = scalarGate(node.rule).starts.length > 0;
        return begins ? { ...input, values: input.values.map((count) => count + 1n) } : input;
      }
      const [gates, saturated] = [open.gates.get(position), open.starts.get(position)];
      return apart(unitCounts(input).map((count, i) => (gates?.[i] === 0 ? 0n : count) + (saturated?.[i] ? 1n : 0n)));
    }
    case "max-pool": {
      const selected = open?.selected.get(position);
      if (selected === undefined) return pooled(node, input);
      const units = unitCounts(input);
      return apart(Array.from(selected, (unit) => units[unit] ?? 0n));
    }
    case "average-pool":
      return pooled(node, input);
    case "sum": {
      const areAlike = inputs.every((one) => one.areAlike);
      const [first = [], ...others] = inputs.map((one) => (areAlike ? one.values : unitCounts(one)));
      const values = others.reduce((sum, one) => sum.map((count, i) => count + (one[i] ?? 0n)), first);
      return { values, areAlike };
    }
    case "concat":
      return apart(concatCounts(inputs.map(unitCounts), node.shape, node.axis));
    case "rearrange": {
      const units = unitCounts(input);
      return apart(node.from === undefined ? units : Array.from(node.from, (from) => units[from] ?? 0n));
    }
  }
}

const total = (values: readonly bigint[]): bigint => values.reduce((sum, count) => sum + count, 0n);

/** Rows and columns of maps; a vector has one of each. */
const mapSize = ([, height = 1, width = 1]: readonly number[]): readonly [number, number] => [height, width];

/** Sums over windows, map by map. */
function pooled(
  { window, shape }: Extract<GatedNode, { readonly kind: "max-pool" | "average-pool" }>,
  { values, areAlike, shape: before }: CountedNode,
): Counts {
  const [height, width] = mapSize(before);
  const area = height * width;
  const maps = Array.from({ length: values.length / area }, (_, c) =>
    windowSums(values.slice(c * area, (c + 1) * area), [height, width], mapSize(shape), window),
  );
  return { values: maps.flat(), areAlike };
}

function convolutionCounts(
  { window, groups, bias, shape }: Extract<GatedNode, { readonly kind: "convolution" }>,
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
  const maps = Array.from({ length: areAlike ? 1 : groups }, (_, group) => {
    const sums = windowSums(summed(group), [height, width], mapSize(shape), window);
    return bias ? sums.map((count) => count + 1n) : sums;
  });
  const [only = []] = maps;
  if (maps.length === 1) return alike(only);
  const perGroup = (shape[0] ?? 1) / groups;
  return apart(
    Array.from({ length: shape[0] ?? 1 }, (_, channel) => maps[Math.floor(channel / perGroup)] ?? []).flat(),
  );
}

/** Counts one behind the other along an axis. */
function concatCounts(inputs: readonly (readonly bigint[])[], shape: readonly number[], axis: number): bigint[] {
  const outer = sizeOf(shape.slice(0, axis));
  const joined = new Array<bigint>(sizeOf(shape));
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const counts of inputs) {
      const block = counts.length / outer;
      for (let i = o * block; i < (o + 1) * block; i++) joined[at++] = counts[i] ?? 0n;
    }
  }
  return joined;
}
