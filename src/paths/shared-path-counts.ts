/**
 * Numbers of paths that are active for two examples at once: a pass of ones behind the gates that both have open. As in
 * path-counts, channels are added up once and positions slid over; but in float64 with a power of two for each node,
 * because a ranking counts once for every example, and big integers take a hundred times as long.
 */
import { sizeOf } from "../graph/index.ts";
import { type GatedNetwork, type GatedNode, pathInputs, pathNodes } from "../network/index.ts";
import { windowUnits } from "./edge-maps.ts";
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
  const size = sizeOf(node.shape);
  const [input = { shape: [], counts: new Float64Array() }] = inputs;
  const { counts } = input;
  switch (node.kind) {
    case "input":
    case "normalize":
      return new Float64Array(size).fill(1);
    case "dense":
      return new Float64Array(size).fill(total(counts) + (node.bias ? one : 0));
    case "convolution":
      return convolutionCounts(node, input, node.bias ? one : 0);
    case "scale":
      return node.bias ? counts.map((count) => count + one) : counts;
    case "gate": {
      const [a, b] = [first.open.get(position), second.open.get(position)];
      const [c, d] = [first.saturated.get(position), second.saturated.get(position)];
      return counts.map((count, i) => (a?.[i] && b?.[i] ? count : 0) + (c?.[i] && d?.[i] ? one : 0));
    }
    case "max-pool": {
      const [a, b] = [first.selected.get(position), second.selected.get(position)];
      return new Float64Array(size).map((_, i) => (a && b && a[i] === b[i] ? counts[a[i]!]! : 0));
    }
    case "average-pool":
      return new Float64Array(size).map((_, unit) =>
        windowUnits(node, input.shape, unit).reduce((sum, from) => sum + counts[from]!, 0),
      );
    case "sum": {
      const sum = new Float64Array(size);
      for (const each of inputs) for (let i = 0; i < size; i++) sum[i]! += each.counts[i]!;
      return sum;
    }
    case "concat":
      return concatenated(node.axis, inputs, size);
    case "rearrange": {
      const { from } = node;
      return from === undefined ? counts : new Float64Array(size).map((_, i) => (from[i]! < 0 ? 0 : counts[from[i]!]!));
    }
  }
}

/** Channels of a group summed, each tap added at every position, and the same for all channels that read the group. */
function convolutionCounts(
  { window, groups, shape }: Extract<GatedNode, { readonly kind: "convolution" }>,
  { counts, shape: [inputChannels = 0, height = 0, width = 0] }: CountedInput,
  bias: number,
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
    const sums = new Float64Array(rows * columns).fill(bias);
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

function concatenated(axis: number, inputs: readonly CountedInput[], size: number): Float64Array {
  const out = new Float64Array(size);
  const blocks = inputs.map(({ counts, shape }) => ({ counts, block: sizeOf(shape.slice(axis)) }));
  const whole = blocks.reduce((sum, { block }) => sum + block, 0);
  let offset = 0;
  for (const { counts, block } of blocks) {
    for (let from = 0; from < counts.length; from += block) {
      out.set(counts.subarray(from, from + block), (from / block) * whole + offset);
    }
    offset += block;
  }
  return out;
}
