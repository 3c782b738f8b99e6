/** How far a whole sweep is, and what is left of it. */
import type { SweepTrial } from "./trial.ts";
import type { TrialLook, TrialStatus } from "./trial-look.ts";

/** Trials of each state, and of all. */
export type StatusCounts = Readonly<Record<TrialStatus | "trials", number>>;

/** The state of a sweep. */
export interface SweepStatus extends StatusCounts {
  /** Hours of one core that are left, by what done trials took against what they were said to; of failed trials none. */
  readonly coreHoursLeft: number;
  /** With as many side by side as there are now, one where none is; no less than the longest trial takes. */
  readonly hoursLeft: number;
  readonly failures: readonly { readonly trial: string; readonly reason: string | null }[];
}

/** Trials by their states. */
export function statusCounts(looks: readonly TrialLook[]): StatusCounts {
  const counts = { trials: looks.length, done: 0, running: 0, stalled: 0, failed: 0, waiting: 0 };
  for (const { status } of looks) counts[status] += 1;
  return counts;
}

/**
 * The state of a sweep.
 * @param looks of its trials, in their order
 */
export function sweepStatus(trials: readonly SweepTrial[], looks: readonly TrialLook[]): SweepStatus {
  const counts = statusCounts(looks);
  const sums = { seconds: 0, estimated: 0 };
  for (const { measured } of looks) {
    sums.seconds += measured?.seconds ?? 0;
    sums.estimated += measured?.estimated ?? 0;
  }
  const scale = sums.estimated > 0 ? sums.seconds / sums.estimated : 1;
  let [cores, longest] = [0, 0];
  for (const [i, { status, epochs, of }] of looks.entries()) {
    const trial = trials[i];
    if (trial === undefined || status === "done" || status === "failed") continue;
    const seconds = scale * trial.cost.seconds * (of === 0 ? 1 : Math.max(0, 1 - epochs / of));
    cores += seconds * (trial.kind === "training" ? trial.threads : 1);
    longest = Math.max(longest, seconds);
  }
  return {
    ...counts,
    coreHoursLeft: cores / 3600,
    hoursLeft: Math.max(longest, cores / Math.max(1, counts.running)) / 3600,
    failures: looks.flatMap(({ trial, status, reason }) => (status === "failed" ? [{ trial, reason }] : [])),
  };
}
