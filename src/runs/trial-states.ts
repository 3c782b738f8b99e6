/** How far the trials of an experiment are, from their runs: what a partial table says of itself. */

import type { Trial } from "../experiments/index.ts";
import type { RunRecord } from "./run-record.ts";

/** How far a trial is, as its place on disk tells it. */
export interface TrialState {
  readonly id: string;
  /** The row that it belongs to: a regime, or an arm of a comparison. */
  readonly regime: string;
  readonly seed: number;
  /** `running` also after a kill, which nobody could write down. */
  readonly status: "not-started" | "running" | "interrupted" | "failed" | "completed";
  /** Finished epochs, and those that were asked for. */
  readonly epochs: number;
  readonly of: number;
  /** In percent, of a completed trial. */
  readonly bestTestAccuracy: number | null;
}

/**
 * The state of a trial; a complete run of other epochs than asked for is `interrupted`.
 * @param run its record, undefined before it has begun
 * @param epochs that it has finished
 */
export function trialState(
  { id, arm, plan: { seed, epochs: of } }: Trial,
  run: RunRecord | undefined,
  epochs: number,
): TrialState {
  const state = { id, regime: arm, seed, of, bestTestAccuracy: null };
  if (run === undefined) return { ...state, status: "not-started", epochs: 0 };
  if (run.status !== "completed") return { ...state, status: run.status, epochs };
  if (run.result === null || run.plan.epochs !== of) return { ...state, status: "interrupted", epochs };
  return { ...state, status: "completed", epochs, bestTestAccuracy: run.result.bestTestAccuracy };
}

/** What is missing of an experiment, a line a regime: `relu: 1 of 5 seeds; seed 1 at epoch 13 of 100; 3 not started`. */
export function missingLines(states: readonly TrialState[]): readonly string[] {
  const regimes = [...new Set(states.map(({ regime }) => regime))];
  return regimes.flatMap((regime) => {
    const own = states.filter((state) => state.regime === regime);
    const done = own.filter(({ status }) => status === "completed").length;
    if (done === own.length) return [];
    const begun = own.filter(({ status }) => status !== "completed" && status !== "not-started");
    const waiting = own.length - done - begun.length;
    const parts = [
      `${done === 0 ? "none" : done} of ${own.length} ${own.length === 1 ? "seed" : "seeds"}`,
      ...begun.map(
        ({ seed, status, epochs, of }) =>
          `seed ${seed} ${status === "failed" ? "failed after" : "at"} epoch ${epochs} of ${of}`,
      ),
      ...(waiting > 0 && (done > 0 || begun.length > 0) ? [`${waiting} not started`] : []),
    ];
    return [`${regime}: ${parts.join("; ")}`];
  });
}
