/** In which order a task runs the trials of a sweep: its own families first, then those of others. */
import type { ArrayTask } from "./array-task.ts";
import type { SweepTrial } from "./trial.ts";

/**
 * Trials in the order in which a task runs them: families go round the tasks, and those of the tasks behind it come next, so
 * that no two tasks that have done their own begin with the same one.
 */
export function inTaskOrder<T extends Pick<SweepTrial, "family">>(
  trials: readonly T[],
  { task, tasks }: ArrayTask,
): readonly T[] {
  const families = [...new Set(trials.map(({ family }) => family))];
  const of = Math.min(tasks ?? families.length, Math.max(1, families.length));
  const ranks = new Map(families.map((family, i) => [family, ((i % of) - (task % of) + of) % of] as const));
  const rankOf = ({ family }: T): number => ranks.get(family) ?? 0;
  // a stable sort: what a family waits for stays before it
  return [...trials].sort((a, b) => rankOf(a) - rankOf(b));
}
