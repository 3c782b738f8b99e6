/** What a terminal and `--json` show of how far a sweep is. */
import type { TrialLook, TrialStatus } from "../sweeps/index.ts";

/** Trials of each state, and of all. */
export type StatusCounts = Readonly<Record<TrialStatus | "trials", number>>;

export function statusCounts(looks: readonly TrialLook[]): StatusCounts {
  const counts = { trials: looks.length, done: 0, running: 0, stalled: 0, failed: 0, waiting: 0 };
  for (const { status } of looks) counts[status] += 1;
  return counts;
}
