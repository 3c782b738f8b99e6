/**
 * What a node's path edges make of a vector over the units of its inputs: every sum over paths is a chain of these maps.
 * Units at 0 are skipped, so a pass costs what its active edges cost; the inner loop of a convolution runs over output
 * channels that lie side by side (bench/paths.bench.ts).
 */
import { sizeOf } from "../graph/index.ts";
import { type EdgePattern, edgePattern, edgeWeights, type GatedNode, visitEdges } from "../network/index.ts";
import { ActiveTerms, type Combine } from "./active-terms.ts";

type Vector = { readonly data: Float64Array; readonly shape: readonly number[] };

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
  inputs: readonly Vector[],
  decisions: Decisions,
  factorOf: FactorOf,
  combine: Combine,
): Float64Array {
  const out = new Float64Array(sizeOf(node.shape));
  const [first] = inputs;
  if (first === undefined) return out;
  const pattern = edgePattern(node);
  // weights of many units, side by side: edge by edge they take ten times as long (bench/paths.bench.ts)
  if (pattern.kind === "every") mapDense(first.data, Float64Array.from(pattern.weight.data, factorOf), out, combine);
  else if (pattern.kind === "convolution") mapConvolution(pattern, node.shape, first, factorOf, out, combine);
  // a gate is behind nearly every unit
  else if (pattern.kind === "unit" && edgeWeights(node) === "ones") mapUnits(inputs, decisions, factorOf, out, combine);
  else mapEachEdge(node, inputs, decisions, factorOf, out, combine);
  return out;
}

function mapUnits(
  inputs: readonly Vector[],
  { gates }: Decisions,
  factorOf: FactorOf,
  out: Float64Array,
  combine: Combine,
): void {
  const one = factorOf(1);
  for (const { data } of inputs) {
    for (let unit = 0; unit < out.length; unit++) {
      if (data[unit] === 0) continue;
      const term = data[unit]! * (gates === undefined ? one : factorOf(gates[unit]!));
      out[unit] = combine === "sum" ? out[unit]! + term : Math.max(out[unit]!, term);
    }
  }
}

function mapEachEdge(
  node: GatedNode,
  inputs: readonly Vector[],
  { gates, selected }: Decisions,
  factorOf: FactorOf,
  out: Float64Array,
  combine: Combine,
): void {
  const shapes = inputs.map(({ shape }) => shape);
  const vectors = inputs.map(({ data }) => data);
  const one = factorOf(1);
  if (selected !== undefined) {
    for (let unit = 0; unit < out.length; unit++) out[unit] = vectors[0]![selected[unit]!]! * one;
    return;
  }
  let combined = 0;
  let gate = 1;
  let [known, counted] = [1, one];
  const add = (which: number, from: number, weight: number): void => {
    const value = vectors[which]![from]!;
    if (value === 0) return;
    const factor = weight * gate;
    if (factor !== known) [known, counted] = [factor, factorOf(factor)];
    const term = value * counted;
    combined = combine === "sum" ? combined + term : Math.max(combined, term);
  };
  for (let unit = 0; unit < out.length; unit++) {
    combined = 0;
    gate = gates === undefined ? 1 : gates[unit]!;
    visitEdges(node, shapes, unit, add);
    out[unit] = combined;
  }
}

function mapDense(x: Float64Array, factors: Float64Array, out: Float64Array, combine: Combine): void {
  const terms = new ActiveTerms(x.length);
  for (let i = 0; i < x.length; i++) terms.add(x[i]!, i * out.length);
  terms.combineInto(out, 0, out.length, factors, combine);
}

function mapConvolution(
  { window, weight, groups }: Extract<EdgePattern, { readonly kind: "convolution" }>,
  shape: readonly number[],
  { data: x, shape: inputShape }: Vector,
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
