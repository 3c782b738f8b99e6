import type { GateRows, PackedGates } from "../../gates/index.ts";

/** The gates of some examples, in this order. */
export function pickedGates({ layers }: PackedGates, places: ArrayLike<number>): PackedGates {
  return {
    examples: places.length,
    layers: layers.map((layer) => {
      const words = pickedWords(layer.words, layer.wordsPerExample, places);
      return { ...layer, words };
    }),
  };
}

/** The same of rows. */
export const pickedRows = ({ words, data }: GateRows, places: ArrayLike<number>): GateRows => ({
  examples: places.length,
  words,
  data: pickedWords(data, 2 * words, places),
});

function pickedWords(words: Uint32Array, width: number, places: ArrayLike<number>): Uint32Array {
  const picked = new Uint32Array(places.length * width);
  for (let i = 0; i < places.length; i++) {
    picked.set(words.subarray(places[i]! * width, (places[i]! + 1) * width), i * width);
  }
  return picked;
}
