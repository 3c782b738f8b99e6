/**
 * What a node's path edges make of a vector over the units of its inputs: every sum over paths is a chain of these maps.
 * Units at 0 are skipped, so a pass costs what its active edges cost; the inner loop of a convolution runs over output
 * channels that lie side by side (bench/paths.bench.ts).
 */
import { sizeOf } from "../graph/index.ts";
import { edgePattern, edgeWeights, type GatedNode, visitEdges, type Weights } from "../network/index.ts";
import { type Combine, combineInto, newTerms, type Terms, type Vector } from "./active-terms.ts";
import { mapConvolution } from "./convolution-map.ts";
import { type Factor, factorsOf, ITSELF } from "./factors.ts";

/** What decides which edges of a gate or a max-pool are there. */
export interface Decisions {
  /** Gate values by unit; all 1 where undefined. */
  readonly gates: Float64Array | undefined;
  /** Index of the selected unit of the input by unit, −1 for none; the whole window where undefined. */
  readonly selected: Int32Array | undefined;
}

/**
 * A node's map: `out[j] = Σ_i x[i] · factor of the weight of the edge i → j`, or the maximum instead of the sum (of what is
 * not negative). Starts of paths (inputs, biases) are no edges and not in it.
 * @param inputs the vectors of the node's path inputs, with their shapes
 */
export function mapEdges(
  node: GatedNode,
  inputs: readonly Vector[],
  decisions: Decisions,
  factor: Factor,
  combine: Combine,
): Float64Array {
  const out = new Float64Array(sizeOf(node.shape));
  const [first] = inputs;
  if (first === undefined) return out;
  const pattern = edgePattern(node);
  // weights of many units, side by side: edge by edge they take ten times as long (bench/paths.bench.ts)
  if (pattern.kind === "every") mapDense(first.data, pattern.weight.data, factor, out, combine);
  else if (pattern.kind === "convolution") mapConvolution(pattern, node.shape, first, factor, out, combine);
  // a gate is behind nearly every unit
  else if (pattern.kind === "unit" && edgeWeights(node) === "ones") mapUnits(inputs, decisions, factor, out, combine);
  else mapEachEdge(node, inputs, decisions, factor, out, combine);
  return out;
}

function mapUnits(
  inputs: readonly Vector[],
  { gates }: Decisions,
  factor: Factor,
  out: Float64Array,
  combine: Combine,
): void {
  const one = factor.of(1);
  const factors = gates && factorsOf(gates, factor);
  for (const { data } of inputs) {
    for (let unit = 0; unit < out.length; unit++) {
      if (data[unit] === 0) continue;
      const term = data[unit]! * (factors === undefined ? one : factors[unit]!);
      out[unit] = combine === "sum" ? out[unit]! + term : Math.max(out[unit]!, term);
    }
  }
}

function mapEachEdge(
  node: GatedNode,
  inputs: readonly Vector[],
  { gates, selected }: Decisions,
  { of: factorOf }: Factor,
  out: Float64Array,
  combine: Combine,
): void {
  const shapes = inputs.map(({ shape }) => shape);
  const vectors = inputs.map(({ data }) => data);
  const one = factorOf(1);
  if (selected !== undefined) {
    for (let unit = 0; unit < out.length; unit++) {
      const chosen = selected[unit]!;
      out[unit] = chosen < 0 ? 0 : vectors[0]![chosen]! * one;
    }
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

function addRows(x: Float64Array, weights: Weights["data"], out: Float64Array, terms: Terms): void {
  let count = 0;
  for (let i = 0; i < x.length; i++) {
    if (x[i] === 0) continue;
    terms.values[count] = x[i]!;
    terms.from[count] = i * out.length;
    count += 1;
    if (count < 4) continue;
    combineInto(out, 0, out.length, terms, 4, weights, "sum");
    count = 0;
  }
  combineInto(out, 0, out.length, terms, count, weights, "sum");
}

/** Only rows of units that are not 0 are read, four at a time: half of them, behind hard gates. */
function mapDense(
  x: Float64Array,
  weights: Weights["data"],
  { fill }: Factor,
  out: Float64Array,
  combine: Combine,
): void {
  const terms = newTerms(4);
  // as they are they need not be copied, which takes as long as the products
  if (fill === ITSELF.fill && combine === "sum") {
    addRows(x, weights, out, terms);
    return;
  }
  const rows = new Float64Array(4 * out.length);
  let count = 0;
  for (let i = 0; i < x.length; i++) {
    if (x[i] === 0) continue;
    terms.values[count] = x[i]!;
    terms.from[count] = count * out.length;
    fill(weights, i * out.length, out.length, rows, count * out.length);
    count += 1;
    if (count < 4) continue;
    combineInto(out, 0, out.length, terms, 4, rows, combine);
    count = 0;
  }
  combineInto(out, 0, out.length, terms, count, rows, combine);
}
