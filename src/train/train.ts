import type { Engine } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import { type DenseArray, float32, formatShape, sizeOf } from "../graph/index.ts";
import { gatedLayers, initialParameters, outputsOf, type Parameters, REGIMES } from "../network/index.ts";
import { randomStream } from "../random.ts";
import { ChunkRunner, chunksOf } from "./chunks.ts";
import { evaluate } from "./evaluate.ts";
import { GateReader, gateMetrics } from "./gate-reader.ts";
import { type LabeledBytes, rows } from "./labeled-bytes.ts";
import { slotsOf, trialParameters } from "./parameters.ts";
import type { EpochMetrics, TrainingPlan } from "./plan.ts";
import { evaluationGraph } from "./prediction-graphs.ts";
import { hasFixedGates } from "./training-graph.ts";

export interface TrainingData {
  readonly train: LabeledBytes;
  readonly test: LabeledBytes;
}

/** A trial after some epoch: parameters and averages by name (`value.1.weight:first-moment`). Plain data. */
export interface Checkpoint {
  readonly epoch: number;
  readonly tensors: Parameters;
  /** Epoch of the best test accuracy so far (the first at a tie), and that accuracy in percent. */
  readonly bestEpoch: number;
  readonly bestTestAccuracy: number;
}

export type TrainingEvent =
  /** Some steps of an epoch are done. */
  | { readonly kind: "steps"; readonly epoch: number; readonly step: number; readonly steps: number }
  /** An epoch is done; `improved` if its test accuracy is the best so far. */
  | {
      readonly kind: "epoch";
      readonly metrics: EpochMetrics;
      readonly improved: boolean;
      readonly checkpoint: Checkpoint;
    };

export interface TrainingContext {
  readonly engine: Engine;
  /** Milliseconds from any fixed point. */
  readonly clock: () => number;
  /** Ends the iteration after the steps under way; what was not yielded is lost. */
  readonly signal?: AbortSignal;
}

/** Test examples whose gates are watched. */
const PROBE = 1000;
/** Fixed gates are kept as a table up to this size; larger ones (convolutional maps) are computed in every step. */
const GATE_TABLE_BYTES = 2 ** 28;

/** Parameters of a trial before training, by name; averages start at zero. */
export function initialTensors(plan: TrainingPlan, learnt?: Parameters): Parameters {
  const pair = initialParameters(plan.architecture, plan.regime, plan.initializer, plan.seed, learnt);
  const named = (network: "value" | "feature"): [string, DenseArray<"float32">][] =>
    Object.entries(pair[network] ?? {}).map(([name, array]) => [`${network}.${name}`, array]);
  const averages = trialParameters(plan.architecture, REGIMES[plan.regime])
    .filter(({ trains }) => trains)
    .flatMap(({ name, shape }) =>
      slotsOf(plan, name).map((slot) => [slot, float32(shape, new Float32Array(sizeOf(shape)))]),
    );
  return Object.fromEntries([...named("value"), ...named("feature"), ...averages]);
}

/**
 * Trains one trial and yields after every run of steps and every epoch.
 *
 * The same plan and data give the same bits on one machine with an engine of one thread; a training resumed from a
 * checkpoint ends as if it had never stopped.
 * @param initial {@link initialTensors} of the plan
 * @param resume a checkpoint to go on from
 * @throws GatewiseError if the loss is no longer finite, or data and architecture do not fit
 */
export async function* train(
  plan: TrainingPlan,
  data: TrainingData,
  initial: Parameters,
  context: TrainingContext,
  resume?: Checkpoint,
): AsyncGenerator<TrainingEvent, void, undefined> {
  const { engine, clock, signal } = context;
  checkData(plan, data);
  const examples = data.train.labels.data.length;
  await using gateReader = await GateReader.open(engine, plan);
  await using tester = await engine.compile(evaluationGraph(plan));
  await using chunks = await openChunks(engine, plan, data.train, initial, resume, gateReader);
  const probe = rows(data.test.inputs, 0, Math.min(PROBE, data.test.labels.data.length));
  const gatesBefore = await gateReader.packed(initial, probe);

  let last: Omit<Checkpoint, "tensors"> = resume ?? { epoch: 0, bestEpoch: 0, bestTestAccuracy: -1 };
  const steps = Math.ceil(examples / plan.batch);
  for (let epoch = last.epoch + 1; epoch <= plan.epochs; epoch++) {
    const order = randomStream(plan.seed, "order", epoch).permutation(examples);
    const sums = { loss: 0, correct: 0, milliseconds: 0 };
    for (const chunk of chunksOf(examples, plan)) {
      if (signal?.aborted) return;
      const before = clock();
      const result = await chunks.run(chunk, order, (epoch - 1) * steps);
      sums.milliseconds += clock() - before;
      sums.correct += result.correct;
      sums.loss += result.losses.reduce((sum, loss) => sum + loss * chunk.batch, 0);
      const firstStep = chunk.start / plan.batch + 1;
      const broken = result.losses.findIndex((loss) => !Number.isFinite(loss));
      if (broken >= 0) throw brokenLoss(plan, result.losses[broken], `in epoch ${epoch}, step ${firstStep + broken}`);
      yield { kind: "steps", epoch, step: firstStep + chunk.count - 1, steps };
    }
    const tensors = await chunks.read();
    const test = await evaluate(tester, data.test, tensors);
    if (!Number.isFinite(test.loss)) throw brokenLoss(plan, test.loss, `on the test examples after epoch ${epoch}`);
    const metrics: EpochMetrics = {
      epoch,
      trainLoss: sums.loss / examples,
      trainAccuracy: (100 * sums.correct) / examples,
      testLoss: test.loss,
      testAccuracy: test.accuracy,
      seconds: sums.milliseconds / 1000,
      gates: gateMetrics(gatesBefore, await gateReader.packed(tensors, probe)),
    };
    const improved = metrics.testAccuracy > last.bestTestAccuracy;
    last = improved ? { epoch, bestEpoch: epoch, bestTestAccuracy: metrics.testAccuracy } : { ...last, epoch };
    yield { kind: "epoch", metrics, improved, checkpoint: { ...last, tensors } };
  }
}

/** Puts the data, and with fixed gates their table, into the engine. */
async function openChunks(
  engine: Engine,
  plan: TrainingPlan,
  train: LabeledBytes,
  initial: Parameters,
  resume: Checkpoint | undefined,
  gateReader: GateReader,
): Promise<ChunkRunner> {
  const examples = train.labels.data.length;
  const gates = gatedLayers(plan.architecture).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const gateTable = hasFixedGates(REGIMES[plan.regime]) && gates > 0 && gates * examples <= GATE_TABLE_BYTES;
  const table = gateTable ? await gateReader.table(initial, train.inputs) : {};
  const uploads = Object.entries({ inputs: train.inputs, labels: train.labels, ...table }).map(
    async ([name, array]) => [name, await engine.upload(array)] as const,
  );
  const resident = Object.fromEntries(await Promise.all(uploads));
  return ChunkRunner.open(engine, plan, resident, resume?.tensors ?? initial, { examples, gateTable });
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
    received: `a loss of ${loss} ${where}`,
    expected: "a finite loss",
    next: `lower the learning rate (it is ${optimizer.learningRate}); the epochs before are kept`,
  });
}
