import { checkQuery, type Neighbor, nearestFirst, neighborOf, type PackedGates, popcount } from "../../gates/index.ts";
import { checkCount } from "../../network/index.ts";
import { optionsIn } from "../../options.ts";

/** Between which ends the paths of a fully connected network run, and where else they start. */
export interface PathEnds {
  readonly inputs: number;
  readonly outputs: number;
  /** Whether each weight layer has a bias, in order. */
  readonly biases: readonly boolean[];
}

/**
 * The examples of a fully connected network that share most active paths with one of them: by overlaps of gates layer
 * by layer, `Λ_l = ⟨G_l, G_l'⟩ (Λ_{l−1} + b_l)` (theory 3.4 with 1 for every input). In logarithms: products of many wide
 * layers leave the range of numbers.
 * @param count as many neighbors, the query left out
 * @param ends left out: paths through the gates alone, the product of the overlaps
 * @throws GatewiseError if there is no such example
 */
export function neighborsByOverlaps(
  gates: PackedGates,
  query: number,
  count: number,
  ends: PathEnds = { inputs: 1, outputs: 1, biases: [] },
): readonly Neighbor[] {
  optionsIn(ends);
  checkQuery(query, gates.examples);
  checkCount("number of neighbors", count);
  const own = Array.from({ length: gates.examples }, (_, s) => log2Paths(overlaps(gates, s, s), ends));
  const queryOn = overlaps(gates, query, query).reduce((sum, on) => sum + on, 0);
  const all = Array.from({ length: gates.examples }, (_, example): Neighbor => {
    const shared = overlaps(gates, example, query);
    const sharedOn = shared.reduce((sum, on) => sum + on, 0);
    return neighborOf(
      example,
      log2Paths(shared, ends),
      [own[example] ?? 0, own[query] ?? 0],
      queryOn === 0 ? 0 : sharedOn / queryOn,
    );
  });
  return nearestFirst(
    all.filter(({ example }) => example !== query),
    count,
  );
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

/** `log₂` of the paths through as many gates layer by layer. */
function log2Paths(open: readonly number[], { inputs, outputs, biases }: PathEnds): number {
  const started = (log2: number, layer: number): number => (biases[layer] ? log2PlusOne(log2) : log2);
  const hidden = open.reduce((log2, on, layer) => started(log2, layer) + Math.log2(on), Math.log2(inputs));
  return started(hidden, open.length) + Math.log2(outputs);
}

/** `log₂(2^a + 1)` */
const log2PlusOne = (a: number): number => (a > 64 ? a : Math.log2(2 ** a + 1));
