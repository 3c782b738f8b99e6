import type { Inputs } from "../gates/index.ts";
import type { GatedNetwork } from "../network/index.ts";
import { type LargestBundles, largestBundles } from "../paths/index.ts";
import { activeExample, type PathsOptions } from "./paths-of-example.ts";

/** The largest bundles of one example: paths of the same weights at all positions, summed. */
export function bundlesOfExample(
  network: GatedNetwork,
  example: Inputs,
  { output, top = 10 }: PathsOptions = {},
): LargestBundles {
  const { active, chosen } = activeExample(network, example, output);
  return largestBundles(active, chosen, top);
}
