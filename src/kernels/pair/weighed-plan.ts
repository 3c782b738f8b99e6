/** What the exact path kernel of a network takes, before anything of it is computed; and where it is out of reach. */
import { GatewiseError } from "../../errors.ts";
import type { GatedNetwork } from "../../network/index.ts";
import type { BoxChain } from "./box-chain/box-chain.ts";
import { boxChainsOf } from "./box-chain/chains-of-network.ts";
import { type PairCost, pairCost } from "./pair-cost.ts";
import { type PairPlan, planPairs } from "./plan.ts";

/** What the kernels of one pair of examples may take together: 2 GiB. */
export const MOST_PAIR_BYTES = 2 ** 31;

/** A plan with the fast ways that it takes, and what a pair costs by it. */
export interface WeighedPlan {
  readonly plan: PairPlan;
  readonly chains: ReadonlyMap<number, BoxChain>;
  readonly cost: PairCost;
}

/** @param withShortcuts whether fast ways through parts of the network are taken */
export function weighedPlan(network: GatedNetwork, withShortcuts = true): WeighedPlan {
  const plan = planPairs(network);
  const chains: WeighedPlan["chains"] = withShortcuts ? boxChainsOf(network, plan) : new Map();
  return { plan, chains, cost: pairCost(network, plan, chains) };
}

/** @throws GatewiseError if the exact kernel of one pair does not fit into memory */
export function checkPairCost({ bytes, seconds, largest }: PairCost): void {
  if (bytes <= MOST_PAIR_BYTES) return;
  throw new GatewiseError({
    code: "too-large",
    received: `an exact path kernel of ${gigabytes(bytes)} and about ${duration(seconds)} for each pair of inputs, most of it at node "${largest}"`,
    expected: `at most ${gigabytes(MOST_PAIR_BYTES)} for a pair`,
    next: "estimate the kernel by random path features (`features`)",
  });
}

const gigabytes = (bytes: number): string => `${Number((bytes / 1e9).toPrecision(3)).toLocaleString("en-US")} GB`;

function duration(seconds: number): string {
  if (seconds < 100) return `${Number(seconds.toPrecision(2))} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600).toLocaleString("en-US")} h`;
}
