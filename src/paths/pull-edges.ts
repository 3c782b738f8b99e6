/**
 * The transposed maps of edge-maps.ts: what comes back over a node's path edges to the units of its inputs. A pass of them from the
 * output gives every unit the sum over all paths from it on.
 */
import { sizeOf } from "../graph/index.ts";
import { edgePattern, edgeWeights, type GatedNode, visitEdges, type Weights } from "../network/index.ts";
import type { Decisions } from "./edge-maps.ts";
import { type Factor, factorsOf, ITSELF } from "./factors.ts";
import { pullConvolution } from "./pull-convolution.ts";

/**
 * `back[i] = Σ_j factor of the weight of the edge i → j · given[j]`, for each of the node's path inputs; none where paths start. Arrays
 * may be shared between inputs, and with what was given.
 * @param given a number for each unit of the node
 * @param shapes of the node's path inputs
 */
export function pullEdges(
  node: GatedNode,
  given: Float64Array,
  shapes: readonly (readonly number[])[],
  decisions: Decisions,
  factor: Factor,
): readonly Float64Array[] {
  const pattern = edgePattern(node);
  const [first = []] = shapes;
  if (pattern.kind === "none") return [];
  if (pattern.kind === "every") return [pullDense(given, pattern.weight, factor)];
  if (pattern.kind === "convolution") return [pullConvolution(pattern, node.shape, given, first, factor)];
  if (pattern.kind === "unit" && edgeWeights(node) === "ones") {
    const factors = decisions.gates && factorsOf(decisions.gates, factor);
    const back = factors === undefined ? given : given.map((one, unit) => (one === 0 ? 0 : one * factors[unit]!));
    return shapes.map(() => back);
  }
  return pullEachEdge(node, given, shapes, decisions, factor);
}

function pullEachEdge(
  node: GatedNode,
  given: Float64Array,
  shapes: readonly (readonly number[])[],
  { gates, selected }: Decisions,
  { of: factorOf }: Factor,
): readonly Float64Array[] {
  const back = shapes.map((shape) => new Float64Array(sizeOf(shape)));
  const one = factorOf(1);
  if (selected !== undefined) {
    for (let unit = 0; unit < given.length; unit++) {
      const chosen = selected[unit]!;
      if (chosen >= 0) back[0]![chosen]! += given[unit]! * one;
    }
    return back;
  }
  let value = 0;
  let gate = 1;
  let [known, counted] = [1, one];
  const add = (which: number, from: number, weight: number): void => {
    const product = weight * gate;
    if (product !== known) [known, counted] = [product, factorOf(product)];
    back[which]![from]! += value * counted;
  };
  for (let unit = 0; unit < given.length; unit++) {
    value = given[unit]!;
    if (value === 0) continue;
    gate = gates === undefined ? 1 : gates[unit]!;
    visitEdges(node, shapes, unit, add);
  }
  return back;
}

/** A row of weights for each unit of the input: their product with what came back. */
function pullDense(given: Float64Array, { shape, data }: Weights, { fill }: Factor): Float64Array {
  const [inputs = 0, units = 0] = shape;
  const back = new Float64Array(inputs);
  // as they are they need not be copied, which takes as long as the product
  if (fill === ITSELF.fill) {
    for (let i = 0; i < inputs; i++) back[i] = rowProduct(data, i * units, given);
    return back;
  }
  const row = new Float64Array(units);
  for (let i = 0; i < inputs; i++) {
    fill(data, i * units, units, row, 0);
    back[i] = rowProduct(row, 0, given);
  }
  return back;
}

/** In four sums: one alone waits for itself at every term. */
function rowProduct(weights: Weights["data"], from: number, given: Float64Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const units = given.length;
  let j = 0;
  for (; j + 4 <= units; j += 4) {
    a += weights[from + j]! * given[j]!;
    b += weights[from + j + 1]! * given[j + 1]!;
    c += weights[from + j + 2]! * given[j + 2]!;
    d += weights[from + j + 3]! * given[j + 3]!;
  }
  for (; j < units; j++) a += weights[from + j]! * given[j]!;
  return a + b + (c + d);
}
