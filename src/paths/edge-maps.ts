/**
 * What a node's path edges make of a vector over the units of its inputs: every sum over paths is a chain of these maps.
 * Units at 0 are skipped, so a pass costs what its active edges cost; the inner loop of a convolution runs over output
 * channels that lie side by side (bench/paths.bench.ts).
 */
import { sizeOf } from "../graph/index.ts";
import type { GatedNode } from "../network/index.ts";
import { ActiveTerms, type Combine } from "./active-terms.ts";

type PoolNode = Extract<GatedNode, { readonly kind: "max-pool" | "average-pool" }>;
type ConvolutionNode = Extract<GatedNode, { readonly kind: "convolution" }>;

/** What an edge's weight counts for: itself, its magnitude, 1, … */
export type FactorOf = (weight: number) => number;

/** What decides which edges of a gate or a max-pool are there. */
export interface Decisions {
  /** Gate values by unit; all 1 where undefined. */
  readonly gates: Float64Array | undefined;
  /** Index of the selected unit of the input by unit; the whole window where undefined. */
  readonly selected: Int32Array | undefined;
}

/**
 * A node's map: `out[j] = Σ_i x[i] · factorOf(weight of the edge i → j)`, or the maximum instead of the sum (of what is
 * not negative). Starts of paths (inputs, biases) are no edges and not in it.
 * @param inputs the vectors of the node's path inputs, with their shapes
 */
export function mapEdges(
  node: GatedNode,
  inputs: readonly { readonly data: Float64Array; readonly shape: readonly number[] }[],
  { gates, selected }: Decisions,
  factorOf: FactorOf,
  combine: Combine,
): Float64Array {
  const out = new Float64Array(sizeOf(node.shape));
  const [first] = inputs;
  if (first === undefined || node.kind === "input" || node.kind === "normalize") return out;
  const x = first.data;
  const one = factorOf(1);
  switch (node.kind) {
    case "dense":
      mapDense(x, Float64Array.from(node.weight.data, factorOf), out, combine);
      return out;
    case "convolution":
      mapConvolution(node, first, factorOf, out, combine);
      return out;
    case "scale": {
      const positions = out.length / (node.shape[0] ?? 1);
      const factors = node.weight && Float64Array.from(node.weight.data, factorOf);
      for (let i = 0; i < out.length; i++) out[i] = x[i]! * (factors?.[Math.floor(i / positions)] ?? one);
      return out;
    }
    case "gate":
      for (let i = 0; i < out.length; i++) if (x[i] !== 0) out[i] = x[i]! * (gates ? factorOf(gates[i]!) : one);
      return out;
    case "max-pool":
      if (selected) for (let i = 0; i < out.length; i++) out[i] = x[selected[i]!]! * one;
      else mapPool(node, first, () => one, out, combine);
      return out;
    case "average-pool":
      mapPool(node, first, (held) => factorOf(averageWeight(node, held)), out, combine);
      return out;
    case "sum":
      for (const { data } of inputs) {
        for (let i = 0; i < out.length; i++) {
          const term = data[i]! * one;
          out[i] = combine === "sum" ? out[i]! + term : Math.max(out[i]!, term);
        }
      }
      return out;
    case "concat":
      mapConcat(node.axis, inputs, one, out);
      return out;
    case "rearrange":
      for (let i = 0; i < out.length; i++) {
        const from = node.from === undefined ? i : node.from[i]!;
        if (from >= 0) out[i] = x[from]! * one;
      }
      return out;
  }
}

/** Weight of each edge of an average: 1 by the elements that count. */
export const averageWeight = (
  { window, countPadding }: Extract<GatedNode, { readonly kind: "average-pool" }>,
  held: number,
): number => 1 / (countPadding ? window.kernel[0] * window.kernel[1] : held);

function mapDense(x: Float64Array, factors: Float64Array, out: Float64Array, combine: Combine): void {
  const terms = new ActiveTerms(x.length);
  for (let i = 0; i < x.length; i++) terms.add(x[i]!, i * out.length);
  terms.combineInto(out, 0, out.length, factors, combine);
}

function mapConvolution(
  { window, weight, groups, shape }: ConvolutionNode,
  { data: x, shape: inputShape }: { readonly data: Float64Array; readonly shape: readonly number[] },
  factorOf: FactorOf,
  out: Float64Array,
  combine: Combine,
): void {
  const [inputChannels = 0, height = 0, width = 0] = inputShape;
  const [channels = 0, rows = 0, columns = 0] = shape;
  const [kernelRows, kernelColumns] = window.kernel;
  const taps = kernelRows * kernelColumns;
  const perGroup = { inputs: inputChannels / groups, outputs: channels / groups };
  // [input channel, tap, output channel of the group]: what one input element meets lies side by side
  const factors = new Float64Array(inputChannels * taps * perGroup.outputs);
  for (let o = 0; o < channels; o++) {
    const group = Math.floor(o / perGroup.outputs);
    for (let i = 0; i < perGroup.inputs; i++) {
      for (let tap = 0; tap < taps; tap++) {
        const to = ((group * perGroup.inputs + i) * taps + tap) * perGroup.outputs + (o % perGroup.outputs);
        factors[to] = factorOf(weight.data[(o * perGroup.inputs + i) * taps + tap]!);
      }
    }
  }
  const byPosition = new Float64Array(out.length);
  const terms = new ActiveTerms(taps);
  for (let c = 0; c < inputChannels; c++) {
    const group = Math.floor(c / perGroup.inputs) * perGroup.outputs;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        terms.clear();
        for (let ky = 0; ky < kernelRows; ky++) {
          const y = row * window.strides[0] - window.pads[0] + ky * window.dilations[0];
          if (y < 0 || y >= height) continue;
          for (let kx = 0; kx < kernelColumns; kx++) {
            const at = column * window.strides[1] - window.pads[1] + kx * window.dilations[1];
            if (at < 0 || at >= width) continue;
            terms.add(x[(c * height + y) * width + at]!, (c * taps + ky * kernelColumns + kx) * perGroup.outputs);
          }
        }
        const to = (row * columns + column) * channels + group;
        terms.combineInto(byPosition, to, perGroup.outputs, factors, combine);
      }
    }
  }
  const positions = rows * columns;
  for (let c = 0; c < channels; c++) {
    for (let p = 0; p < positions; p++) out[c * positions + p] = byPosition[p * channels + c]!;
  }
}

/** @param factorFor the edges' factor in a window that holds that many elements of the map */
function mapPool(
  node: PoolNode,
  { data: x, shape: inputShape }: { readonly data: Float64Array; readonly shape: readonly number[] },
  factorFor: (held: number) => number,
  out: Float64Array,
  combine: Combine,
): void {
  for (let o = 0; o < out.length; o++) {
    const held = windowUnits(node, inputShape, o);
    const factor = factorFor(held.length);
    let combined = 0;
    for (let i = 0; i < held.length; i++) {
      const term = x[held[i]!]! * factor;
      combined = combine === "sum" ? combined + term : Math.max(combined, term);
    }
    out[o] = combined;
  }
}

/** The units of the map that a pool's window holds, padding left out. */
export function windowUnits({ window, shape }: PoolNode, inputShape: readonly number[], unit: number): number[] {
  const { kernel, strides, pads, dilations } = window;
  const [, height = 0, width = 0] = inputShape;
  const [, rows = 1, columns = 1] = shape;
  const channel = Math.floor(unit / (rows * columns));
  const top = (Math.floor(unit / columns) % rows) * strides[0] - pads[0];
  const left = (unit % columns) * strides[1] - pads[1];
  // a window may hang far over the map
  const [firstRow, endRow] = inside(top, dilations[0], kernel[0], height);
  const [firstColumn, endColumn] = inside(left, dilations[1], kernel[1], width);
  const held: number[] = [];
  for (let ky = firstRow; ky < endRow; ky++) {
    const row = top + ky * dilations[0];
    for (let kx = firstColumn; kx < endColumn; kx++) {
      held.push((channel * height + row) * width + left + kx * dilations[1]);
    }
  }
  return held;
}

/** Which of a kernel's steps from `start` on lie within `0 … size − 1`: the first of them, and the one behind the last. */
const inside = (start: number, dilation: number, kernel: number, size: number): readonly [number, number] => [
  Math.max(0, Math.ceil(-start / dilation)),
  Math.min(kernel, Math.ceil((size - start) / dilation)),
];

function mapConcat(
  axis: number,
  inputs: readonly { readonly data: Float64Array; readonly shape: readonly number[] }[],
  factor: number,
  out: Float64Array,
): void {
  const blocks = inputs.map(({ data, shape }) => ({ data, block: sizeOf(shape.slice(axis)) }));
  const whole = blocks.reduce((total, { block }) => total + block, 0);
  let offset = 0;
  for (const { data, block } of blocks) {
    for (let i = 0; i < data.length; i++) {
      out[Math.floor(i / block) * whole + offset + (i % block)] = data[i]! * factor;
    }
    offset += block;
  }
}
