/**
 * Numbers of paths, exact. With 1 for every weight all channels of a group get the same number, so channels are added up
 * once and only positions are slid over: a count costs what its units cost, not its edges.
 */
import { sizeOf } from "../graph/index.ts";
import { checkOutput, type GatedNetwork, type GatedNode, pathInputs, pathNodes, scalarGate } from "../network/index.ts";
import type { ActiveNetwork } from "./active-network.ts";
import { windowUnits } from "./edge-maps.ts";

/** What decides: a given example's gates, or nothing, with every gate open and every element of a window passing. */
type Open = Pick<ActiveNetwork, "gates" | "selected" | "starts"> | undefined;

/**
 * Number of all paths to an output: through every gate and every element of a max-pool's window, from every element of
 * the input, every bias and every unit that may saturate, whatever their values.
 */
export function countPaths(network: GatedNetwork, output: number): bigint {
  checkOutput(network, output);
  return counts(network, undefined)[output] ?? 0n;
}

/**
 * Number of active paths to an output, `Σ_p A(x, p)` (theory 2.7): through gates that are not 0, whatever weights, biases
 * and elements of the input are.
 */
export function countActivePaths(active: ActiveNetwork, output: number): bigint {
  checkOutput(active.network, output);
  return counts(active.network, active)[output] ?? 0n;
}

/** Logarithm to base 2; −∞ for 0. */
export function log2BigInt(count: bigint): number {
  const digits = count.toString(16);
  const leading = digits.slice(0, 15);
  return Math.log2(Number.parseInt(leading, 16)) + 4 * (digits.length - leading.length);
}

type Counts = readonly bigint[];

function counts(network: GatedNetwork, open: Open): Counts {
  const done = new Map<number, Counts>();
  const at = (position: number): Counts => done.get(position) ?? [];
  const positions = pathNodes(network);
  const lastReader = new Map(
    positions.flatMap((position) => pathInputsAt(network, position).map((input) => [input, position] as const)),
  );
  for (const position of positions) {
    const node = network.nodes[position];
    if (node === undefined) throw new Error(`unreachable: no node ${position}`);
    const [source = 0] = pathInputs(node);
    done.set(position, nodeCounts(node, position, at, network.nodes[source]?.shape ?? [], open));
    // numbers of any size for each unit: kept no longer than somebody reads them
    for (const input of pathInputs(node)) if (lastReader.get(input) === position) done.delete(input);
  }
  return at(network.output);
}

function pathInputsAt({ nodes }: GatedNetwork, position: number): readonly number[] {
  const node = nodes[position];
  return node === undefined ? [] : pathInputs(node);
}

function nodeCounts(
  node: GatedNode,
  position: number,
  at: (position: number) => Counts,
  inputShape: readonly number[],
  open: Open,
): Counts {
  const size = sizeOf(node.shape);
  switch (node.kind) {
    case "input":
    case "normalize":
      return new Array<bigint>(size).fill(1n);
    case "dense":
      return new Array<bigint>(size).fill(total(at(node.input)) + (node.bias ? 1n : 0n));
    case "convolution":
      return convolutionCounts(node, at(node.input), inputShape);
    case "scale":
      return node.bias ? at(node.input).map((count) => count + 1n) : at(node.input);
    case "gate": {
      const gates = open?.gates.get(position);
      const saturated = open?.starts.get(position);
      const mayBegin = scalarGate(node.rule).starts.length > 0;
      const begins = (i: number): boolean => (open === undefined ? mayBegin : !!saturated?.[i]);
      return at(node.input).map((count, i) => (gates?.[i] === 0 ? 0n : count) + (begins(i) ? 1n : 0n));
    }
    case "max-pool": {
      const input = at(node.input);
      const selected = open?.selected.get(position);
      return Array.from({ length: size }, (_, unit) =>
        selected
          ? (input[selected[unit]!] ?? 0n)
          : total(windowUnits(node, inputShape, unit).map((from) => input[from] ?? 0n)),
      );
    }
    case "average-pool": {
      const input = at(node.input);
      return Array.from({ length: size }, (_, unit) =>
        total(windowUnits(node, inputShape, unit).map((from) => input[from] ?? 0n)),
      );
    }
    case "sum": {
      const [first = [], ...others] = node.inputs.map(at);
      return others.reduce((sum, one) => sum.map((count, i) => count + (one[i] ?? 0n)), first);
    }
    case "concat":
      return concatCounts(node.inputs.map(at), node.shape, node.axis);
    case "rearrange": {
      const input = at(node.input);
      return node.from === undefined ? input : Array.from(node.from, (from) => input[from] ?? 0n);
    }
  }
}

const total = (values: Counts): bigint => values.reduce((sum, count) => sum + count, 0n);

function convolutionCounts(
  { window, groups, bias, shape }: Extract<GatedNode, { readonly kind: "convolution" }>,
  input: Counts,
  [inputChannels = 0, height = 0, width = 0]: readonly number[],
): Counts {
  const [channels = 0, rows = 0, columns = 0] = shape;
  const area = height * width;
  // the channels of each group, added up, are one map of a pool that sums its window
  const summed = Array.from({ length: groups * area }, (_, i) => {
    const first = Math.floor(i / area) * (inputChannels / groups);
    let sum = 0n;
    for (let c = 0; c < inputChannels / groups; c++) sum += input[(first + c) * area + (i % area)] ?? 0n;
    return sum;
  });
  const pool = {
    kind: "average-pool",
    name: "",
    input: 0,
    shape: [groups, rows, columns],
    window,
    countPadding: true,
  } as const;
  const perGroup = Array.from(
    { length: groups * rows * columns },
    (_, unit) =>
      total(windowUnits(pool, [groups, height, width], unit).map((from) => summed[from] ?? 0n)) + (bias ? 1n : 0n),
  );
  return Array.from({ length: channels }, (_, channel) => {
    const group = Math.floor(channel / (channels / groups));
    return perGroup.slice(group * rows * columns, (group + 1) * rows * columns);
  }).flat();
}

/** Counts one behind the other along an axis. */
function concatCounts(inputs: readonly Counts[], shape: readonly number[], axis: number): Counts {
  const outer = sizeOf(shape.slice(0, axis));
  return Array.from({ length: outer }, (_, o) =>
    inputs.flatMap((counts) => {
      const block = counts.length / outer;
      return counts.slice(o * block, (o + 1) * block);
    }),
  ).flat();
}
