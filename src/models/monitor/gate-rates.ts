/** For how many examples each gate is open. */
import type { PackedGates } from "../../gates/index.ts";

/** Counts of no examples: of each layer `[units]`. */
export const closedRates = ({ layers }: PackedGates): readonly Int32Array[] =>
  layers.map(({ units }) => new Int32Array(units));

/** Adds the open gates of examples to their counts. */
export function countOpen({ layers }: PackedGates, open: readonly Int32Array[]): void {
  for (const [index, { words, wordsPerExample }] of layers.entries()) {
    const counts = open[index]!;
    for (let i = 0; i < words.length; i++) {
      const first = 32 * (i % wordsPerExample);
      // from one open gate to the next
      for (let word = words[i]!; word !== 0; word &= word - 1) counts[first + 31 - Math.clz32(word & -word)]! += 1;
    }
  }
}
