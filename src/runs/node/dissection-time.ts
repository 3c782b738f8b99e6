/** How long the trainings of a dissection will take: a few steps of each kind, timed before anything is begun. */
import { type ExampleSet, targetBlock } from "../../data/index.ts";
import { openWorkerEngine } from "../../engine/node/index.ts";
import type { DissectionTraining } from "../../experiments/index.ts";
import { largestOf, smallestOf } from "../../graph/index.ts";
import { initialParameters } from "../../network/index.ts";
import { stepWork, train } from "../../train/index.ts";
import type { DissectionSubject } from "./dissection-subject.ts";

/** Operations of the steps that are timed, at most, and how many: about a second of a core, and more than starts up. */
const TIMED_WORK = 2e10;
const TIMED_STEPS = 128;
/** Of a process that starts and reads its data, and of what is kept after each epoch. */
const START_SECONDS = 2;
const EPOCH_SECONDS = 0.012;
/** Test examples whose gates are watched after each epoch, and a pass through the network against a step with three. */
const PROBE = 1000;
const FORWARD = 1 / 3;

/** Seconds of a training of each row, told by the row's name. */
export async function trainingSeconds(
  { trainings, data, start }: DissectionSubject,
  context: { readonly clock: () => number; readonly signal: AbortSignal },
): Promise<ReadonlyMap<DissectionTraining["row"], number>> {
  await using engine = await openWorkerEngine("cpu", { threads: 1 });
  const seconds = new Map<DissectionTraining["row"], number>();
  for (const { row, training } of trainings) {
    if (seconds.has(row)) continue;
    const { plan, data: chosen } = training;
    const steps = Math.max(1, Math.min(TIMED_STEPS, Math.floor(TIMED_WORK / stepWork(plan))));
    const sample = await batchOf(data.train, steps * plan.batch);
    const test = await batchOf(data.test, plan.batch);
    // in the order of the sample: blocks are for data that are not in memory
    const { recipe: _, ...plain } = plan;
    const timed = { ...plain, epochs: 2, order: "given" as const };
    const initial = row === "gates" ? start : initialParameters(plan);
    let last = 0;
    // the first epoch is also that of what gets ready
    for await (const event of train(timed, { train: sample, test }, initial, { engine, ...context })) {
      if (event.kind === "epoch") last = event.metrics.seconds;
    }
    const size = Math.min(data.train.size, chosen.limit ?? data.train.size) * (1 - (plan.recipe?.validation ?? 0));
    const example = last / sample.labels.shape[0]!;
    const tested = data.test.size + Math.min(PROBE, data.test.size) + size * (plan.recipe?.validation ?? 0);
    const epoch = example * (size + FORWARD * tested) + EPOCH_SECONDS;
    seconds.set(row, START_SECONDS + plan.epochs * epoch);
  }
  return seconds;
}

async function batchOf(set: ExampleSet, most: number) {
  const count = Math.min(most, set.size);
  return { inputs: await set.readBlock(0, count), labels: targetBlock(set.labels, 0, count) };
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
