import type { Examples, TrainAndTest } from "../../src/data/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { denseArray, sizeOf } from "../../src/graph/index.ts";
import { fullyConnected, initialParameters, type TrialParameters } from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import {
  type Checkpoint,
  type EpochMetrics,
  optimizer,
  type TrainingContext,
  type TrainingData,
  type TrainingPlan,
  train,
} from "../../src/train/index.ts";

const SHAPE = [3, 4];

/** Bytes of three classes that can be learnt: a pattern for each class under noise. */
function labeledBytes(name: string, examples: number, shape: readonly number[]): Examples {
  const size = sizeOf(shape);
  const patterns = randomStream(2, "pattern").uniform(3 * size, 0, 160);
  const noise = randomStream(2, name, "noise").uniform(examples * size, 0, 95);
  const labels = Uint8Array.from(randomStream(2, name, "label").uniform(examples, 0, 3));
  const inputs = Uint8Array.from(
    noise,
    (value, i) => value + patterns[labels[Math.floor(i / size)]! * size + (i % size)]!,
  );
  return {
    inputs: denseArray("uint8", [examples, ...shape], inputs),
    labels: denseArray("uint8", [examples], labels),
  };
}

export const tinyData = (train = 45, test = 20, shape: readonly number[] = SHAPE): TrainAndTest => ({
  train: labeledBytes("train", train, shape),
  test: labeledBytes("test", test, shape),
});

/** A plan for the tiny data: two gated layers, 45 examples in batches of 8, so that the last one is smaller. */
export const tinyPlan = (changes: Partial<TrainingPlan> = {}): TrainingPlan => ({
  architecture: fullyConnected({ inputShape: SHAPE, depth: 3, width: 7, outputs: 3 }),
  regime: "relu",
  initializer: { kind: "glorot-uniform" },
  optimizer: optimizer("adam", 1e-2),
  loss: "softmax-cross-entropy",
  batch: 8,
  epochs: 3,
  seed: 0,
  ...changes,
});

export interface TrainedEpoch {
  /** With `seconds` 0: the clock of these trainings stands still. */
  readonly metrics: EpochMetrics;
  readonly improved: boolean;
  readonly checkpoint: Checkpoint;
}

/** Parameters of another network for `flnpf`; other regimes take none. */
export const startOf = (plan: TrainingPlan): TrialParameters => {
  if (plan.regime !== "flnpf") return initialParameters(plan);
  return initialParameters(plan, initialParameters({ ...plan, regime: "relu", seed: plan.seed + 100 }).value);
};

/** All epochs of a training, on one CPU thread unless another engine is given. */
export async function trainAll(
  plan: TrainingPlan,
  data: TrainingData,
  {
    resume,
    initial = startOf(plan),
    ...context
  }: Partial<TrainingContext> & { readonly resume?: Checkpoint; readonly initial?: TrialParameters } = {},
): Promise<readonly TrainedEpoch[]> {
  await using own = context.engine === undefined ? await openNodeEngine("cpu", { threads: 1 }) : undefined;
  const engine = context.engine ?? own;
  if (engine === undefined) throw new Error("unreachable: no engine");
  const epochs: TrainedEpoch[] = [];
  for await (const event of train(plan, data, initial, { clock: () => 0, ...context, engine }, resume)) {
    if (event.kind === "epoch") epochs.push(event);
  }
  return epochs;
}
