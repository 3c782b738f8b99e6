/** The fewest units that say alone what a network says of an example, and what they say of others (theory 7). */
import { GatewiseError } from "../errors.ts";
import type { Inputs } from "../gates/index.ts";
import type { GatedNetwork } from "../network/index.ts";
import { decisionIn, decisionOfOnly, type SufficientSet, sufficientSet } from "../paths/index.ts";
import { type DecidingUnit, type Decision, type DecisionOptions, Decisions } from "./decisions.ts";
import { counter } from "./progress.ts";

/** How often a network with only some units left decides as for the example that they were found for. */
export interface AloneOnOthers {
  readonly inputs: number;
  /** Of these, those that get the example's class. */
  readonly decided: number;
}

/** The fewest units that keep a share of the margin when all others are closed. */
export interface SufficientUnits extends Decision {
  /** Largest flow first, with all others closed. */
  readonly units: readonly DecidingUnit[];
  /** Of the active units. */
  readonly share: number;
  readonly keptMargin: number;
  /** Whether closing any other of them loses the margin; false where the search ended at its limit. */
  readonly isMinimal: boolean;
  /** What they alone say of the other inputs: of those that the network gives the same class, and of all the rest. */
  readonly sameClass: AloneOnOthers;
  readonly otherClasses: AloneOnOthers;
}

/** Of which inputs, and how much of the margin is kept. */
export interface SufficientOptions extends DecisionOptions {
  /** Share of the margin that has to be kept, from 0 to 1; 0.5 unless given. */
  readonly margin?: number | undefined;
}

/**
 * @param inputs `[n, …inputShape]`: the examples that are looked at, and those that what is found is tried on
 * @throws GatewiseError likewise, or if the margin is no share
 */
export async function sufficientUnits(
  network: GatedNetwork,
  inputs: Inputs,
  options: SufficientOptions = {},
): Promise<readonly SufficientUnits[]> {
  const margin = checkedMargin(options.margin ?? 0.5);
  const all = new Decisions(network, inputs, options);
  const told = counter(options, "sets", "inputs");
  const sets: { readonly decision: Decision; readonly set: SufficientSet }[] = [];
  for (const example of all.chosen) {
    const start = all.example(example);
    const decision = all.decision(example, start);
    const closed = counter(options, "closing", "active units");
    const search = sufficientSet(start, margin);
    sets.push({ decision, set: await all.through(search, (units) => closed(units, decision.active)) });
    if (all.chosen.length > 1) told(sets.length, all.chosen.length);
  }
  const alone = sets.map(() => ({ same: { inputs: 0, decided: 0 }, rest: { inputs: 0, decided: 0 } }));
  const tried = counter(options, "other inputs", "inputs");
  for (let other = 0; other < all.examples; other++) {
    const start = all.example(other);
    const given = decisionIn(start).decision;
    for (const [i, { decision, set }] of sets.entries()) {
      const counts = alone[i];
      if (counts === undefined || decision.example === other) continue;
      const count = given === decision.decision ? counts.same : counts.rest;
      count.inputs += 1;
      if (decisionOfOnly(start, set.units) === decision.decision) count.decided += 1;
      await all.breathe();
    }
    tried(other + 1, all.examples);
  }
  return sets.map(({ decision, set: { units, keptMargin, isMinimal } }, i) => ({
    ...decision,
    units: units.map((one) => all.unit(one)),
    share: decision.active === 0 ? 0 : units.length / decision.active,
    ...{ keptMargin, isMinimal },
    sameClass: alone[i]?.same ?? { inputs: 0, decided: 0 },
    otherClasses: alone[i]?.rest ?? { inputs: 0, decided: 0 },
  }));
}

/** @throws GatewiseError if a margin is no share */
export function checkedMargin(margin: number): number {
  if (margin >= 0 && margin <= 1) return margin;
  throw new GatewiseError({
    received: `a margin of ${margin}`,
    expected: "a share of it, from 0 to 1",
    next: "0 keeps the decision alone, 0.5 half of how far it is ahead",
  });
}
