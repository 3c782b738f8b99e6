/** How a sweep is divided into the tasks of Slurm's job arrays. */
import type { SweepTrial } from "../trial.ts";
import type { TrialLook } from "../trial-look.ts";

/** Seconds that a task is to take, about: short enough to find a gap in the queue, long against the start of a program. */
export const TASK_SECONDS = 3600;

/** Trials that hang together: one task runs them. */
export interface FamilyState {
  /** Of one core, about, for all of it. */
  readonly seconds: number;
  /** Trials of it that somebody has still to run. */
  readonly unfinished: number;
}

/**
 * Families in the order of their first trials.
 * @param looks in the order of the trials; of those that somebody runs, nothing is left to be sent
 */
export function familyStates(
  trials: readonly Pick<SweepTrial, "family" | "cost">[],
  looks: readonly Pick<TrialLook, "status">[],
  retryFailed: boolean,
): readonly FamilyState[] {
  const isUnfinished = (status: TrialLook["status"] | undefined): boolean =>
    status === "waiting" || status === "stalled" || (status === "failed" && retryFailed);
  const families = new Map<string, FamilyState>();
  for (const [i, { family, cost }] of trials.entries()) {
    const { seconds = 0, unfinished = 0 } = families.get(family) ?? {};
    families.set(family, {
      seconds: seconds + cost.seconds,
      unfinished: unfinished + (isUnfinished(looks[i]?.status) ? 1 : 0),
    });
  }
  return [...families.values()];
}

/** An array that is sent as one job: its indices, and the number of the task whose index is 0. */
export interface ArrayJob {
  readonly first: number;
  readonly indices: readonly number[];
}

/**
 * Tasks that the whole sweep is divided into. It does not hang on what is done: a task has its number for as long as the plan
 * stays as it is.
 * @param cores of a task
 */
export function taskCount(
  families: readonly Pick<FamilyState, "seconds">[],
  cores: number,
  taskSeconds: number,
): number {
  const seconds = families.reduce((sum, family) => sum + family.seconds, 0) / cores;
  return Math.max(1, Math.min(families.length, Math.ceil(seconds / taskSeconds)));
}

/** Numbers of the tasks that are to be sent: families go round them, as in `inTaskOrder`. */
export function openTasks(families: readonly { readonly isOpen: boolean }[], tasks: number): readonly number[] {
  const open = families.flatMap(({ isOpen }, i) => (isOpen ? [i % tasks] : []));
  return [...new Set(open)].sort((a, b) => a - b);
}

/** @param maxArraySize of the cluster: indices are below it */
export function arrayJobs(tasks: readonly number[], maxArraySize: number): readonly ArrayJob[] {
  const jobs = new Map<number, number[]>();
  for (const task of tasks) {
    const first = task - (task % maxArraySize);
    const indices = jobs.get(first) ?? [];
    indices.push(task - first);
    jobs.set(first, indices);
  }
  return [...jobs].map(([first, indices]) => ({ first, indices }));
}

/**
 * As `sbatch --array` takes them: `0-3,7`, `0-3,7%2`.
 * @param indices in ascending order
 */
export function arrayText(indices: readonly number[], maxRunning: number | undefined): string {
  const runs: { readonly from: number; to: number }[] = [];
  for (const index of indices) {
    const last = runs.at(-1);
    if (last !== undefined && index === last.to + 1) last.to = index;
    else runs.push({ from: index, to: index });
  }
  const text = runs.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
  return maxRunning === undefined ? text : `${text}%${maxRunning}`;
}
