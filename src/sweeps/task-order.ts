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
  const ranks = familyRanks(trials, { task, tasks });
  const rankOf = ({ family }: T): number => ranks.get(family) ?? 0;
  // a stable sort: what a family waits for stays before it
  return [...trials].sort((a, b) => rankOf(a) - rankOf(b));
}

/** Names of the families that a task begins with. */
export function ownFamilies(trials: readonly Pick<SweepTrial, "family">[], task: ArrayTask): ReadonlySet<string> {
  const ranks = familyRanks(trials, task);
  return new Set([...ranks].flatMap(([family, rank]) => (rank === 0 ? [family] : [])));
}

/** Of each family, how many tasks stand between this one and the one that begins with it. */
function familyRanks(
  trials: readonly Pick<SweepTrial, "family">[],
  { task, tasks }: ArrayTask,
): ReadonlyMap<string, number> {
  const families = [...new Set(trials.map(({ family }) => family))];
  const of = Math.min(tasks ?? families.length, Math.max(1, families.length));
  return new Map(families.map((family, i) => [family, ((i % of) - (task % of) + of) % of] as const));
}
