import { GatewiseError } from "../errors.ts";

/** An example and how much of the query's active sub-network it shares. */
export interface Neighbor {
  readonly example: number;
  /** Shared active paths over the geometric mean of both examples' own: `Λ(s, q) / √(Λ(s, s) Λ(q, q))`, 0 to 1. */
  readonly similarity: number;
  /** Base-2 logarithm of the number of paths that are active for both, `Λ(s, q)`; −∞ where there is none. */
  readonly log2SharedPaths: number;
  /** Share of all gates on for the query that are on for the example too. */
  readonly sharedGates: number;
}

/**
 * An example as a neighbor, from counts in logarithms: those of many wide layers leave the range of numbers.
 * @param log2Own base-2 logarithms of the paths active for the example and for the query
 */
export function neighborOf(
  example: number,
  log2SharedPaths: number,
  log2Own: readonly [example: number, query: number],
  sharedGates: number,
): Neighbor {
  const mean = (log2Own[0] + log2Own[1]) / 2;
  const similarity = log2SharedPaths === Number.NEGATIVE_INFINITY ? 0 : 2 ** (log2SharedPaths - mean);
  return { example, similarity, log2SharedPaths, sharedGates };
}

/** Below 0 where the first is nearer: of alike ones that which shares more gates, then in order of the examples. */
export const nearer = (a: Neighbor, b: Neighbor): number =>
  b.similarity - a.similarity || b.sharedGates - a.sharedGates || a.example - b.example;

/** The nearest first. */
export const nearestFirst = (neighbors: readonly Neighbor[], count: number): readonly Neighbor[] =>
  neighbors.toSorted(nearer).slice(0, count);

/**
 * Tells a pair of examples by their places: writes the base-2 logarithm of their shared active paths, and the share of the
 * first one's open gates that are open for the second.
 */
export type PairTelling = (row: number, column: number, to: Float64Array) => void;

/** @throws GatewiseError if there is no such example */
export function checkQuery(query: number, examples: number): void {
  if (Number.isInteger(query) && query >= 0 && query < examples) return;
  throw new GatewiseError({
    received: `query ${query}`,
    expected: `an example from 0 to ${examples - 1}`,
    next: "count the inputs from 0",
  });
}
