/**
 * Where constants of a model come from: what a network trains are the arrays that its file holds, and weights of layers
 * are made of them (transposed, cut, scaled, batch normalizations folded into them). Each constant carries its
 * derivative by those arrays, element by element, and every op that makes a constant of constants carries it on.
 */
import type { Weights } from "../gated-network.ts";

/** An array of floating-point numbers that the file holds. */
export interface FileArray {
  readonly name: string;
  readonly values: Weights;
  /**
   * Where it stands: what a Constant node gives is a constant of the graph, unless a layer has it as its weight. An
   * `attribute` is an initializer that is surely no number of the program, even if it is a single one.
   */
  readonly kind: "attribute" | "initializer" | "constant-node";
}

/** Element `i` of a constant changes by `factors[i]` times what element `places[i]` of the source changes by. */
export interface Dependence {
  readonly source: FileArray;
  /** Element `i` itself where undefined; not at all where −1. */
  readonly places: Int32Array | undefined;
  /** One number for all, or one each; undefined where it depends on the source in another way. */
  readonly factors: number | Float64Array | undefined;
}

/** All arrays that a constant depends on: its derivative is the sum of these. Empty for what the reader makes up. */
export type Origin = readonly Dependence[];

/** Weights and where they come from. */
export type Sourced = Weights & { readonly origin: Origin };

/** Terms of a sum that are told apart whatever their size, and elements of all of them beyond that. */
const FREE_TERMS = 3;
const MOST_ELEMENTS = 2 ** 22;
/** Each term is looked for among the others. */
const MOST_TERMS = 64;

export const itself = (source: FileArray): Origin => [{ source, places: undefined, factors: 1 }];

/** Of elements from other places of the constant, zeros where they are −1. */
export const originOfPicked = (origin: Origin, from: Int32Array): Origin =>
  origin.map(({ source, places, factors }) => ({
    source,
    places: places === undefined ? from : from.map((place) => (place < 0 ? -1 : places[place]!)),
    factors: typeof factors === "object" ? Float64Array.from(from, (place) => factors[place] ?? 0) : factors,
  }));

/** Of a function of each element, by its slopes: one number for all, or one each. */
export const originOfMapped = (origin: Origin, slopes: number | Float64Array): Origin =>
  origin.map((one) => ({ ...one, factors: one.factors === undefined ? undefined : product(one.factors, slopes) }));

function product(a: number | Float64Array, b: number | Float64Array): number | Float64Array {
  if (typeof a === "number") {
    if (typeof b === "number") return a * b;
    if (b.every((one) => one === b[0])) return a * (b[0] ?? 0);
    return a === 1 ? b : b.map((one) => one * a);
  }
  return typeof b === "number" ? a.map((one) => one * b) : a.map((one, i) => one * b[i]!);
}

/** Of a sum, element by element. */
export function originOfSum(origins: readonly Origin[]): Origin {
  const all = origins.flat();
  if (all.length > 2 * MOST_TERMS) return originOfOther(all);
  const terms: Dependence[] = [];
  for (const one of all) {
    const at = terms.findIndex(({ source, places }) => source === one.source && places === one.places);
    const before = terms[at];
    if (before === undefined) terms.push(one);
    else terms[at] = { ...before, factors: total(before.factors, one.factors) };
  }
  const elements = terms.reduce((sum, { places, factors }) => sum + lengthOf(places) + lengthOf(factors), 0);
  return terms.length <= FREE_TERMS || (terms.length <= MOST_TERMS && elements <= MOST_ELEMENTS)
    ? terms
    : originOfOther(terms);
}

const lengthOf = (array: number | ArrayLike<number> | undefined): number =>
  typeof array === "object" ? array.length : 0;

function total(a: Dependence["factors"], b: Dependence["factors"]): Dependence["factors"] {
  if (a === undefined || b === undefined) return undefined;
  if (typeof a === "number") return typeof b === "number" ? a + b : b.map((one) => one + a);
  return typeof b === "number" ? a.map((one) => one + b) : a.map((one, i) => one + b[i]!);
}

/** Arrays of fewer elements than this are not worth the wait. */
const LARGE = 2 ** 12;

/**
 * An origin whose arrays are made each time they are read: of large weights they take several times the weights' memory,
 * and only tangent kernels need them.
 * @param terms as many as `make` gives, of the same sources
 */
export function originWhenAsked(terms: Origin, elements: number, make: () => Origin): Origin {
  const distinct = new Set(terms.map(({ source }) => source)).size === terms.length;
  if (elements < LARGE || !distinct || terms.length > FREE_TERMS) return make();
  return terms.map(({ source }, k) => ({
    source,
    get places() {
      return make()[k]?.places;
    },
    get factors() {
      return make()[k]?.factors;
    },
  }));
}

/** Of what is not computed element by element: it depends on these arrays, and how is not followed. */
export const originOfOther = (origin: Origin): Origin =>
  [...new Set(origin.map(({ source }) => source))].map((source) => ({
    source,
    places: undefined,
    factors: undefined,
  }));

/**
 * As the weight, the bias or the slopes of a layer: the initializers that it is made of are parameters, and Constant nodes
 * where it is made of nothing else (some exporters write all weights so).
 */
export function asParameter(weights: Sourced): Sourced {
  const initializers = fromInitializers(weights.origin);
  return initializers.length > 0 ? { ...weights, origin: initializers } : weights;
}

/**
 * As a factor or a summand beside a node: initializers of several numbers (a learned scale, a normalization that is
 * written out) are parameters, Constant nodes and single numbers are constants of the graph. A single number behind a
 * layer may be its bias.
 */
export function asOperand(weights: Sourced, mayBeBias: boolean): Sourced {
  const own = fromInitializers(weights.origin);
  return { ...weights, origin: weights.data.length > 1 || mayBeBias ? own : ofSingle(own) };
}

/** Of one number that something is multiplied by or that is added to it: also one of an array of several. */
export const ofSingle = (origin: Origin): Origin =>
  origin.filter(({ source: { kind, values } }) => kind === "attribute" || values.data.length > 1);

const fromInitializers = (origin: Origin): Origin => origin.filter(({ source }) => source.kind !== "constant-node");

export const sourced = (weights: Weights, origin: Origin = []): Sourced => ({ ...weights, origin });
