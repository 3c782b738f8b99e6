import type { Engine, Feeds } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import { type DenseArray, float32, sizeOf } from "../graph/index.ts";
import { gatedLayers, initialParameters, type Parameters, REGIMES } from "../network/index.ts";
import { randomStream } from "../random.ts";
import { ChunkRunner, chunksOf } from "./chunks.ts";
import { evaluate } from "./evaluate.ts";
import { readAll, releaseArrays } from "./feeds.ts";
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
  checkInputs(plan, data);
  const examples = data.train.labels.data.length;
  await using gateReader = await GateReader.open(engine, plan);
  await using tester = await engine.compile(evaluationGraph(plan));
  await using chunks = await openChunks(engine, plan, data.train, initial, gateReader);
  const probe = rows(data.test.inputs, 0, Math.min(PROBE, data.test.labels.data.length));
  const gatesBefore = await gateReader.packed(initial, probe);

  let last: Omit<Checkpoint, "tensors"> = resume ?? { epoch: 0, bestEpoch: 0, bestTestAccuracy: -1 };
  let state: Feeds = resume?.tensors ?? initial;
  const steps = Math.ceil(examples / plan.batch);
  for (let epoch = last.epoch + 1; epoch <= plan.epochs; epoch++) {
    const order = randomStream(plan.seed, "order", epoch).permutation(examples);
    const sums = { loss: 0, correct: 0, milliseconds: 0 };
    for (const chunk of chunksOf(examples, plan.batch)) {
      if (signal?.aborted) {
        await releaseArrays(Object.values(state));
        return;
      }
      const before = clock();
      const result = await chunks.run(chunk, order, (epoch - 1) * steps, state);
      sums.milliseconds += clock() - before;
      sums.correct += result.correct;
      sums.loss += result.losses.reduce((sum, loss) => sum + loss * chunk.batch, 0);
      state = result.state;
      const firstStep = chunk.start / plan.batch + 1;
      const broken = result.losses.findIndex((loss) => !Number.isFinite(loss));
      if (broken >= 0) throw brokenLoss(plan, result.losses[broken], epoch, firstStep + broken);
      yield { kind: "steps", epoch, step: firstStep + chunk.count - 1, steps };
    }
    const tensors = await readAll(state);
    const test = await evaluate(tester, data.test, tensors);
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
  await releaseArrays(Object.values(state));
}

/** Puts the data, and with fixed gates their table, into the engine. */
async function openChunks(
  engine: Engine,
  plan: TrainingPlan,
  train: LabeledBytes,
  initial: Parameters,
  gateReader: GateReader,
): Promise<ChunkRunner> {
  const examples = train.labels.data.length;
  const gates = gatedLayers(plan.architecture).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const gateTable = hasFixedGates(REGIMES[plan.regime]) && gates > 0 && gates * examples <= GATE_TABLE_BYTES;
  const table = gateTable ? await gateReader.table(initial, train.inputs) : {};
  const uploads = Object.entries({ inputs: train.inputs, labels: train.labels, ...table }).map(
    async ([name, array]) => [name, await engine.upload(array)] as const,
  );
  return ChunkRunner.open(engine, plan, Object.fromEntries(await Promise.all(uploads)), { examples, gateTable });
}

function checkInputs({ architecture }: TrainingPlan, { train, test }: TrainingData): void {
  for (const { inputs } of [train, test]) {
    const shape = inputs.shape.slice(1);
    if (shape.join() !== architecture.inputShape.join()) {
      throw new GatewiseError({
        received: `inputs of shape [${shape.join(", ")}]`,
        expected: `[${architecture.inputShape.join(", ")}], as the architecture has it`,
        next: "choose another data set, or change the architecture's inputShape",
      });
    }
  }
}

function brokenLoss({ optimizer }: TrainingPlan, loss: number | undefined, epoch: number, step: number): GatewiseError {
  return new GatewiseError({
    received: `a loss of ${loss} in epoch ${epoch}, step ${step}`,
    expected: "a finite loss",
    next: `lower the learning rate (it is ${optimizer.learningRate}); the epochs before are kept`,
  });
}
