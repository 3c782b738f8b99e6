/** The fewest units whose removal changes what a network says of an example, in three orders (theory 7). */
import type { Inputs } from "../gates/index.ts";
import type { GatedNetwork } from "../network/index.ts";
import { activationOrder, flowOrder, type RemovalOrder, randomOrder, removal } from "../paths/index.ts";
import { randomStream } from "../random.ts";
import { type DecidingUnit, type Decision, type DecisionOptions, Decisions } from "./decisions.ts";
import { counter } from "./progress.ts";

/** Units whose removal, one after the other in some order, changes a decision. */
export interface RemovedShare {
  readonly removed: number;
  /** Of the active units; null where closing them all changes nothing. */
  readonly share: number | null;
  /** Null likewise. */
  readonly becomes: number | null;
}

/** The fewest units, in the order of their flow, whose removal changes a decision. */
export interface DecidingUnits extends Decision, Omit<RemovedShare, "removed"> {
  /** In the order in which they close. */
  readonly removed: readonly DecidingUnit[];
  /** For comparison: the most active units first, and in a random order. */
  readonly byActivation: RemovedShare;
  readonly atRandom: RemovedShare;
}

/** Of which inputs, and how the random order is drawn. */
export interface DecidingOptions extends DecisionOptions {
  /** Decides the random order; 0 unless given. */
  readonly seed?: number | undefined;
}

/**
 * @param inputs `[n, …inputShape]`
 * @throws GatewiseError if the network has one output, or the inputs do not have its shape, or there is no such example
 */
export async function decidingUnits(
  network: GatedNetwork,
  inputs: Inputs,
  options: DecidingOptions = {},
): Promise<readonly DecidingUnits[]> {
  const all = new Decisions(network, inputs, options);
  const { seed = 0 } = options;
  const onProgress = counter(options, "removal", "inputs");
  const found: DecidingUnits[] = [];
  for (const example of all.chosen) {
    const start = all.example(example);
    const decision = all.decision(example, start);
    const order = (stage: string, by: RemovalOrder) => {
      const told = counter(options, stage, "active units");
      return all.through(removal(start, by), (closed) => told(closed, decision.active));
    };
    const permutation = (count: number): Int32Array =>
      randomStream(seed, "subnetwork", "removal", example).permutation(count);
    const { removed, becomes } = await order("by flow", flowOrder(start));
    const others = [
      await order("by activation", activationOrder(start)),
      await order("at random", randomOrder(start, permutation)),
    ];
    const shareOf = (one: { readonly removed: readonly unknown[]; readonly becomes: number | null }): RemovedShare => ({
      removed: one.removed.length,
      share: one.becomes === null ? null : one.removed.length / decision.active,
      becomes: one.becomes,
    });
    const [byActivation, atRandom] = others.map(shareOf);
    if (byActivation === undefined || atRandom === undefined) throw new Error("unreachable: two orders");
    found.push({
      ...decision,
      ...shareOf({ removed, becomes }),
      removed: removed.map((one) => all.unit(one)),
      ...{ byActivation, atRandom },
    });
    if (all.chosen.length > 1) onProgress(found.length, all.chosen.length);
  }
  return found;
}
