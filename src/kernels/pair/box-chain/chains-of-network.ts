/**
 * The fast way of the path kernel through gated 3×3 convolutions before a global average pool (theory 3.7 and 3.9), in WebAssembly.
 * box-chain.ts finds the chain, packed-side.ts packs an example, memory.ts lays pairs out for the module,
 * in the types that bounds.ts finds.
 */
import type { GatedNetwork } from "../../../network/index.ts";
import type { Shortcut, Shortcuts } from "../one-pair.ts";
import type { PairPlan } from "../plan.ts";
import type { ExampleSide } from "../side.ts";
import type { Mask } from "../terms.ts";
import { type BoxChain, boxChain } from "./box-chain.ts";
import { type BoxChainKernel, openBoxChain } from "./memory.ts";
import { type PackedSide, packSide } from "./packed-side.ts";

/** The chains before the global average pools of a network, by pool; empty where none fits. */
export const boxChainsOf = (network: GatedNetwork, plan: PairPlan): ReadonlyMap<number, BoxChain> =>
  new Map(
    [...plan.summed].flatMap((pool) => {
      const chain = boxChain(network, pool);
      return chain === undefined ? [] : [[pool, chain] as const];
    }),
  );

/** What the pair kernel may take instead of the nodes before the pools of chains. */
export async function openBoxChains(chains: ReadonlyMap<number, BoxChain>): Promise<Shortcuts> {
  const opened = [...chains].map(async ([pool, chain]) => [pool, shortcut(await openBoxChain(chain), chain)] as const);
  return new Map(await Promise.all(opened));
}

const shortcut = (kernel: BoxChainKernel, chain: BoxChain): Shortcut => {
  const packed = new WeakMap<ExampleSide, PackedSide>();
  const packedSide = (side: ExampleSide, values: Mask): PackedSide => {
    const known = packed.get(side) ?? packSide(side, chain, values);
    packed.set(side, known);
    return known;
  };
  return {
    front: chain.front,
    terms(a, b, [front]) {
      if (front?.kind !== "uniform") throw new Error("unreachable: a chain that does not start at values");
      const sum = kernel(packedSide(a, front.left), packedSide(b, front.right));
      return [{ kind: "summed", kernel: Float64Array.of(sum / (chain.height * chain.width) ** 2) }];
    },
  };
};
