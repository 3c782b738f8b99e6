/** How the kernel of pairs of examples is made of a network: by the machine of pairs, or node by node. */
import type { GatedNetwork } from "../../network/index.ts";
import type { DenseChain } from "../packed/dense-chain.ts";
import { type PairProgram, pairProgram } from "../pair-program/pair-program.ts";
import { softChain, softPairSeconds } from "../soft-chain.ts";
import { mapsOf, nodeAt } from "./maps.ts";
import type { PairCost } from "./pair-cost.ts";
import { pairCountOf } from "./pair-lines.ts";
import type { PairPlan } from "./plan.ts";
import { type WeighedPlan, weighedPlan } from "./weighed-plan.ts";

export type PairWay =
  /** Compiled for the machine, which makes eight pairs at a time. */
  | { readonly kind: "program"; readonly program: PairProgram; readonly cost: PairCost }
  /** Dense layers with soft gates between them: matrix products of the engine. */
  | { readonly kind: "soft chain"; readonly chain: DenseChain; readonly cost: PairCost }
  /** Node by node, box chains in a module of their own. */
  | { readonly kind: "nodes"; readonly plan: WeighedPlan; readonly cost: PairCost };

/**
 * Box chains take half the time of their programs (bench/cnn-kernel.bench.ts); the machine is the fast way through all else
 * that it has instructions for.
 * @param withShortcuts whether fast ways are taken at all
 */
export function pairWay(network: GatedNetwork, withShortcuts = true): PairWay {
  const chain = withShortcuts ? softChain(network) : undefined;
  if (chain !== undefined) {
    return { kind: "soft chain", chain, cost: { bytes: 0, seconds: softPairSeconds(network), largest: "" } };
  }
  const plan = weighedPlan(network, withShortcuts);
  const isCompiled = withShortcuts && plan.chains.size === 0 && pairsOfPlan(network, plan.plan) <= MOST_PAIRS;
  const program = isCompiled ? pairProgram(network, plan.plan) : undefined;
  if (program === undefined) return { kind: "nodes", plan, cost: plan.cost };
  const { vectors, secondsPerPair } = program;
  return {
    kind: "program",
    program,
    cost: { bytes: 16 * vectors, seconds: secondsPerPair, largest: plan.cost.largest },
  };
}

/** Pairs of positions of all nodes together that a program is made for: a second of one pair of examples. */
const MOST_PAIRS = 2 ** 28;

const pairsOfPlan = (network: GatedNetwork, { pairs }: PairPlan): number =>
  [...pairs].reduce((sum, [position, own]) => sum + pairCountOf(own, mapsOf(nodeAt(network, position)).positions), 0);

/** Bytes and seconds of the exact path kernel of one pair of inputs, in one thread: told from the network's shapes. */
export const pairKernelCost = (network: GatedNetwork): PairCost => pairWay(network).cost;
