import type { PackedGates } from "../../gates/index.ts";
import { overlapPairs } from "./overlap-pairs.ts";
import type { PathEnds } from "./shared-paths.ts";

/**
 * How much of their active paths the examples of two classes share in a fully connected network: the shared paths `Λ` of two
 * different examples by the geometric mean of both's own (theory 3.4), in the mean over all pairs.
 * @param labels class of each of the first examples, from 0; the others are left out
 * @returns `[classes, classes]`, symmetric, from 0 to 1; NaN where two classes have no pair
 */
export function classKernel(
  gates: PackedGates,
  labels: ArrayLike<number>,
  classes: number,
  ends: PathEnds,
): Float64Array<ArrayBuffer> {
  const tell = overlapPairs(gates, gates, ends);
  const told = new Float64Array(2);
  const log2Shared = (a: number, b: number): number => {
    tell(a, b, told);
    return told[0]!;
  };
  const own = Float64Array.from(labels, (_, example) => log2Shared(example, example));
  const [sums, pairs] = [new Float64Array(classes ** 2), new Float64Array(classes ** 2)];
  for (let a = 0; a < labels.length; a++) {
    for (let b = 0; b < a; b++) {
      const log2 = log2Shared(a, b) - (own[a]! + own[b]!) / 2;
      // an example without an active path shares none
      const share = Number.isNaN(log2) ? 0 : 2 ** log2;
      for (const place of new Set([labels[a]! * classes + labels[b]!, labels[b]! * classes + labels[a]!])) {
        sums[place]! += share;
        pairs[place]! += 1;
      }
    }
  }
  return sums.map((sum, place) => sum / pairs[place]!);
}
