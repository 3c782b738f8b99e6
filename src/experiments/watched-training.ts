/**
 * Experiments that train one network and measure a kernel of some examples on the way (theory 6.4 and 6.5), as data, and the loop
 * that runs one.
 */
import type { DatasetName, Examples, TrainAndTest } from "../data/index.ts";
import { GatewiseError } from "../errors.ts";
import { type DenseArray, denseArray, eachNumber, sizeOf } from "../graph/index.ts";
import { initialParameters, type RegimeName, type TrialParameters } from "../network/index.ts";
import { type Checkpoint, type TrainingContext, type TrainingPlan, train } from "../train/index.ts";
import type { ExperimentWords, ProfileName, TrainingSettings } from "./protocol.ts";
import { type MeanAndDeviation, meanAndDeviation } from "./summary.ts";

/** A short or a full run of an experiment that is measured while it trains. */
export interface WatchedProfile {
  readonly data: DatasetName;
  readonly epochs: number;
  /** Epochs between two measurements; the first is before training. */
  readonly every: number;
  /** Seeds 0, 1, … */
  readonly runs: number;
  /** Training examples that are measured; the same number of each class where there are `classes`. */
  readonly examples: number;
  /** The first examples of the data set that are used; all unless told otherwise. */
  readonly limit?: number;
  readonly testLimit?: number;
  /** Random path features of an example, where a kernel machine goes by them. */
  readonly features?: number;
  /** In place of the protocol's, where a short run needs a smaller network or larger steps. */
  readonly instead?: Partial<TrainingSettings>;
}

/**
 * What is measured of a network on the way: how well the path kernel of its gates fits the labels (theory 4.9), how large
 * its value and feature tangent kernels are (theory 4.6), or what a kernel machine of its gates reaches (theory 6.9), by their
 * kernel or by random features of it.
 */
export const MEASURES = ["label-fit", "tangent-kernels", "kernel-machine", "feature-machine"] as const;
/** One of {@link MEASURES}. */
export type MeasureName = (typeof MEASURES)[number];

/** Trains one network and measures a kernel of some examples on the way, as data. */
export interface WatchedExperiment extends TrainingSettings, ExperimentWords {
  readonly kind: "watched";
  readonly measure: MeasureName;
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

/** The experiment as a profile has it trained. */
export const asProfiled = (experiment: WatchedExperiment, { instead }: WatchedProfile): WatchedExperiment => ({
  ...experiment,
  ...instead,
});

export const watchedPlan = (
  { architecture, regime, initializer, optimizer, loss, batch }: WatchedExperiment,
  { epochs }: WatchedProfile,
  seed: number,
): TrainingPlan => ({ architecture, regime, initializer, optimizer, loss, batch, epochs, seed });

/** A measurement, where one is due, and the training to go on from behind it; undefined before it begins. */
export interface WatchedStep<M> {
  readonly row: Watched<M> | undefined;
  readonly checkpoint: Checkpoint | undefined;
}

/**
 * Trains with one seed and yields after every epoch, and where the signal stops it, with what `measure` makes of the
 * parameters before training and after every `every` epochs, the last one included. A training that goes on from a
 * checkpoint gives the same bits as one that never stopped.
 * @param resume a checkpoint of an earlier step, whose row is not measured again
 * @throws the signal's reason once it is aborted
 */
export async function* watchTraining<M>(
  experiment: WatchedExperiment,
  profile: WatchedProfile,
  seed: number,
  data: TrainAndTest,
  context: TrainingContext,
  measure: (parameters: TrialParameters) => Promise<M>,
  resume?: Checkpoint,
): AsyncGenerator<WatchedStep<M>> {
  const plan = watchedPlan(experiment, profile, seed);
  const initial = initialParameters(plan);
  if (resume === undefined) {
    const row = { seed, epoch: 0, testAccuracy: undefined, measured: await measure(initial) };
    yield { row, checkpoint: undefined };
  }
  for await (const event of train(plan, data, initial, context, resume)) {
    if (event.kind === "steps") continue;
    const { checkpoint } = event;
    if (event.kind === "stopped" || !isMeasured(event.metrics.epoch, profile)) yield { row: undefined, checkpoint };
    else {
      const { epoch, testAccuracy } = event.metrics;
      yield { row: { seed, epoch, testAccuracy, measured: await measure(checkpoint.parameters) }, checkpoint };
    }
  }
  // a training that was aborted ends quietly; what is measured here must not look complete
  context.signal?.throwIfAborted();
}

const isMeasured = (epoch: number, { every, epochs }: WatchedProfile): boolean =>
  epoch % every === 0 || epoch === epochs;

/** Examples of some classes alone, numbered anew in the order of `classes`. */
export function ofClasses(data: Examples, classes: readonly number[]): Examples {
  const chosen = indicesWhere(data, (label) => classes.includes(label));
  const { inputs, labels } = take(data, chosen);
  return { inputs, labels: { ...labels, data: labels.data.map((label) => classes.indexOf(label)) } };
}

/**
 * The first examples of every class, `count` in all.
 * @throws GatewiseError if a class has too few
 */
export function firstOfEachClass(data: Examples, count: number, classes: number): Examples {
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

const indicesWhere = ({ labels }: Examples, keep: (label: number) => boolean): Int32Array =>
  Int32Array.from(labels.data.keys()).filter((index) => keep(labels.data[index]!));

function take({ inputs, labels }: Examples, indices: Int32Array): Examples {
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
    eachNumber(new Float32Array(data.length), data, (byte) => byte / 255),
  );
