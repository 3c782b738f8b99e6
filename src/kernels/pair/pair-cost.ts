/**
 * What the exact path kernel of one pair of examples takes, told from the plan alone: the same walk through the nodes as
 * one-pair.ts, with counts instead of numbers. It comes before anything is computed, for a network of a few kilobytes can ask
 * for terabytes (pools that overlap on large maps).
 */
import type { GatedNetwork } from "../../network/index.ts";
import type { BoxChain } from "./box-chain/box-chain.ts";
import { planesOf } from "./box-chain/packed-side.ts";
import { nodeAt } from "./maps.ts";
import { type Made, nodeCost, ONE_UNIFORM, RATES } from "./node-cost.ts";
import type { PairPlan } from "./plan.ts";
import { inputsOf, visitedNodes } from "./visited-nodes.ts";

export interface PairCost {
  /** Of all kernels of the pair that are there at the same time, at most. */
  readonly bytes: number;
  /** In one thread, about: within a factor of three of what was measured (bench/pair-cost.bench.ts). */
  readonly seconds: number;
  /** The node whose own kernels are the largest. */
  readonly largest: string;
}

/** @param chains the shortcuts that are taken */
export function pairCost(
  network: GatedNetwork,
  plan: PairPlan,
  chains: ReadonlyMap<number, BoxChain> = new Map(),
): PairCost {
  const order = visitedNodes(network, chains);
  const lastReaders = new Map(
    order.flatMap((position) => inputsOf(network, chains, position).map((input) => [input, position])),
  );
  const made = new Map<number, Made>();
  let [live, most, nanoseconds, largest, products] = [0, 0, 0, 0, 0];
  let name = "";
  for (const position of order) {
    const chain = chains.get(position);
    const own =
      chain === undefined ? nodeCost(network, plan, position, (input) => made.get(input)?.form) : chainCost(chain);
    made.set(position, own);
    live += own.kept;
    most = Math.max(most, live + own.passing);
    nanoseconds += RATES.node + own.nanoseconds;
    products += own.products ?? 0;
    if (own.kept + own.passing > largest) [largest, name] = [own.kept + own.passing, nodeAt(network, position).name];
    for (const input of new Set(inputsOf(network, chains, position))) {
      if (lastReaders.get(input) === position) live -= made.get(input)?.kept ?? 0;
    }
  }
  return { bytes: 8 * (most + products), seconds: nanoseconds / 1e9, largest: name };
}

function chainCost({ layers, height, width }: BoxChain): Made {
  const pairs = (height * (width + 1)) ** 2;
  const planes = layers.reduce((sum, { channels }) => sum + planesOf(channels), 0);
  return {
    form: { ...ONE_UNIFORM, uniform: 0, isSummed: true },
    kept: 1,
    passing: 0,
    nanoseconds: RATES.chain * pairs * planes,
  };
}
