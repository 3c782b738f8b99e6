/** A network of any framework, dissected: what is known of it before anything trains. */
import {
  type ExampleSet,
  exampleSet,
  type InputNormalization,
  normalizationArrays,
  targetBlock,
} from "../../data/index.ts";
import { openWorkerEngine } from "../../engine/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import type { DissectionTraining } from "../../experiments/index.ts";
import { BlockProducts, fitKernel, kernelRows } from "../../fitting/index.ts";
import { type DenseArray, float32, sizeOf } from "../../graph/index.ts";
import type { Model } from "../../models/index.ts";
import { gatedNetwork, initialParameters, REGIMES } from "../../network/index.ts";
import { stepWork, train } from "../../train/index.ts";
import { type FittedData, fittedData } from "../trial-data.ts";
import type { DataSelection } from "../trial-request.ts";
import { readGivenNetwork } from "./given-network.ts";
import { modelOf } from "./open-model.ts";
import { selectedData } from "./selected-data.ts";

/** How a kernel machine with the path kernel of some gates classifies. */
export interface GateMachine {
  /** Percent of test inputs. */
  readonly accuracy: number;
  readonly by: "exact" | "features";
}

/** What is known before anything trains. */
export interface Dissected {
  /** The network's own, on all test examples. */
  readonly accuracy: number;
  readonly loss: number;
  readonly testExamples: number;
  readonly notice: string | undefined;
  readonly machines: {
    /** Test inputs that both are fitted on, and as many others to test them. */
    readonly examples: number;
    readonly gates: GateMachine;
    readonly random: GateMachine;
  };
  /** Of all trainings one after the other. */
  readonly seconds: number;
}

/** What is asked for beside the trainings. */
export interface DissectAsked {
  /** Path of the model. */
  readonly model: string;
  readonly places: Pick<DataSelection, "dataDir" | "cacheDir" | "scratch">;
  readonly kernelExamples: number;
  /** Milliseconds from any fixed point. */
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

/** Exact kernels that take longer are estimated by random path features. */
const MOST_SECONDS = 30;
const FEATURES = 4096;
/** Steps that a training is timed by. */
const TIMED_STEPS = 64;

/**
 * Measures the network's accuracy, classifies by the path kernels of its gates and of random ones, and times a step.
 * @param trainings at least one: their data and architecture are the network's
 * @throws GatewiseError for real-valued targets, and data that are no longer what they were
 */
export async function dissectBefore(
  trainings: readonly DissectionTraining[],
  { model: path, places, kernelExamples, clock, signal }: DissectAsked,
): Promise<Dissected> {
  const [first] = trainings;
  if (first === undefined) throw new Error("unreachable: a dissection without trainings");
  const { plan, data: selection } = first.training;
  const { architecture, initializer, normalization } = plan;
  const loaded = await selectedData({ ...selection, ...places }, process.env);
  if (plan.targets !== undefined) {
    throw new GatewiseError({
      received: `${selection.name}, whose targets are real values`,
      expected: "classes: the share in the gates is one of accuracies",
      next: "choose data of classes",
    });
  }
  const data = fittedData(loaded, architecture.inputShape, undefined);
  const { parameters, digest } = await readGivenNetwork({ path }, exampleSet(loaded.train).exampleShape);
  const network = gatedNetwork(architecture, REGIMES.relu, { value: parameters });
  await using model = modelOf({ network, source: { kind: "onnx" } });
  const reading = normalization === undefined ? {} : { normalization };
  const { accuracy, loss, examples } = await model.evaluate(data.test, { signal, ...reading });
  const initial = initialParameters({ architecture, regime: "frnpf-ii", initializer, seed: 0 });
  await using random = modelOf({
    network: gatedNetwork(architecture, REGIMES["frnpf-ii"], initial),
    source: { kind: "onnx" },
  });
  // test inputs alone: of no others does anybody know that the gates were not trained on them
  const half = Math.min(kernelExamples, Math.floor(examples / 2));
  const [fitted, tested] = [
    await rowsOf(data.test, 0, half, normalization),
    await rowsOf(data.test, half, half, normalization),
  ];
  const machineOf = (one: Model) => gateMachine(one, fitted, tested, { clock, signal });
  const machines = { examples: half, gates: await machineOf(model), random: await machineOf(random) };
  const given = { [digest]: parameters };
  const start = initialParameters(plan, parameters, given);
  const seconds = await secondsOf(trainings, start, data, { clock, signal });
  return { accuracy, loss, testExamples: examples, notice: loaded.notice, machines, seconds };
}

interface Rows {
  readonly inputs: DenseArray<"float32">;
  readonly labels: Int32Array;
}

/** Examples as networks read them: bytes in [0, 1], or as the training normalizes them. */
async function rowsOf(
  set: ExampleSet,
  start: number,
  count: number,
  normalization: InputNormalization | undefined,
): Promise<Rows> {
  const { data, shape } = await set.readBlock(start, count);
  const size = sizeOf(set.exampleShape);
  const usual = { factor: [set.dtype === "uint8" ? 1 / 255 : 1], shift: [0] };
  const { factor, shift } = normalizationArrays(normalization ?? usual, set.exampleShape);
  const inputs = Float32Array.from(data, (value, i) => value * factor[i % size]! + shift[i % size]!);
  return { inputs: float32(shape, inputs), labels: Int32Array.from(set.labels.data.subarray(start, start + count)) };
}

/** Kernel ridge regression with the path kernel of a network's gates (theory 6.9), exact where that is quick. */
async function gateMachine(
  model: Model,
  fitted: Rows,
  tested: Rows,
  { clock, signal }: Pick<DissectAsked, "clock" | "signal">,
): Promise<GateMachine> {
  const { cost } = await model.describe({ examples: 2 * fitted.labels.length, clock });
  const isExact = cost.pathKernelSeconds !== null && cost.pathKernelSeconds <= MOST_SECONDS;
  const options = { signal, ...(isExact ? {} : { features: FEATURES }) };
  const kernel = await model.pathKernel(fitted.inputs, options);
  const testKernel = await model.pathKernel(tested.inputs, { ...options, inputs2: fitted.inputs });
  await using engine = await openWorkerEngine("cpu", { threads: 1 });
  await using products = new BlockProducts(engine);
  const test = { kernel: kernelRows(testKernel), labels: tested.labels };
  const asked = { kernel: kernelRows(kernel), labels: fitted.labels, test, ridge: "cv" } as const;
  const fit = await fitKernel(asked, products, { signal });
  return { accuracy: fit.testAccuracy ?? Number.NaN, by: isExact ? "exact" : "features" };
}

/** Seconds of all trainings one after the other, from some steps of the first and the work of the others. */
async function secondsOf(
  trainings: readonly DissectionTraining[],
  initial: Parameters<typeof train>[2],
  data: FittedData,
  context: Pick<DissectAsked, "clock" | "signal">,
): Promise<number> {
  const [first] = trainings;
  if (first === undefined) return 0;
  const { plan } = first.training;
  await using engine = await openWorkerEngine("cpu", { threads: 1 });
  const batchOf = async (set: ExampleSet, most: number) => {
    const count = Math.min(most, set.size);
    return { inputs: await set.readBlock(0, count), labels: labelsOf(set, count) };
  };
  const sample = {
    train: await batchOf(data.train, TIMED_STEPS * plan.batch),
    test: await batchOf(data.test, plan.batch),
  };
  // in the order of the sample: blocks are for data that are not in memory
  const { recipe: _, ...timedPlan } = { ...plan, epochs: 1, order: "shuffled" as const };
  let timed = 0;
  for await (const event of train(timedPlan, sample, initial, { engine, ...context })) {
    if (event.kind === "epoch") timed = event.metrics.seconds;
  }
  const [sampled = 1] = sample.train.inputs.shape;
  const step = timed / Math.ceil(sampled / plan.batch);
  const steps = Math.ceil(data.train.size / plan.batch);
  return trainings.reduce(
    (sum, { training }) => sum + (training.plan.epochs * steps * step * stepWork(training.plan)) / stepWork(plan),
    0,
  );
}

const labelsOf = ({ labels }: ExampleSet, count: number): ExampleSet["labels"] => targetBlock(labels, 0, count);
