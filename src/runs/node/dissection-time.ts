/** How long the trainings of a dissection will take: a few steps of each kind, timed before anything is begun. */
import { openWorkerEngine } from "../../engine/node/index.ts";
import type { DissectionTraining } from "../../experiments/index.ts";
import { largestOf, smallestOf } from "../../graph/index.ts";
import { initialParameters } from "../../network/index.ts";
import { secondsPerExample, type TimingContext, trainingSecondsOf } from "../timed-steps.ts";
import type { DissectionSubject } from "./dissection-subject.ts";

/** Seconds of a training of each row, told by the row's name. */
export async function trainingSeconds(
  { trainings, data, start }: DissectionSubject,
  context: Omit<TimingContext, "engine">,
): Promise<ReadonlyMap<DissectionTraining["row"], number>> {
  await using engine = await openWorkerEngine("cpu", { threads: 1 });
  const seconds = new Map<DissectionTraining["row"], number>();
  for (const { row, training } of trainings) {
    if (seconds.has(row)) continue;
    const { plan, data: chosen } = training;
    const initial = row === "gates" ? start : initialParameters(plan);
    const perExample = await secondsPerExample(plan, data, initial, { engine, ...context });
    const examples = { train: Math.min(data.train.size, chosen.limit ?? data.train.size), test: data.test.size };
    seconds.set(row, trainingSecondsOf(plan, examples, perExample));
  }
  return seconds;
}

/** Of all trainings, so many at a time in their order. */
export function secondsTogether(
  trainings: readonly DissectionTraining[],
  seconds: ReadonlyMap<DissectionTraining["row"], number>,
  workers: number,
): number {
  const free = Array.from({ length: workers }, () => 0);
  for (const { row } of trainings) {
    const next = free.indexOf(smallestOf(free));
    free[next] = (free[next] ?? 0) + (seconds.get(row) ?? 0);
  }
  return largestOf(free, 0);
}
