import { type PackedGates, type PairTelling, popcount } from "../../gates/index.ts";
import type { PathEnds } from "./shared-paths.ts";

/** Counts are kept below this; a layer multiplies by less than `2^64`. */
const LARGE = 2 ** 500;

/**
 * Tells pairs of two sets of examples of a fully connected network, as `neighborsByOverlaps` counts them, for many pairs:
 * one logarithm a pair and no arrays.
 */
export function overlapPairs(rows: PackedGates, columns: PackedGates, ends: PathEnds): PairTelling {
  const open = openCounts(rows);
  const layers = rows.layers.map(({ words, wordsPerExample }, index) => ({
    left: words,
    right: columns.layers[index]?.words ?? new Uint32Array(),
    width: wordsPerExample,
    bias: ends.biases[index] === true ? 1 : 0,
  }));
  const lastBias = ends.biases[layers.length] === true ? 1 : 0;
  const log2Outputs = Math.log2(ends.outputs);
  return (row, column, to) => {
    let paths = ends.inputs;
    let exponent = 0;
    let on = 0;
    for (const { left, right, width, bias } of layers) {
      let both = 0;
      for (let word = 0; word < width; word++) {
        both += popcount(left[row * width + word]! & right[column * width + word]!);
      }
      on += both;
      paths = (paths + bias * 2 ** -exponent) * both;
      if (paths > LARGE) {
        paths /= LARGE;
        exponent += 500;
      }
    }
    to[0] = Math.log2(paths + lastBias * 2 ** -exponent) + exponent + log2Outputs;
    to[1] = open[row] === 0 ? 0 : on / open[row]!;
  };
}

/** Gates of all layers that are on for each example. */
function openCounts({ examples, layers }: PackedGates): Float64Array {
  const open = new Float64Array(examples);
  for (const { words, wordsPerExample } of layers) {
    for (let word = 0; word < words.length; word++) open[Math.floor(word / wordsPerExample)]! += popcount(words[word]!);
  }
  return open;
}
