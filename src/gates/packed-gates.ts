/**
 * Hard gates as bits: one bit a gate, 32 times smaller than float32 (design: gates are bits).
 *
 * A layer's gates of one example fill whole 64-bit words (two 32-bit ones here: JavaScript counts bits in 32), so that
 * overlaps of two examples are a popcount of an AND over aligned words.
 */
import { type DenseArray, sizeOf } from "../graph/index.ts";

/** Gates of one layer as bits, for each example in whole 64-bit words. */
export interface PackedLayer {
  /** Number of the weight layer, from 1. */
  readonly layer: number;
  readonly units: number;
  /** 32-bit words an example, an even number. */
  readonly wordsPerExample: number;
  /** `[examples, wordsPerExample]`; bit `u % 32` of word `u / 32` is unit `u`, unused bits are 0. */
  readonly words: Uint32Array;
}

/** Gates of `examples` inputs, one entry for each gated layer. */
export interface PackedGates {
  readonly examples: number;
  readonly layers: readonly PackedLayer[];
}

/** Packs `[examples, ...units]` booleans of one layer. */
export function packLayer(layer: number, gates: DenseArray<"bool">): PackedLayer {
  const [examples = 0, ...shape] = gates.shape;
  const units = sizeOf(shape);
  const wordsPerExample = 2 * Math.ceil(units / 64);
  const words = new Uint32Array(examples * wordsPerExample);
  const { data } = gates;
  for (let example = 0; example < examples; example++) {
    const from = example * units;
    const to = example * wordsPerExample;
    for (let unit = 0; unit < units; unit++) {
      words[to + (unit >>> 5)]! |= data[from + unit]! << (unit & 31);
    }
  }
  return { layer, units, wordsPerExample, words };
}

/** The gates of examples that were packed part by part, at least one part. */
export function joinGates(parts: readonly PackedGates[]): PackedGates {
  const examples = parts.reduce((sum, part) => sum + part.examples, 0);
  const layers = (parts[0]?.layers ?? []).map(({ layer, units, wordsPerExample }, index) => {
    const words = new Uint32Array(examples * wordsPerExample);
    let at = 0;
    for (const piece of parts.flatMap((part) => part.layers.slice(index, index + 1))) {
      words.set(piece.words, at);
      at += piece.words.length;
    }
    return { layer, units, wordsPerExample, words };
  });
  return { examples, layers };
}

/** Number of ones in a 32-bit word. */
export function popcount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
