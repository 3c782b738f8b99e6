/** Numbers that callers choose by: of outputs, and how many of something. */
import { GatewiseError } from "../errors.ts";
import type { GatedNetwork } from "./gated-network.ts";
import { outputCount } from "./network-nodes.ts";

/** @throws GatewiseError unless the network has the output */
export function checkOutput(network: GatedNetwork<unknown>, output: number): void {
  const outputs = outputCount(network);
  if (Number.isInteger(output) && output >= 0 && output < outputs) return;
  throw new GatewiseError({
    received: `output ${output}`,
    expected: outputs === 1 ? "0, the network's only output" : `0 to ${outputs - 1}`,
    next: "outputs are counted from 0",
  });
}

/**
 * @param what as it is called, `batch`
 * @throws GatewiseError unless the number is whole and at least `least`
 */
export function checkCount(what: string, count: number, least: 0 | 1 | 2 = 1): void {
  if (Number.isSafeInteger(count) && count >= least) return;
  throw new GatewiseError({
    received: `${what} ${count}`,
    expected: `a whole number of at least ${least}`,
    next: `give another ${what}`,
  });
}

/** @throws GatewiseError for a word that is none of those */
export function checkWord(what: string, word: string, words: readonly string[]): void {
  if (words.includes(word)) return;
  throw new GatewiseError({ received: `${what} "${word}"`, expected: words.join(" or "), next: "choose one of them" });
}
