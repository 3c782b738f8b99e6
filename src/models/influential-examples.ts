/** Which training examples stand out in a row of scores. */
import type { Matrix } from "../fitting/index.ts";
import type { InfluenceTask } from "./influence-targets.ts";

/** A training example, and what it does to a query. */
export interface InfluentialExample {
  /** From 0. */
  readonly example: number;
  /** Its class, or its real value; null of several values. */
  readonly label: number | null;
  /** Positive: it lowers the loss of the query. */
  readonly score: number;
}

/** Examples of the largest scores above 0, the largest first, and of the smallest below, the smallest first. */
export interface BothSides {
  readonly top: readonly InfluentialExample[];
  readonly bottom: readonly InfluentialExample[];
}

/**
 * Both sides of a query.
 * @param scores `[m, n]`
 */
export function bothSides(scores: Matrix, query: number, task: InfluenceTask, top: number): BothSides {
  const [, examples = 0] = scores.shape;
  const row = scores.data.subarray(query * examples, (query + 1) * examples);
  const told = (order: readonly number[]): readonly InfluentialExample[] =>
    order.map((example) => ({ example, label: labelOf(task, example), score: row[example]! }));
  return {
    top: told(largestAt(row, top).filter((i) => row[i]! > 0)),
    bottom: told(
      largestAt(
        row.map((value) => -value),
        top,
      ).filter((i) => row[i]! < 0),
    ),
  };
}

/** Its class, or its real value; null of several values. */
export const labelOf = (task: InfluenceTask, example: number): number | null => {
  if (task.kind === "classes") return task.labels[example] ?? null;
  const [, columns] = task.values.shape;
  return columns === 1 ? (task.values.data[example] ?? null) : null;
};

/** Positions of the largest values, the largest first; of equal ones the first first. */
export function largestAt(values: Float64Array, count: number): readonly number[] {
  const best: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const last = best.at(-1);
    if (best.length === count && last !== undefined && values[i]! <= values[last]!) continue;
    let at = best.length;
    while (at > 0 && values[best[at - 1]!]! < values[i]!) at--;
    best.splice(at, 0, i);
    if (best.length > count) best.pop();
  }
  return best;
}
