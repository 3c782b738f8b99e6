import { type ExampleSet, type ExampleSource, exampleSet } from "../data/index.ts";
import type { Engine } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import type { PackedGates } from "../gates/index.ts";
import { formatShape, sizeOf } from "../graph/index.ts";
import {
  byName,
  checkParameters,
  checkRegime,
  foldedParameters,
  gatedLayers,
  gatesMove,
  hasHardGates,
  outputsOf,
  regimeOf,
  regimeSkeleton,
  type TrialParameters,
  trialParameterSpecs,
} from "../network/index.ts";
import { checkBatches } from "./batch-statistics.ts";
import type { Checkpoint, EpochPart } from "./checkpoint.ts";
import type { Evaluation } from "./evaluate.ts";
import { examplesPerRun, layerShapes } from "./examples-per-run.ts";
import { GateReader, gateMetrics } from "./gate-reader.ts";
import { type GateWatch, gatesAtStart } from "./gate-watch.ts";
import type { EpochMetrics, TrainingPlan } from "./plan.ts";
import { checkRecipe, hasEnded } from "./recipe-rules.ts";
import { withScaledTargets } from "./scaled-targets.ts";
import { brokenLoss, Trainer } from "./trainer.ts";
import { checkState, startState } from "./training-state.ts";
import { heldOut } from "./validation.ts";

/** What is trained on, and what is tested on after each epoch: both of bytes, or both of floats. */
export interface TrainingData {
  readonly train: ExampleSource;
  readonly test: ExampleSource;
}

/** What a training tells on its way. */
export type TrainingEvent =
  /** Some steps of an epoch are done; their checkpoint is read when asked for, before the next event. */
  | {
      readonly kind: "steps";
      /** The epoch under way, from 1. */
      readonly epoch: number;
      /** Steps of it that are done, and that it has. */
      readonly step: number;
      readonly steps: number;
      /** Mean loss and accuracy in percent of the epoch so far, while the weights moved. */
      readonly loss: number;
      readonly accuracy: number;
      readonly checkpoint: () => Promise<Checkpoint>;
    }
  /** An epoch is done; `improved` if its test accuracy is the best so far, or its validation loss where there is one. */
  | {
      readonly kind: "epoch";
      readonly metrics: EpochMetrics;
      readonly improved: boolean;
      readonly checkpoint: Checkpoint;
      /** Of the first test examples, a thousand at most, after the epoch. */
      readonly gates: PackedGates;
    }
  /** The signal came within an epoch: the last event, unless nothing was done since the checkpoint before. */
  | { readonly kind: "stopped"; readonly checkpoint: Checkpoint };

/** What a training needs of the world. */
export interface TrainingContext {
  readonly engine: Engine;
  /** Milliseconds from any fixed point. */
  readonly clock: () => number;
  /** Ends the iteration after the steps under way; nothing that was computed is lost. */
  readonly signal?: AbortSignal;
  /** Tells which gates flip in each epoch; trains the same bits. */
  readonly watch?: GateWatch | undefined;
}

const NOTHING_YET: Place = { epoch: 0, bestEpoch: 0, bestTestAccuracy: -1 };
type Place = Pick<Checkpoint, "epoch" | "bestEpoch" | "bestTestAccuracy" | "bestValidationLoss">;
/** Test examples whose gates are watched. */
const PROBE = 1000;
/** Fixed gates are kept as a table up to this size; larger ones (convolutional maps) are computed in every step. */
const GATE_TABLE_BYTES = 2 ** 28;

/**
 * Trains one trial and yields after every run of steps and every epoch; it ends with the last epoch of the plan, or where
 * the recipe stops it early ({@link hasEnded}).
 *
 * The same plan and data give the same bits on one machine with an engine of one thread; a training resumed from a
 * checkpoint, also from one within an epoch, ends as if it had never stopped.
 * @param initial the parameters before training, `initialParameters` of the plan
 * @param resume a checkpoint to go on from
 * @throws GatewiseError if the loss is no longer finite, or data, parameters and architecture do not fit
 */
export async function* train(
  plan: TrainingPlan,
  data: TrainingData,
  initial: TrialParameters,
  context: TrainingContext,
  resume?: Checkpoint,
): AsyncGenerator<TrainingEvent, void, undefined> {
  const { engine, clock, signal, watch } = context;
  const [all, test] = [
    withScaledTargets(exampleSet(data.train), plan.targets),
    withScaledTargets(exampleSet(data.test), plan.targets),
  ];
  checkData(plan, { train: all, test });
  checkRecipe(plan);
  const { train, validation } = heldOut(plan, all);
  checkBatches(plan, train.size);
  checkRegime(plan.architecture, regimeOf(plan));
  checkParameters(initial, trialParameterSpecs(plan.architecture, regimeOf(plan)));
  if (resume !== undefined) checkState(plan, resume);
  await using gateReader = await GateReader.open(engine, plan, train.dtype);
  const probe = Math.min(PROBE, test.size);
  const before = byName(foldedParameters(initial));
  const gatesNow = (parameters: TrialParameters): Promise<PackedGates> =>
    gateReader.packed(byName(foldedParameters(parameters)), test, probe);
  const opened = await unlessAborted(signal, async () => {
    const table = hasGateTable(plan, train.size) ? await gateReader.table(before, train, signal) : {};
    return { table, gates: await gateReader.packed(before, test, probe) };
  });
  if (opened === undefined) return;
  let lastGates = watch && (await gatesAtStart(watch, resume, opened.gates, gatesNow));
  await using trainer = await Trainer.open(engine, plan, train, resume ?? startState(plan, initial), opened.table);

  let last = resume === undefined ? nothingYet(plan) : placeOf(resume);
  const epochsBefore = last.epoch;
  const { steps } = trainer;
  const batch = examplesPerRun(layerShapes(plan.architecture));
  for (let epoch = last.epoch + 1; !hasEnded(plan, last); epoch++) {
    const after = epoch === epochsBefore + 1 ? resume?.part : undefined;
    let part = after;
    const within = async (): Promise<Checkpoint> => ({
      ...last,
      ...(part === undefined ? {} : { part }),
      ...(await trainer.read()),
    });
    for await (const done of trainer.epoch(epoch, { after, clock, signal })) {
      part = done;
      const seen = Math.min(done.steps * plan.batch, train.size);
      const means = { loss: done.loss / seen, accuracy: percentOf(plan, done, seen) };
      yield { kind: "steps", epoch, step: done.steps, steps, ...means, checkpoint: within };
    }
    const isWhole = part !== undefined && part.steps >= steps;
    const tested = isWhole
      ? await unlessAborted(signal, async () => ({
          test: await trainer.evaluate(test, { batch, signal }),
          validation: validation === undefined ? undefined : await trainer.evaluate(validation, { batch, signal }),
        }))
      : undefined;
    if (part === undefined || tested === undefined) {
      if (part !== after) yield { kind: "stopped", checkpoint: await within() };
      return;
    }
    for (const [name, { loss } = { loss: 0 }] of Object.entries(tested)) {
      if (!Number.isFinite(loss)) throw brokenLoss(plan, loss, `on the ${name} examples after epoch ${epoch}`);
    }
    const state = await trainer.read();
    const gates = await gatesNow(state.parameters);
    const metrics: EpochMetrics = {
      epoch,
      trainLoss: part.loss / train.size,
      trainAccuracy: percentOf(plan, part, train.size),
      testLoss: tested.test.loss,
      testAccuracy: tested.test.accuracy,
      ...measuredValues(plan, tested.test),
      ...(tested.validation === undefined
        ? {}
        : { validationLoss: tested.validation.loss, validationAccuracy: tested.validation.accuracy }),
      seconds: part.milliseconds / 1000,
      gates: gateMetrics(opened.gates, gates, lastGates),
    };
    const improved = isImproved(metrics, last);
    last = improved ? bestAt(metrics) : { ...last, epoch };
    yield { kind: "epoch", metrics, improved, checkpoint: { ...last, ...state }, gates };
    if (watch === undefined) continue;
    await watch.keep(gates);
    lastGates = gates;
  }
}

/** Whether an epoch is the best so far: by its validation loss, or by its test accuracy where nothing is held out. */
const isImproved = ({ validationLoss, testAccuracy }: EpochMetrics, before: Place): boolean =>
  validationLoss === undefined
    ? testAccuracy > before.bestTestAccuracy
    : validationLoss < (before.bestValidationLoss ?? Number.POSITIVE_INFINITY);

const bestAt = ({ epoch, testAccuracy, validationLoss }: EpochMetrics): Place => ({
  epoch,
  bestEpoch: epoch,
  bestTestAccuracy: testAccuracy,
  ...(validationLoss === undefined ? {} : { bestValidationLoss: validationLoss }),
});

const placeOf = ({ epoch, bestEpoch, bestTestAccuracy, bestValidationLoss }: Checkpoint): Place => ({
  ...{ epoch, bestEpoch, bestTestAccuracy },
  ...(bestValidationLoss === undefined ? {} : { bestValidationLoss }),
});

/** Any first epoch is the best so far; R² may be below 0. */
const nothingYet = ({ targets }: TrainingPlan): Place =>
  targets === undefined ? NOTHING_YET : { ...NOTHING_YET, bestTestAccuracy: -Number.MAX_VALUE };

/** Accuracy; of real values, whose scaled variance is 1, what the loss leaves of it. */
const percentOf = (
  { targets }: TrainingPlan,
  { loss, correct }: Pick<EpochPart, "loss" | "correct">,
  examples: number,
): number => (100 * (targets === undefined ? correct : examples - loss)) / examples;

/** Errors of real values, in their own unit again. */
function measuredValues({ targets }: TrainingPlan, { values }: Evaluation): Pick<EpochMetrics, "testRmse" | "testR2"> {
  if (targets === undefined || values === undefined) return {};
  const { meanSquares, r2 } = values;
  const squares = meanSquares.map((square, output) => square * (targets.std[output] ?? 1) ** 2);
  return { testRmse: Math.sqrt(squares.reduce((sum, one) => sum + one, 0) / squares.length), testR2: r2 };
}

/** What comes of work, or undefined where the signal ended it. */
async function unlessAborted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    if (signal?.aborted) return undefined;
    throw thrown;
  }
}

/** Whether fixed gates are computed once for a whole training. */
function hasGateTable(plan: TrainingPlan, examples: number): boolean {
  const gates = gatedLayers(plan.architecture).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  // images that are moved have other gates in each epoch
  const stays = plan.recipe?.augment === undefined;
  const fits = stays && !gatesMove(regimeOf(plan)) && gates > 0 && gates * examples <= GATE_TABLE_BYTES;
  // a table holds bits: leaky and clipped gates are made in every step
  return fits && hasHardGates(regimeSkeleton(plan.architecture, regimeOf(plan)));
}

function checkData(
  { architecture, loss, targets }: TrainingPlan,
  { train, test }: Readonly<Record<"train" | "test", ExampleSet>>,
): void {
  const outputs = outputsOf(architecture);
  if (loss === "softmax-cross-entropy" && outputs === 1) {
    throw new GatewiseError({
      received: "softmax-cross-entropy of one output",
      expected: "at least two outputs, or mean-squared-error",
      next: "give the last layer an output for each class, or change the loss",
    });
  }
  const classes = Math.max(outputs, 2);
  if (test.dtype !== train.dtype) {
    throw new GatewiseError({
      received: `training inputs of ${train.dtype} and test inputs of ${test.dtype}`,
      expected: "both of one dtype: bytes are scaled by 1/255, floats are taken as they are",
      next: "convert one of them",
    });
  }
  for (const [name, { size: count, exampleShape: shape, labels }] of Object.entries({ training: train, test })) {
    if (shape.join() !== architecture.inputShape.join()) {
      throw new GatewiseError({
        received: `${name} inputs of shape ${formatShape(shape)}`,
        expected: `${formatShape(architecture.inputShape)}, as the architecture has it`,
        next: "choose another data set, or change the architecture's inputShape",
      });
    }
    const [labeled = 0] = labels.shape;
    if (labeled === 0 || count !== labeled) {
      throw new GatewiseError({
        received: `${count} ${name} inputs and ${labeled} labels`,
        expected: "as many labels as inputs, at least one",
        next: "take inputs and labels from the same data set",
      });
    }
    const isReal = labels.dtype === "float32";
    if (isReal !== (targets !== undefined) || (isReal && labels.shape[1] !== outputs)) {
      throw new GatewiseError({
        received: `${isReal ? `values of shape ${formatShape(labels.shape)}` : "classes"} as targets of ${name} examples`,
        expected:
          targets === undefined ? "classes: the plan has no `targets`" : `${outputs} values each, as the plan has it`,
        next: "give a plan and data that go together",
      });
    }
    const wrong = isReal ? -1 : labels.data.findIndex((label) => label < 0 || label >= classes);
    if (wrong >= 0) {
      throw new GatewiseError({
        received: `label ${labels.data[wrong]} of ${name} example ${wrong}`,
        expected: `0 to ${classes - 1}, for ${outputs} output${outputs === 1 ? "" : "s"}`,
        next: "give the last layer an output for each class",
      });
    }
  }
}
