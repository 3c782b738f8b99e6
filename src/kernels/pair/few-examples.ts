/** The path kernel of a few examples, node by node: no fast way, and a tenth of the code, for who carries it in a page. */
import type { Engine } from "../../engine/index.ts";
import { GatewiseError } from "../../errors.ts";
import type { Inputs } from "../../gates/index.ts";
import { type DenseArray, float64 } from "../../graph/index.ts";
import type { GatedNetwork } from "../../network/index.ts";
import { checkKernelNumbers } from "../kernel-numbers.ts";
import { mapsOf, nodeAt } from "./maps.ts";
import { kernelOfPair } from "./one-pair.ts";
import { pairCountOf } from "./pair-lines.ts";
import { type PairPlan, planPairs } from "./plan.ts";
import { readPathExamples } from "./readings.ts";
import { ExampleSide } from "./side.ts";

/** Pairs of positions in all maps together: a fifth of a second of one pair of examples. */
const MOST_PAIRS = 2 ** 25;

/** How it is watched. */
export interface FewExamplesOptions {
  readonly signal?: AbortSignal | undefined;
  /** Pairs of examples that are done. */
  readonly onProgress?: ((pairs: number, of: number) => void) | undefined;
  /** Lets others in; called between two pairs. */
  readonly breathe: () => Promise<void>;
}

/**
 * The exact path kernel of a few examples (theory 3.5 to 3.12).
 * @param inputs `[n, …inputShape]`
 * @returns `[n, n]`
 * @throws GatewiseError if the inputs do not have the network's shape, or a pair takes longer than one waits for
 */
export async function kernelOfFew(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  { signal, onProgress, breathe }: FewExamplesOptions,
): Promise<DenseArray<"float64">> {
  const plan = planPairs(network);
  checkPairs(network, plan);
  const sides = (await readPathExamples(network, engine, inputs, { signal })).map(
    (reading) => new ExampleSide(network, reading),
  );
  const count = sides.length;
  const kernel = new Float64Array(count ** 2);
  let done = 0;
  for (const [i, a] of sides.entries()) {
    for (const [j, b] of sides.entries()) {
      if (j > i) break;
      const value = kernelOfPair(network, plan, a, b);
      kernel[i * count + j] = value;
      kernel[j * count + i] = value;
      onProgress?.(++done, (count * (count + 1)) / 2);
      await breathe();
    }
  }
  checkKernelNumbers(kernel, "a neural path kernel", "choose a network with fewer layers");
  return float64([count, count], kernel);
}

function checkPairs(network: GatedNetwork, { pairs }: PairPlan): void {
  const counted = [...pairs].map(([position, own]) => pairCountOf(own, mapsOf(nodeAt(network, position)).positions));
  const all = counted.reduce((sum, one) => sum + one, 0);
  if (all <= MOST_PAIRS) return;
  throw new GatewiseError({
    code: "too-large",
    received: `a path kernel by ${all.toLocaleString("en")} pairs of positions for each pair of examples`,
    expected: `at most ${MOST_PAIRS.toLocaleString("en")} here`,
    next: "the command `npk` has faster ways, and estimates",
  });
}
