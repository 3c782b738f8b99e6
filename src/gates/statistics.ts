import { type PackedGates, type PackedLayer, popcount } from "./packed-gates.ts";

/** What the gates of one layer do over a set of inputs. */
export interface LayerStatistics {
  /** Number of the weight layer, from 1. */
  readonly layer: number;
  readonly units: number;
  /** Share of all gates that are on, 0 to 1. */
  readonly on: number;
  /** Units that are off for every input. */
  readonly dead: number;
  /** Units that are on for every input. */
  readonly alwaysOn: number;
}

/** Statistics of every layer. */
export const gateStatistics = (gates: PackedGates): readonly LayerStatistics[] =>
  gates.layers.map((layer) => layerStatistics(layer, gates.examples));

function layerStatistics({ layer, units, wordsPerExample, words }: PackedLayer, examples: number): LayerStatistics {
  const everOn = new Uint32Array(wordsPerExample);
  const everOff = new Uint32Array(wordsPerExample);
  let on = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    on += popcount(word);
    everOn[i % wordsPerExample]! |= word;
    everOff[i % wordsPerExample]! |= ~word;
  }
  // bits behind the last unit are never on, and not counted as dead
  const unused = wordsPerExample * 32 - units;
  return {
    layer,
    units,
    on: on / (units * examples),
    dead: units - countOnes(everOn),
    alwaysOn: units - (countOnes(everOff) - unused),
  };
}

const countOnes = (words: Uint32Array): number => words.reduce((sum, word) => sum + popcount(word), 0);

/**
 * Share of gates that differ, for each layer: the Hamming distance between two networks or two epochs of one
 * architecture on the same inputs.
 */
export const flippedShares = (before: PackedGates, after: PackedGates): readonly number[] =>
  after.layers.map(({ words, units }, index) => {
    const old = before.layers[index]?.words ?? words;
    let flipped = 0;
    for (let i = 0; i < words.length; i++) flipped += popcount(words[i]! ^ old[i]!);
    return flipped / (units * after.examples);
  });
