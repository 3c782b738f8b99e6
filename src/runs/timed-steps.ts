/**
 * How long a training will take: a few of its steps, timed several times before anything is begun. The first times are those of
 * memory that is not there yet (of a wide convolution the fourth step still), others those of a machine with other work, whose
 * caches a step shares: the lower quartile is of neither.
 */
import { type ExampleSet, targetBlock } from "../data/index.ts";
import type { Engine } from "../engine/index.ts";
import type { TrialParameters } from "../network/index.ts";
import { stepWork, type TrainingPlan, train } from "../train/index.ts";

/** Operations of the steps that are timed together, at most, and how many; and how often. About a second of a core, but for networks of which a step takes as long. */
const TIMED_WORK = 5e9;
const TIMED_STEPS = 32;
const REPETITIONS = 9;
/** Of a process that starts and reads its data, and of what is kept after each epoch. */
const START_SECONDS = 2;
const EPOCH_SECONDS = 0.012;
/** Test examples whose gates are watched after each epoch, and a pass through the network against a step with three. */
const PROBE = 1000;
const FORWARD = 1 / 3;

/** Steps of a plan that are timed. */
export const timedSteps = (plan: TrainingPlan): number =>
  Math.max(1, Math.min(TIMED_STEPS, Math.floor(TIMED_WORK / stepWork(plan))));

/** What times steps. */
export interface TimingContext {
  readonly engine: Engine;
  /** Milliseconds from any fixed point. */
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

/**
 * Seconds of a step for each of its examples.
 * @param data of the training, of which the first ones serve
 * @throws the signal's reason
 */
export async function secondsPerExample(
  plan: TrainingPlan,
  data: { readonly train: ExampleSet; readonly test: ExampleSet },
  initial: TrialParameters,
  context: TimingContext,
): Promise<number> {
  const sample = await batchOf(data.train, timedSteps(plan) * plan.batch);
  const test = await batchOf(data.test, plan.batch);
  // in the order of the sample: blocks are for data that are not in memory
  const { recipe: _, ...plain } = plan;
  const timed = { ...plain, epochs: REPETITIONS, order: "given" as const };
  const seconds: number[] = [];
  for await (const event of train(timed, { train: sample, test }, initial, context)) {
    if (event.kind === "epoch") seconds.push(event.metrics.seconds);
  }
  context.signal.throwIfAborted();
  return lowerQuartile(seconds) / sample.labels.shape[0]!;
}

const lowerQuartile = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 4)] ?? 0;

async function batchOf(set: ExampleSet, most: number) {
  const count = Math.min(most, set.size);
  return { inputs: await set.readBlock(0, count), labels: targetBlock(set.labels, 0, count) };
}

/** Seconds of a whole training, of which those of an example in a step are known. */
export function trainingSecondsOf(
  plan: TrainingPlan,
  examples: { readonly train: number; readonly test: number },
  perExample: number,
): number {
  const { validation = 0 } = plan.recipe ?? {};
  const size = examples.train * (1 - validation);
  const tested = examples.test + Math.min(PROBE, examples.test) + examples.train * validation;
  return START_SECONDS + plan.epochs * (perExample * (size + FORWARD * tested) + EPOCH_SECONDS);
}
