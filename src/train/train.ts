import type { Engine } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import { formatShape, sizeOf } from "../graph/index.ts";
import {
  checkParameters,
  checkRegime,
  gatedLayers,
  gatesMove,
  outputsOf,
  regimeOf,
  type TrialParameters,
  trialParameterSpecs,
} from "../network/index.ts";
import { randomStream } from "../random.ts";
import type { Checkpoint, EpochPart } from "./checkpoint.ts";
import { ChunkRunner, chunksFrom } from "./chunks.ts";
import { evaluate } from "./evaluate.ts";
import { examplesPerRun, layerShapes } from "./examples-per-run.ts";
import { GateReader, gateMetrics } from "./gate-reader.ts";
import { type LabeledBytes, rows } from "./labeled-bytes.ts";
import type { EpochMetrics, TrainingPlan } from "./plan.ts";
import { evaluationGraph } from "./prediction-graphs.ts";
import { checkState, startState } from "./training-state.ts";

export interface TrainingData {
  readonly train: LabeledBytes;
  readonly test: LabeledBytes;
}

export type TrainingEvent =
  /** Some steps of an epoch are done; their checkpoint is read when asked for, before the next event. */
  | {
      readonly kind: "steps";
      readonly epoch: number;
      readonly step: number;
      readonly steps: number;
      readonly checkpoint: () => Promise<Checkpoint>;
    }
  /** An epoch is done; `improved` if its test accuracy is the best so far. */
  | {
      readonly kind: "epoch";
      readonly metrics: EpochMetrics;
      readonly improved: boolean;
      readonly checkpoint: Checkpoint;
    }
  /** The signal came within an epoch: the last event, unless nothing was done since the checkpoint before. */
  | { readonly kind: "stopped"; readonly checkpoint: Checkpoint };

export interface TrainingContext {
  readonly engine: Engine;
  /** Milliseconds from any fixed point. */
  readonly clock: () => number;
  /** Ends the iteration after the steps under way; nothing that was computed is lost. */
  readonly signal?: AbortSignal;
}

const NO_STEPS: EpochPart = { steps: 0, loss: 0, correct: 0, milliseconds: 0 };
/** Test examples whose gates are watched. */
const PROBE = 1000;
/** Fixed gates are kept as a table up to this size; larger ones (convolutional maps) are computed in every step. */
const GATE_TABLE_BYTES = 2 ** 28;

/**
 * Trains one trial and yields after every run of steps and every epoch.
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
  const { engine, clock, signal } = context;
  checkData(plan, data);
  checkRegime(plan.architecture, regimeOf(plan));
  checkParameters(initial, trialParameterSpecs(plan.architecture, regimeOf(plan)));
  if (resume !== undefined) checkState(plan, resume);
  const examples = data.train.labels.data.length;
  await using gateReader = await GateReader.open(engine, plan);
  await using tester = await engine.compile(evaluationGraph(plan));
  await using chunks = await openChunks(engine, plan, data.train, initial, resume, gateReader);
  const probe = rows(data.test.inputs, 0, Math.min(PROBE, data.test.labels.data.length));
  const gatesBefore = await gateReader.packed(initial, probe);

  const {
    epoch: epochsBefore,
    bestEpoch,
    bestTestAccuracy,
  } = resume ?? { epoch: 0, bestEpoch: 0, bestTestAccuracy: -1 };
  let last = { epoch: epochsBefore, bestEpoch, bestTestAccuracy };
  const steps = Math.ceil(examples / plan.batch);
  const batch = examplesPerRun(layerShapes(plan.architecture));
  for (let epoch = last.epoch + 1; epoch <= plan.epochs; epoch++) {
    const order = randomStream(plan.seed, "order", epoch).permutation(examples);
    const before = (epoch === epochsBefore + 1 ? resume?.part : undefined) ?? NO_STEPS;
    const sums = { ...before };
    const within = async (): Promise<Checkpoint> => ({ ...last, part: { ...sums }, ...(await chunks.read()) });
    for (const chunk of chunksFrom(chunks.chunks, before.steps)) {
      if (signal?.aborted) {
        if (sums.steps > before.steps) yield { kind: "stopped", checkpoint: await within() };
        return;
      }
      const started = clock();
      const result = await chunks.run(chunk, order, (epoch - 1) * steps);
      sums.milliseconds += clock() - started;
      sums.correct += result.correct;
      sums.loss += result.losses.reduce((sum, loss) => sum + loss * chunk.batch, 0);
      const broken = result.losses.findIndex((loss) => !Number.isFinite(loss));
      if (broken >= 0) {
        throw brokenLoss(plan, result.losses[broken], `in epoch ${epoch}, step ${sums.steps + 1 + broken}`);
      }
      sums.steps += chunk.count;
      yield { kind: "steps", epoch, step: sums.steps, steps, checkpoint: within };
    }
    const state = await chunks.read();
    const test = await evaluate(tester, data.test, state.parameters, { batch, signal }).catch((thrown: unknown) => {
      if (signal?.aborted) return undefined;
      throw thrown;
    });
    if (test === undefined) {
      if (sums.steps > before.steps) yield { kind: "stopped", checkpoint: await within() };
      return;
    }
    if (!Number.isFinite(test.loss)) throw brokenLoss(plan, test.loss, `on the test examples after epoch ${epoch}`);
    const metrics: EpochMetrics = {
      epoch,
      trainLoss: sums.loss / examples,
      trainAccuracy: (100 * sums.correct) / examples,
      testLoss: test.loss,
      testAccuracy: test.accuracy,
      seconds: sums.milliseconds / 1000,
      gates: gateMetrics(gatesBefore, await gateReader.packed(state.parameters, probe)),
    };
    const improved = metrics.testAccuracy > last.bestTestAccuracy;
    last = improved ? { epoch, bestEpoch: epoch, bestTestAccuracy: metrics.testAccuracy } : { ...last, epoch };
    yield { kind: "epoch", metrics, improved, checkpoint: { ...last, ...state } };
  }
}

/** Puts the data, and with fixed gates their table, into the engine. */
async function openChunks(
  engine: Engine,
  plan: TrainingPlan,
  train: LabeledBytes,
  initial: TrialParameters,
  resume: Checkpoint | undefined,
  gateReader: GateReader,
): Promise<ChunkRunner> {
  const examples = train.labels.data.length;
  const gates = gatedLayers(plan.architecture).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const gateTable = !gatesMove(regimeOf(plan)) && gates > 0 && gates * examples <= GATE_TABLE_BYTES;
  const table = gateTable ? await gateReader.table(initial, train.inputs) : {};
  const rowsOfAll = { inputs: train.inputs, labels: train.labels, ...table };
  return ChunkRunner.open(engine, plan, rowsOfAll, resume ?? startState(plan, initial), { examples, gateTable });
}

function checkData({ architecture, loss }: TrainingPlan, { train, test }: TrainingData): void {
  const outputs = outputsOf(architecture);
  if (loss === "softmax-cross-entropy" && outputs === 1) {
    throw new GatewiseError({
      received: "softmax-cross-entropy of one output",
      expected: "at least two outputs, or mean-squared-error",
      next: "give the last layer an output for each class, or change the loss",
    });
  }
  const classes = Math.max(outputs, 2);
  for (const [name, { inputs, labels }] of Object.entries({ training: train, test })) {
    const [count, ...shape] = inputs.shape;
    if (shape.join() !== architecture.inputShape.join()) {
      throw new GatewiseError({
        received: `${name} inputs of shape ${formatShape(shape)}`,
        expected: `${formatShape(architecture.inputShape)}, as the architecture has it`,
        next: "choose another data set, or change the architecture's inputShape",
      });
    }
    if (labels.data.length === 0 || count !== labels.data.length) {
      throw new GatewiseError({
        received: `${count} ${name} inputs and ${labels.data.length} labels`,
        expected: "as many labels as inputs, at least one",
        next: "take inputs and labels from the same data set",
      });
    }
    const wrong = labels.data.findIndex((label) => label >= classes);
    if (wrong >= 0) {
      throw new GatewiseError({
        received: `label ${labels.data[wrong]} of ${name} example ${wrong}`,
        expected: `0 to ${classes - 1}, for ${outputs} output${outputs === 1 ? "" : "s"}`,
        next: "give the last layer an output for each class",
      });
    }
  }
}

function brokenLoss({ optimizer }: TrainingPlan, loss: number | undefined, where: string): GatewiseError {
  return new GatewiseError({
    code: "numerical-failure",
    received: `a loss of ${loss} ${where}`,
    expected: "a finite loss",
    next: `lower the learning rate (it is ${optimizer.learningRate}); the epochs before are kept`,
  });
}
