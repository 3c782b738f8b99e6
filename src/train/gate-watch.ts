/** Which gates flip in each epoch, and when a layer has settled (theory 1.1). */
import type { PackedGates } from "../gates/index.ts";
import type { TrialParameters } from "../network/index.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { EpochMetrics } from "./plan.ts";

/**
 * Given, a training tells with each epoch which gates flipped in it. It keeps the gates of its last epoch here, for a resumption
 * from within the next one: its checkpoint has other weights.
 */
export interface GateWatch {
  /** Called before training goes on behind an epoch, once that is written. */
  readonly keep: (gates: PackedGates) => Promise<void>;
  /**
   * What was kept last.
   * @param like gates of the same inputs and layers
   */
  readonly last: (like: PackedGates) => Promise<PackedGates | undefined>;
}

/** The gates after the last epoch, or before the first; null where a training goes on within an epoch and nobody kept them. */
export async function gatesAtStart(
  watch: GateWatch,
  resume: Checkpoint | undefined,
  initial: PackedGates,
  gatesOf: (parameters: TrialParameters) => Promise<PackedGates>,
): Promise<PackedGates | null> {
  if (resume === undefined || resume.epoch === 0) return initial;
  if (resume.part !== undefined) return (await watch.last(initial)) ?? null;
  const gates = await gatesOf(resume.parameters);
  // a kill came before they were kept
  await watch.keep(gates);
  return gates;
}

/** A layer whose gates flip less than this in an epoch has settled. */
export const SETTLED_BELOW = 0.01;

/**
 * The epoch from which on each gate layer flips less than 1 % of its gates an epoch; null where it still does more, or
 * nobody watched.
 */
export function settledEpochs(epochs: readonly Pick<EpochMetrics, "epoch" | "gates">[]): readonly (number | null)[] {
  const layers = epochs.at(-1)?.gates.length ?? 0;
  return Array.from({ length: layers }, (_, i) => {
    const moving = epochs.findLastIndex(({ gates }) => (gates[i]?.flippedInEpoch ?? 1) >= SETTLED_BELOW);
    return epochs[moving + 1]?.epoch ?? null;
  });
}
