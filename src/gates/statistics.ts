import { GatewiseError } from "../errors.ts";
import { type PackedGates, type PackedLayer, popcount } from "./packed-gates.ts";

/** What the gates of one layer do over a set of inputs. */
export interface LayerStatistics {
  /** Number of the weight layer, from 1. */
  readonly layer: number;
  readonly units: number;
  /** Share of all gates that are on, 0 to 1; 0 without inputs. */
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
  const alwaysOn = Uint32Array.from(everOn, (_, word) => usedBits(units, word));
  let on = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    on += popcount(word);
    everOn[i % wordsPerExample]! |= word;
    alwaysOn[i % wordsPerExample]! &= word;
  }
  return {
    layer,
    units,
    on: share(on, units * examples),
    dead: units - countOnes(everOn),
    alwaysOn: countOnes(alwaysOn),
  };
}

/** Ones where word `word` of an example holds units: the bits behind the last unit are no gates. */
function usedBits(units: number, word: number): number {
  const used = Math.min(Math.max(units - 32 * word, 0), 32);
  return 2 ** used - 1;
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

const countOnes = (words: Uint32Array): number => words.reduce((sum, word) => sum + popcount(word), 0);

function checkAlike(before: PackedGates, after: PackedGates): void {
  const [was, is] = [describe(before), describe(after)];
  if (was === is) return;
  throw new GatewiseError({
    received: `gates of ${was} and of ${is}`,
    expected: "gates of one architecture on the same inputs",
    next: "extract both with the same inputs",
  });
}

/**
 * Share of gates that differ, for each layer: the Hamming distance between two networks or two epochs of one
 * architecture on the same inputs. 0 without inputs.
 * @throws GatewiseError if the two differ in their examples, layers or units
 */
export function flippedShares(before: PackedGates, after: PackedGates): readonly number[] {
  checkAlike(before, after);
  return after.layers.map(({ words, units }, index) => {
    const old = before.layers[index]!.words;
    let flipped = 0;
    for (let i = 0; i < words.length; i++) flipped += popcount(words[i]! ^ old[i]!);
    return share(flipped, units * after.examples);
  });
}

/**
 * Of each layer the units whose gates differ for most examples, most first, and for which share of them.
 * @param top how many at most; units that never differ are left out
 * @throws GatewiseError if the two differ in their examples, layers or units
 */
export function mostFlipped(
  before: PackedGates,
  after: PackedGates,
  top: number,
): readonly (readonly { readonly unit: number; readonly share: number }[])[] {
  checkAlike(before, after);
  return after.layers.map(({ words, units, wordsPerExample }, index) => {
    const old = before.layers[index]!.words;
    const counts = new Uint32Array(32 * wordsPerExample);
    for (let i = 0; i < words.length; i++) {
      for (let bits = words[i]! ^ old[i]!; bits !== 0; bits &= bits - 1) {
        counts[32 * (i % wordsPerExample) + (31 - Math.clz32(bits & -bits))]! += 1;
      }
    }
    return Array.from(counts.subarray(0, units), (count, unit) => ({ unit, share: share(count, after.examples) }))
      .filter((one) => one.share > 0)
      .sort((a, b) => b.share - a.share || a.unit - b.unit)
      .slice(0, top);
  });
}

const describe = ({ examples, layers }: PackedGates): string =>
  `${examples} examples in layers of ${layers.map(({ units }) => units).join(", ") || "nothing"}`;
