import { type DenseArray, denseArray } from "../graph/index.ts";
import type { PackedGates } from "./packed-gates.ts";

/** Gates of some examples, the layers of an example one behind the other in whole 64-bit words. */
export interface GateRows {
  readonly examples: number;
  /** 64-bit words an example. */
  readonly words: number;
  /** `[examples, 2 · words]` */
  readonly data: Uint32Array;
}

/** Lays the layers of each example one behind the other. */
export function gateRows({ examples, layers }: PackedGates): GateRows {
  const words32 = layers.reduce((sum, { wordsPerExample }) => sum + wordsPerExample, 0);
  const data = new Uint32Array(examples * words32);
  let start = 0;
  for (const { words, wordsPerExample } of layers) {
    for (let example = 0; example < examples; example++) {
      const from = example * wordsPerExample;
      data.set(words.subarray(from, from + wordsPerExample), example * words32 + start);
    }
    start += wordsPerExample;
  }
  return { examples, words: words32 / 2, data };
}

/** Gates as bytes, as a file holds them: `[examples, bytes]`, the layers of an example in whole 64-bit words. */
export function gateBytes(gates: PackedGates): DenseArray<"uint8"> {
  const { examples, words, data } = gateRows(gates);
  return denseArray("uint8", [examples, 8 * words], new Uint8Array(data.buffer));
}

/**
 * Gates from what {@link gateBytes} makes of them.
 * @param like gates of as many examples and of the same layers
 * @returns undefined for the bytes of others
 */
export function gatesOfBytes(
  { shape, data }: DenseArray<"uint8">,
  { examples, layers }: PackedGates,
): PackedGates | undefined {
  const words32 = layers.reduce((sum, { wordsPerExample }) => sum + wordsPerExample, 0);
  if (shape.join() !== `${examples},${4 * words32}`) return undefined;
  const rows = new Uint32Array(data.slice().buffer);
  let start = 0;
  return {
    examples,
    layers: layers.map((layer) => {
      const { wordsPerExample } = layer;
      const words = new Uint32Array(examples * wordsPerExample);
      for (let example = 0; example < examples; example++) {
        const from = example * words32 + start;
        words.set(rows.subarray(from, from + wordsPerExample), example * wordsPerExample);
      }
      start += wordsPerExample;
      return { ...layer, words };
    }),
  };
}

/** Examples `from` to `to`; shares the memory. */
export const sliceGates = ({ words, data }: GateRows, from: number, to: number): GateRows => ({
  examples: to - from,
  words,
  data: data.subarray(2 * words * from, 2 * words * to),
});
