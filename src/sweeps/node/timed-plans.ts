/** Seconds of the steps of planned trainings: a few networks are timed, the others follow by the work of their steps. */
import { type ExampleSet, exampleSet } from "../../data/index.ts";
import { openWorkerEngine } from "../../engine/node/index.ts";
import { denseArray, float32, sizeOf } from "../../graph/index.ts";
import { initialParameters, outputsOf } from "../../network/index.ts";
import { secondsPerExample, type TimingContext, timedSteps } from "../../runs/index.ts";
import { stepWork, type TrainingPlan } from "../../train/index.ts";

/** Seconds of a step for each of its examples. */
export type PlanSeconds = (plan: TrainingPlan) => number;

/** Networks that are timed at most: those between two of them take what lies between. */
const MOST_TIMED = 6;

/** A training whose steps are timed in place of others: in the regime that needs nothing but a seed. */
interface Timed {
  readonly plan: TrainingPlan;
  /** Operations for each example. */
  readonly work: number;
  readonly seconds: number;
}

/**
 * Times some of the plans.
 * @throws the signal's reason
 */
export async function timePlans(
  plans: readonly TrainingPlan[],
  context: Omit<TimingContext, "engine">,
): Promise<PlanSeconds> {
  const kinds = new Map(plans.map((plan) => [kindOf(plan), plainOf(plan)]));
  const sorted = [...kinds.values()].sort((a, b) => workOf(a) - workOf(b));
  const timed: Timed[] = [];
  await using engine = await openWorkerEngine("cpu", { threads: 1 });
  for (const plan of spread(sorted, MOST_TIMED)) {
    const seconds = await secondsPerExample(plan, drawnData(plan), initialParameters(plan), { engine, ...context });
    timed.push({ plan, work: workOf(plan), seconds });
  }
  return (plan) => {
    const work = workOf(plan);
    const distance = ({ work: other }: Timed): number => Math.abs(Math.log(other / work));
    const [nearest] = [...timed].sort((a, b) => distance(a) - distance(b));
    if (nearest === undefined) throw new Error("unreachable: a plan without a time");
    return (nearest.seconds * work) / nearest.work;
  };
}

const workOf = (plan: TrainingPlan): number => stepWork(plan) / plan.batch;

/** Plans of one kind take the same time a step, by the work of their regimes. */
const kindOf = ({ architecture, batch, optimizer: { kind } }: TrainingPlan): string =>
  JSON.stringify([architecture, batch, kind]);

/** A rate at which nothing grows beyond all bounds, whatever the rates that are tried. */
const TIMED_RATE = 1e-6;

/** The same settings in the regime that needs no other network. */
function plainOf(plan: TrainingPlan): TrainingPlan {
  const { variant: _, gates: __, init: ___, recipe: ____, optimizer, ...settings } = plan;
  return { ...settings, optimizer: { ...optimizer, learningRate: TIMED_RATE }, regime: "relu" };
}

/** So many of a list, from its first to its last. */
function spread<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, i) => list[Math.round((i * (list.length - 1)) / (most - 1))]).flatMap(
    (one) => one ?? [],
  );
}

/** Examples that no data set has: their values decide no time. */
function drawnData(plan: TrainingPlan): { readonly train: ExampleSet; readonly test: ExampleSet } {
  const { architecture, targets, batch } = plan;
  const count = timedSteps(plan) * batch;
  const shape = [count, ...architecture.inputShape];
  const inputs = denseArray(
    "uint8",
    shape,
    Uint8Array.from({ length: sizeOf(shape) }, (_, i) => (i * 37) & 255),
  );
  const outputs = outputsOf(architecture);
  const labels =
    targets === undefined
      ? denseArray(
          "uint8",
          [count],
          Uint8Array.from({ length: count }, (_, i) => i % Math.min(Math.max(outputs, 2), 256)),
        )
      : float32([count, outputs], new Float32Array(count * outputs));
  const data = exampleSet({ inputs, labels });
  return { train: data, test: data };
}
