import { GatewiseError } from "../../errors.ts";
import { type PackedGates, popcount } from "../../gates/index.ts";

/** An example and how much of the query's active sub-network it shares. */
export interface Neighbor {
  readonly example: number;
  /**
   * Shared active paths of gates over the geometric mean of both examples' own: `Λ(s, q) / √(Λ(s, s) Λ(q, q))`, 0 to 1.
   */
  readonly similarity: number;
  /** Base-2 logarithm of `Λ(s, q)`, the product over layers of the gates on for both (theory 3); −∞ where it is 0. */
  readonly log2SharedPaths: number;
  /** Share of all gates on for the query that are on for the example too. */
  readonly sharedGates: number;
}

/**
 * The examples that share most active paths with one of them, by the product over layers of the gates that are on for
 * both. Maps count as layers of single units. In logarithms: products of many wide layers leave the range of numbers.
 * @param count as many neighbors, the query left out
 * @throws GatewiseError if there is no such example
 */
export function nearestByPaths(gates: PackedGates, query: number, count: number): readonly Neighbor[] {
  if (!Number.isInteger(query) || query < 0 || query >= gates.examples) {
    throw new GatewiseError({
      received: `query ${query}`,
      expected: `an example from 0 to ${gates.examples - 1}`,
      next: "count the inputs from 0",
    });
  }
  const own = Array.from({ length: gates.examples }, (_, s) => log2(overlaps(gates, s, s)));
  const queryOn = overlaps(gates, query, query).reduce((sum, on) => sum + on, 0);
  return Array.from({ length: gates.examples }, (_, example): Neighbor => {
    const shared = overlaps(gates, example, query);
    const logarithm = log2(shared);
    const both = ((own[example] ?? 0) + (own[query] ?? 0)) / 2;
    return {
      example,
      similarity: logarithm === Number.NEGATIVE_INFINITY ? 0 : 2 ** (logarithm - both),
      log2SharedPaths: logarithm,
      sharedGates: queryOn === 0 ? 0 : shared.reduce((sum, on) => sum + on, 0) / queryOn,
    };
  })
    .filter(({ example }) => example !== query)
    .sort((a, b) => b.similarity - a.similarity || b.sharedGates - a.sharedGates || a.example - b.example)
    .slice(0, count);
}

/** Gates on for both examples, layer by layer. */
const overlaps = ({ layers }: PackedGates, s: number, t: number): readonly number[] =>
  layers.map(({ words, wordsPerExample }) => {
    let on = 0;
    for (let word = 0; word < wordsPerExample; word++) {
      on += popcount(words[s * wordsPerExample + word]! & words[t * wordsPerExample + word]!);
    }
    return on;
  });

const log2 = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + Math.log2(count), 0);
