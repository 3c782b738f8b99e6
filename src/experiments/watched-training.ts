/**
 * Experiments that train one network and measure a kernel of some examples on the way (theory 6.4 and 6.5), as data, and the loop
 * that runs one.
 */
import type { DatasetName } from "../data/index.ts";
import { GatewiseError } from "../errors.ts";
import { type DenseArray, denseArray, sizeOf } from "../graph/index.ts";
import type { Parameters, RegimeName } from "../network/index.ts";
import {
  initialTensors,
  type LabeledBytes,
  type TrainingContext,
  type TrainingData,
  type TrainingPlan,
  train,
} from "../train/index.ts";
import type { ProfileName, TrainingSettings } from "./experiment.ts";
import { meanAndDeviation } from "./summary.ts";

export interface WatchedProfile {
  readonly data: DatasetName;
  readonly epochs: number;
  /** Epochs between two measurements; the first is before training. */
  readonly every: number;
  /** Seeds 0, 1, … */
  readonly runs: number;
  /** Training examples that are measured; the same number of each class where there are `classes`. */
  readonly examples: number;
}

/** What is trained and how often it is measured. */
export interface WatchedExperiment extends TrainingSettings {
  readonly name: string;
  readonly title: string;
  readonly regime: RegimeName;
  /** The classes that are kept, numbered from 0 in this order; all of them unless told otherwise. */
  readonly classes?: readonly number[];
  readonly profiles: Readonly<Record<ProfileName, WatchedProfile>>;
}

/** One measurement of one run. */
export interface Watched<M> {
  readonly seed: number;
  /** 0 before training. */
  readonly epoch: number;
  /** In percent; undefined before training. */
  readonly testAccuracy: number | undefined;
  readonly measured: M;
}

/** What was measured at one epoch, over the runs. */
export interface MeanMeasurement {
  readonly epoch: number;
  readonly runs: number;
  /** In percent; undefined before training. */
  readonly testAccuracy: MeanAndDeviation | undefined;
  readonly measured: Readonly<Record<string, MeanAndDeviation>>;
}
type MeanAndDeviation = ReturnType<typeof meanAndDeviation>;

/** Means over the runs, an epoch a row, in order. */
export function meanMeasurements(
  rows: readonly Watched<Readonly<Record<string, number>>>[],
): readonly MeanMeasurement[] {
  const epochs = [...new Set(rows.map(({ epoch }) => epoch))].sort((a, b) => a - b);
  return epochs.map((epoch) => {
    const here = rows.filter((row) => row.epoch === epoch);
    const accuracies = here.flatMap(({ testAccuracy }) => (testAccuracy === undefined ? [] : [testAccuracy]));
    const names = Object.keys(here[0]?.measured ?? {});
    return {
      epoch,
      runs: here.length,
      testAccuracy: accuracies.length === 0 ? undefined : meanAndDeviation(accuracies),
      measured: Object.fromEntries(
        names.map((name) => [name, meanAndDeviation(here.map(({ measured }) => measured[name] ?? Number.NaN))]),
      ),
    };
  });
}

export const watchedPlan = (
  { architecture, regime, initializer, optimizer, loss, batch }: WatchedExperiment,
  { epochs }: WatchedProfile,
  seed: number,
): TrainingPlan => ({ architecture, regime, initializer, optimizer, loss, batch, epochs, seed });

/**
 * Trains with one seed and yields what `measure` makes of the parameters before training and after every `every` epochs,
 * the last one included.
 * @param measure from parameters by trial name (`value.1.weight`)
 */
export async function* watchTraining<M>(
  experiment: WatchedExperiment,
  profile: WatchedProfile,
  seed: number,
  data: TrainingData,
  context: TrainingContext,
  measure: (tensors: Parameters) => Promise<M>,
): AsyncGenerator<Watched<M>> {
  const plan = watchedPlan(experiment, profile, seed);
  const initial = initialTensors(plan);
  yield { seed, epoch: 0, testAccuracy: undefined, measured: await measure(initial) };
  for await (const event of train(plan, data, initial, context)) {
    if (event.kind !== "epoch") continue;
    const { epoch, testAccuracy } = event.metrics;
    if (epoch % profile.every !== 0 && epoch !== profile.epochs) continue;
    yield { seed, epoch, testAccuracy, measured: await measure(event.checkpoint.tensors) };
  }
  // a training that was aborted ends quietly; what is measured here must not look complete
  context.signal?.throwIfAborted();
}

/** Examples of some classes alone, numbered anew in the order of `classes`. */
export function ofClasses(data: LabeledBytes, classes: readonly number[]): LabeledBytes {
  const chosen = indicesWhere(data, (label) => classes.includes(label));
  const { inputs, labels } = take(data, chosen);
  return { inputs, labels: { ...labels, data: labels.data.map((label) => classes.indexOf(label)) } };
}

/**
 * The first examples of every class, `count` in all.
 * @throws GatewiseError if a class has too few
 */
export function firstOfEachClass(data: LabeledBytes, count: number, classes: number): LabeledBytes {
  const each = Math.floor(count / classes);
  const chosen = Array.from({ length: classes }, (_, k) => {
    const own = indicesWhere(data, (label) => label === k).slice(0, each);
    if (own.length === each) return [...own];
    throw new GatewiseError({
      received: `${own.length} examples of class ${k}`,
      expected: `at least ${each}`,
      next: "measure fewer examples, or train on more",
    });
  });
  return take(data, Int32Array.from(chosen.flat()));
}

const indicesWhere = ({ labels }: LabeledBytes, keep: (label: number) => boolean): Int32Array =>
  Int32Array.from(labels.data.keys()).filter((index) => keep(labels.data[index]!));

function take({ inputs, labels }: LabeledBytes, indices: Int32Array): LabeledBytes {
  const [, ...shape] = inputs.shape;
  const size = sizeOf(shape);
  const bytes = new Uint8Array(indices.length * size);
  indices.forEach((index, i) => {
    bytes.set(inputs.data.subarray(index * size, (index + 1) * size), i * size);
  });
  return {
    inputs: denseArray("uint8", [indices.length, ...shape], bytes),
    labels: denseArray(
      "uint8",
      [indices.length],
      Uint8Array.from(indices, (index) => labels.data[index]!),
    ),
  };
}

/** Bytes as the network sees them, in [0, 1]. */
export const scaled = ({ shape, data }: DenseArray<"uint8">): DenseArray<"float32"> =>
  denseArray(
    "float32",
    shape,
    Float32Array.from(data, (byte) => byte / 255),
  );
