import { GatewiseError } from "../errors.ts";
import { checkCount } from "../network/index.ts";
import { type PackedGates, type PackedLayer, popcount } from "./packed-gates.ts";

/** How much of their active sub-networks the examples of classes share, in one layer. */
export interface ClassOverlap {
  /** Number of the gated layer, from 1. */
  readonly layer: number;
  /**
   * `[classes][classes]`: mean share of the layer's units that are on for both of two different examples, one of each
   * class; NaN where a class has no such pair.
   */
  readonly shares: readonly (readonly number[])[];
}

/**
 * Mean overlap of the gates within and between classes. Counts how often each unit is on in each class and multiplies
 * the counts, so its cost grows with the number of examples, not of pairs.
 * @param labels class of each example, from 0
 * @throws GatewiseError unless there is one label an example, each one of the classes
 */
export function classOverlaps(gates: PackedGates, labels: readonly number[], classes: number): readonly ClassOverlap[] {
  if (labels.length !== gates.examples) {
    throw new GatewiseError({
      received: `${labels.length} labels for ${gates.examples} examples`,
      expected: "one label an example",
      next: "give the labels of the same inputs, in the same order",
    });
  }
  checkCount("number of classes", classes);
  const wrong = labels.find((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (wrong !== undefined) {
    throw new GatewiseError({
      received: `label ${wrong}`,
      expected: `classes from 0 to ${classes - 1}`,
      next: "number the classes from 0",
    });
  }
  const sizes = Array.from({ length: classes }, (_, k) => labels.filter((label) => label === k).length);
  return gates.layers.map((layer) => ({ layer: layer.layer, shares: sharesOf(layer, labels, sizes) }));
}

function sharesOf(
  layer: PackedLayer,
  labels: readonly number[],
  sizes: readonly number[],
): readonly (readonly number[])[] {
  const { units, words, wordsPerExample } = layer;
  const counts = sizes.map(() => new Float64Array(units));
  // an example shares with itself all that it has on: these pairs are taken out again
  const own = sizes.map(() => 0);
  labels.forEach((label, example) => {
    const count = counts[label];
    if (count === undefined) return;
    for (let word = 0; word < wordsPerExample; word++) {
      const bits = words[example * wordsPerExample + word]!;
      own[label] = (own[label] ?? 0) + popcount(bits);
      for (let rest = bits; rest !== 0; rest &= rest - 1) count[32 * word + 31 - Math.clz32(rest & -rest)]! += 1;
    }
  });
  return counts.map((a, i) =>
    counts.map((b, j) => {
      const [first = 0, second = 0] = [sizes[i], sizes[j]];
      const pairs = i === j ? first * (first - 1) : first * second;
      const both = a.reduce((sum, count, unit) => sum + count * b[unit]!, 0) - (i === j ? (own[i] ?? 0) : 0);
      return pairs === 0 ? Number.NaN : both / (pairs * units);
    }),
  );
}
