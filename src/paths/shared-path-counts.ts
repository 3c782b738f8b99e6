/**
 * Numbers of paths that are active for two examples at once: a pass of ones behind the gates that both have open. As in
 * path-counts, channels are added up once and positions slid over; but in float64 with a power of two for each node,
 * because a ranking counts once for every example, and big integers take a hundred times as long.
 */
import { sizeOf } from "../graph/index.ts";
import {
  decisionOf,
  type EdgePattern,
  edgePattern,
  type GatedNetwork,
  type GatedNode,
  pathInputs,
  pathNodes,
  startsAt,
  visitEdges,
} from "../network/index.ts";
import type { OpenGates } from "./open-gates.ts";

/** Counts by unit, in units of `2^exponent`. */
interface Counts {
  readonly exponent: number;
  readonly counts: Float64Array;
}

/** A layer multiplies by less than `2^64`, and its sums stay within float64. */
const LARGE = 2 ** 512;

/**
 * `log₂` of the number of paths to all outputs that are active for both examples, whatever weights, biases and inputs
 * are; −∞ if there is none. With one example twice, of its own active paths.
 */
export function log2SharedPaths(network: GatedNetwork, first: OpenGates, second: OpenGates): number {
  const done = new Map<number, Counts>();
  for (const position of pathNodes(network)) {
    const node = network.nodes[position];
    if (node === undefined) throw new Error(`unreachable: no node ${position}`);
    const inputs = pathInputs(node).flatMap((source) => {
      const counted = done.get(source);
      return counted === undefined ? [] : [{ ...counted, shape: network.nodes[source]?.shape ?? [] }];
    });
    const exponent = inputs.reduce((most, one) => Math.max(most, one.exponent), 0);
    const vectors = inputs.map((one) => ({
      shape: one.shape,
      counts: scaled(one.counts, one.exponent - exponent),
    }));
    const counts = nodeCounts(node, position, vectors, 2 ** -exponent, first, second);
    const shift = counts.some((count) => count > LARGE) ? 512 : 0;
    done.set(position, { exponent: exponent + shift, counts: scaled(counts, -shift) });
  }
  const end = done.get(network.output);
  return end === undefined ? Number.NEGATIVE_INFINITY : Math.log2(total(end.counts)) + end.exponent;
}

const scaled = (counts: Float64Array, exponent: number): Float64Array =>
  exponent === 0 ? counts : counts.map((count) => count * 2 ** exponent);

const total = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0);

interface CountedInput {
  readonly shape: readonly number[];
  readonly counts: Float64Array;
}

/** @param one a path that starts here, in the node's units */
function nodeCounts(
  node: GatedNode,
  position: number,
  inputs: readonly CountedInput[],
  one: number,
  first: OpenGates,
  second: OpenGates,
): Float64Array {
  const decision = decisionOf(node);
  if (decision?.kind === "choice") {
    const [a, b] = [first.selected.get(position), second.selected.get(position)];
    const counts = inputs[0]?.counts;
    return new Float64Array(sizeOf(node.shape)).map((_, i) => (a && b && a[i] === b[i] ? (counts?.[a[i]!] ?? 0) : 0));
  }
  const coming = edgeCounts(node, inputs);
  if (startsAt(node)?.kind === "bias") return coming.map((count) => count + one);
  if (decision === undefined) return coming;
  const [a, b] = [first.open.get(position), second.open.get(position)];
  const [c, d] = [first.saturated.get(position), second.saturated.get(position)];
  return coming.map((count, i) => (a?.[i] && b?.[i] ? count : 0) + (c?.[i] && d?.[i] ? one : 0));
}

/** Of the paths that come over a node's edges, whatever its gates; of the ones that start, at a start of the example. */
function edgeCounts(node: GatedNode, inputs: readonly CountedInput[]): Float64Array {
  const size = sizeOf(node.shape);
  const [input = { shape: [], counts: new Float64Array() }] = inputs;
  const pattern = edgePattern(node);
  switch (pattern.kind) {
    case "none":
      return new Float64Array(size).fill(1);
    case "every":
      return new Float64Array(size).fill(total(input.counts));
    case "convolution":
      return convolutionCounts(pattern, node.shape, input);
    case "unit":
      return inputs.length === 1 ? input.counts : unitSums(inputs, size);
    case "window":
    case "edges": {
      const shapes = inputs.map(({ shape }) => shape);
      const counts = inputs.map((one) => one.counts);
      const out = new Float64Array(size);
      let sum = 0;
      const add = (which: number, from: number): void => {
        sum += counts[which]![from]!;
      };
      for (let unit = 0; unit < size; unit++) {
        sum = 0;
        visitEdges(node, shapes, unit, add);
        out[unit] = sum;
      }
      return out;
    }
  }
}

function unitSums(inputs: readonly CountedInput[], size: number): Float64Array {
  const sum = new Float64Array(size);
  for (const { counts } of inputs) for (let i = 0; i < size; i++) sum[i]! += counts[i]!;
  return sum;
}

/** Channels of a group summed, each tap added at every position, and the same for all channels that read the group. */
function convolutionCounts(
  { window, groups }: Extract<EdgePattern, { readonly kind: "convolution" }>,
  shape: readonly number[],
  { counts, shape: [inputChannels = 0, height = 0, width = 0] }: CountedInput,
): Float64Array {
  const [channels = 0, rows = 0, columns = 0] = shape;
  const area = height * width;
  const { kernel, strides, pads, dilations } = window;
  const out = new Float64Array(channels * rows * columns);
  for (let group = 0; group < groups; group++) {
    const map = new Float64Array(area);
    for (let c = (group * inputChannels) / groups; c < ((group + 1) * inputChannels) / groups; c++) {
      for (let u = 0; u < area; u++) map[u]! += counts[c * area + u]!;
    }
    const sums = new Float64Array(rows * columns);
    for (let unit = 0; unit < sums.length; unit++) {
      const top = Math.floor(unit / columns) * strides[0] - pads[0];
      const left = (unit % columns) * strides[1] - pads[1];
      for (let y = 0; y < kernel[0]; y++) {
        const row = top + y * dilations[0];
        if (row < 0 || row >= height) continue;
        for (let x = 0; x < kernel[1]; x++) {
          const column = left + x * dilations[1];
          if (column >= 0 && column < width) sums[unit]! += map[row * width + column]!;
        }
      }
    }
    const perGroup = channels / groups;
    for (let c = group * perGroup; c < (group + 1) * perGroup; c++) out.set(sums, c * sums.length);
  }
  return out;
}
