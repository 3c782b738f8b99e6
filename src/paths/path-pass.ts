/**
 * Sums and maxima over all paths to every unit by one pass through the graph (theory 2.8 to 2.11). A quantity says what an edge's
 * weight counts for and how paths meet. Numbers carry a power of two for each node, so a hundred layers neither
 * overflow nor vanish; scaling by powers of two rounds nothing.
 */

import { GatewiseError } from "../errors.ts";
import { eachNumber } from "../graph/index.ts";
import { decisionOf, edgePattern, edgeWeights, type GatedNode, pathInputs, pathNodes } from "../network/index.ts";
import type { Combine } from "./active-terms.ts";
import { mapEdges } from "./edge-maps.ts";
import { type Factor, factorsOf, ITSELF, LOGARITHM, MAGNITUDE, PRESENCE, SQUARE } from "./factors.ts";
import type { PathGraph } from "./path-graph.ts";

/** What is summed over paths: the product along the path of what start and weights count for. */
export interface PathQuantity {
  readonly factor: Factor;
  /** How paths that meet in a unit become one number; where it differs from node to node, by position. */
  readonly combine: Combine | ((position: number) => Combine);
  /**
   * Given, the pass carries a second number, the sum over paths of the product with one factor at a time replaced by
   * this: where it is `|w|·log|w|`, the sum of `|c|·log|c|`.
   */
  readonly slope?: Factor;
}

/** `Σ_p c_p`. */
export const SIGNED_SUM: PathQuantity = { factor: ITSELF, combine: "sum" };
/** `max_p |c_p|`. */
export const LARGEST: PathQuantity = { factor: MAGNITUDE, combine: "maximum" };
/** `Σ_p |c_p|` and `Σ_p |c_p|·log|c_p|`. */
export const MASS_AND_LOGARITHM: PathQuantity = { factor: MAGNITUDE, slope: LOGARITHM, combine: "sum" };
/** `Σ_p |c_p|^q`; for `q = 0` the number of paths whose contribution is not 0. */
export const MOMENTS = {
  0: { factor: PRESENCE, combine: "sum" },
  1: { factor: MAGNITUDE, combine: "sum" },
  2: { factor: SQUARE, combine: "sum" },
} as const satisfies Record<number, PathQuantity>;

/** What the paths to each unit of a node come to, in units of `2^exponent`. */
export interface NodeTotals {
  readonly exponent: number;
  readonly totals: Float64Array;
  /** The second number, where the quantity has one. */
  readonly slopes: Float64Array | undefined;
}

/** A number `value · 2^exponent`, which may lie beyond float64. */
export interface Scaled {
  readonly value: number;
  readonly exponent: number;
}

/** The number itself: 0 or infinite where float64 ends. */
export const plain = ({ value, exponent }: Scaled): number =>
  value * 2 ** Math.trunc(exponent / 2) * 2 ** (exponent - Math.trunc(exponent / 2));

/** Logarithm to base 2 of its magnitude. */
export const log2Of = ({ value, exponent }: Scaled): number => Math.log2(Math.abs(value)) + exponent;

/** What no power of two for a node holds: weights so large that a layer's sums are infinite. */
export const beyondFloat64 = (what: string): GatewiseError =>
  new GatewiseError({
    code: "numerical-failure",
    received: `${what} beyond float64`,
    expected: "numbers of at most 1.8e308",
    next: "scale the weights or the input",
  });

/**
 * The pass: by position, for the nodes that paths come through.
 * @param known what of it is known already
 */
export function pathPass(
  graph: PathGraph,
  quantity: PathQuantity,
  known: ReadonlyMap<number, NodeTotals> = new Map(),
): ReadonlyMap<number, NodeTotals> {
  const { network } = graph;
  const done = new Map<number, NodeTotals>();
  for (const position of pathNodes(network)) {
    const before = known.get(position);
    if (before !== undefined) {
      done.set(position, before);
      continue;
    }
    const node = network.nodes[position];
    if (node === undefined) throw new Error(`unreachable: no node ${position}`);
    done.set(position, nodeTotals(graph, position, node, quantity, done));
  }
  return done;
}

function nodeTotals(
  { network, gates, selected, starts }: PathGraph,
  position: number,
  node: GatedNode,
  { factor, slope, combine: how }: PathQuantity,
  done: ReadonlyMap<number, NodeTotals>,
): NodeTotals {
  const combine = typeof how === "string" ? how : how(position);
  const begun = starts.get(position);
  const sources = edgePattern(node).kind === "none" ? [] : pathInputs(node);
  const inputs = sources.flatMap((source) => {
    const totals = done.get(source);
    return totals === undefined ? [] : [{ ...totals, shape: network.nodes[source]?.shape ?? [] }];
  });
  const exponent = commonExponent(inputs, begun && factorsOf(begun, factor));
  const decided = { gates: gates.get(position), selected: selected.get(position) };
  const mapped = (part: "totals" | "slopes", own: Factor): Float64Array => {
    const vectors = inputs.map((one) => ({
      data: scaledBy(one[part] ?? one.totals, one.exponent - exponent),
      shape: one.shape,
    }));
    return mapEdges(node, vectors, decided, own, combine);
  };
  const totals = mapped("totals", factor);
  const slopes = slope && mapped("slopes", factor);
  if (slopes && slope && !carriesOnlyOnes(node)) add(slopes, mapped("totals", slope));
  if (begun) {
    const begin = (into: Float64Array, counted: Factor): void => {
      const own = scaledBy(factorsOf(begun, counted), -exponent);
      if (combine === "sum") add(into, own);
      else for (let i = 0; i < into.length; i++) into[i] = Math.max(into[i]!, own[i]!);
    };
    begin(totals, factor);
    if (slopes && slope) begin(slopes, slope);
  }
  const shift = overflowing(totals);
  return { exponent: exponent + shift, totals: scaledBy(totals, -shift), slopes: slopes && scaledBy(slopes, -shift) };
}

/** Whether all edges of a node have weight 1, whose logarithm is 0. */
const carriesOnlyOnes = (node: GatedNode): boolean => edgeWeights(node) === "ones" && decisionOf(node)?.kind !== "gate";

/** The exponent in which neither inputs nor starts overflow. */
export function commonExponent(
  inputs: readonly Pick<NodeTotals, "exponent" | "totals">[],
  starts: Float64Array | undefined,
): number {
  const ofInputs = inputs
    .filter(({ totals }) => !isZero(totals))
    .reduce<number | undefined>((most, { exponent }) => Math.max(most ?? exponent, exponent), undefined);
  if (ofInputs === undefined) return 0;
  const largest = starts === undefined ? 0 : largestOf(starts);
  return ofInputs < 0 && largest > 0 ? Math.max(ofInputs, Math.min(0, Math.floor(Math.log2(largest)))) : ofInputs;
}

/** How far the totals are from 1, in powers of two, where that is far; else 0. */
export function overflowing(totals: Float64Array): number {
  const largest = largestOf(totals);
  const exponent = largest > 0 && largest < Number.POSITIVE_INFINITY ? Math.floor(Math.log2(largest)) : 0;
  // a layer multiplies by less than 2^256 times its fan-in even with squared float32 weights
  return Math.abs(exponent) < 256 ? 0 : Math.max(-1000, Math.min(1000, exponent));
}

function largestOf(values: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}

function isZero(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) return false;
  return true;
}

export function scaledBy(values: Float64Array, exponent: number): Float64Array {
  if (exponent === 0) return values;
  const factor = 2 ** exponent;
  return eachNumber(new Float64Array(values.length), values, (value) => (value === 0 ? 0 : value * factor));
}

function add(into: Float64Array, terms: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i]! += terms[i]!;
}
