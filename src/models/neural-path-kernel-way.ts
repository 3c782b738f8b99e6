import { type DenseChain, denseChain } from "../kernels/index.ts";
import type { GatedNetwork } from "../network/index.ts";

/** How the exact kernel of a network is made. */
export type NeuralPathKernelWay =
  /** Chains of dense layers with hard gates: overlaps of packed gates, a popcount each. */
  | { readonly kind: "packed bits"; readonly chain: DenseChain }
  /** All others: every pair of examples, at the pairs of positions that the network reads. */
  | { readonly kind: "pairs of positions" };

/** How the exact path kernel of this network is made. */
export function neuralPathKernelWay(network: GatedNetwork): NeuralPathKernelWay {
  const chain = denseChain(network);
  return chain === undefined ? { kind: "pairs of positions" } : { kind: "packed bits", chain };
}
