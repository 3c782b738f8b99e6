/** A network of any framework, dissected: what is known of it before anything trains, and the trials that tell the rest. */
import {
  type Dataset,
  type DatasetName,
  type Examples,
  firstExamples,
  fitInputs,
  INPUT_SHAPES,
} from "../../data/index.ts";
import { loadDataset } from "../../data/node/index.ts";
import { openWorkerEngine } from "../../engine/node/index.ts";
import {
  type ArmExperiment,
  type DissectionPlan,
  dissection,
  type Trial,
  trialsOfArms,
} from "../../experiments/index.ts";
import { BlockProducts, fitKernel, kernelRows } from "../../fitting/index.ts";
import { denseArray, sizeOf } from "../../graph/index.ts";
import type { Model } from "../../models/index.ts";
import { gatedNetwork, initialParameters, REGIMES } from "../../network/index.ts";
import { stepWork, train } from "../../train/index.ts";
import type { DataSelection, GivenFile } from "../trial-request.ts";
import { type GivenNetworkFile, readGivenNetwork } from "./given-network.ts";
import { modelOf } from "./open-model.ts";

/** What is dissected, and where its data are. */
export interface DissectRequest extends Omit<DissectionPlan, "digest" | "architecture" | "name" | "optimizer"> {
  /** Path of an `.onnx` file or of a run of regime `relu`. */
  readonly model: string;
  readonly optimizer: (convolutional: boolean) => DissectionPlan["optimizer"];
  readonly data: DatasetName;
  readonly places: Pick<DataSelection, "dataDir" | "cacheDir">;
  /** Inputs that the kernel machines are fitted on, and as many to test them. */
  readonly kernelExamples: number;
}

/** How a kernel machine with the path kernel of some gates classifies. */
export interface GateMachine {
  /** Percent of test inputs. */
  readonly accuracy: number;
  readonly by: "exact" | "features";
}

/** What is known before anything trains. */
export interface Dissected {
  readonly experiment: ArmExperiment;
  readonly networks: readonly GivenFile[];
  readonly digest: string;
  /** Its own, on all test examples. */
  readonly accuracy: number;
  readonly loss: number;
  readonly testExamples: number;
  readonly notice: string | undefined;
  readonly machines: {
    /** Inputs that both are fitted on, and tested on. */
    readonly examples: number;
    readonly tested: number;
    readonly gates: GateMachine;
    readonly random: GateMachine;
  };
  /** Of all trials one after the other. */
  readonly seconds: number;
}

/** Exact kernels that take longer are estimated by random path features. */
const MOST_SECONDS = 30;
const FEATURES = 4096;
/** Steps that a training is timed by. */
const TIMED_STEPS = 64;

/**
 * Reads the network, measures its accuracy, classifies by the path kernels of its gates and of random ones, and times a step.
 * @throws GatewiseError for a network that is none, of gates that another network makes, or of other data
 */
export async function dissectBefore(
  request: DissectRequest,
  { clock, signal }: { readonly clock: () => number; readonly signal: AbortSignal },
): Promise<Dissected> {
  const { model: path, places, kernelExamples, data: name } = request;
  const { dataDir, cacheDir } = places;
  // a network of other inputs is refused before data are looked for
  const given = await readGivenNetwork({ path }, INPUT_SHAPES[name]);
  const loaded = await loadDataset(name, {
    ...(dataDir === null ? {} : { dataDir }),
    environment: process.env,
    cacheDir,
  });
  const { architecture, digest, parameters } = given;
  const data = fitInputs(loaded, architecture.inputShape);
  const network = gatedNetwork(architecture, REGIMES.relu, { value: parameters });
  const convolutional = network.nodes.some(({ kind }) => kind === "convolution");
  const experiment = dissection({
    ...request,
    name: path,
    digest,
    architecture,
    optimizer: request.optimizer(convolutional),
  });
  const trials = trialsOfArms(experiment, experiment.profiles.quick);
  const seconds = await secondsOf(trials, given, data, { clock, signal });
  await using model = modelOf({ network, source: { kind: "onnx" } });
  const { accuracy, loss, examples } = await model.evaluate(data.test, { signal });
  const initial = initialParameters({ architecture, regime: "frnpf-ii", initializer: experiment.initializer, seed: 0 });
  await using random = modelOf({
    network: gatedNetwork(architecture, REGIMES["frnpf-ii"], initial),
    source: { kind: "onnx" },
  });
  // test inputs alone: what the gates were trained on, nobody knows but for those
  const half = Math.min(kernelExamples, Math.floor(examples / 2));
  const [fitted, tested] = [rowsOf(data.test, 0, half), rowsOf(data.test, half, 2 * half)];
  const machineOf = (one: Model) => gateMachine(one, fitted, tested, { clock, signal });
  return {
    ...{ experiment, digest, accuracy, loss, seconds, notice: loaded.notice, testExamples: examples },
    networks: [{ network: digest, path, at: null }],
    machines: { examples: half, tested: half, gates: await machineOf(model), random: await machineOf(random) },
  };
}

function rowsOf({ inputs, labels }: Examples, from: number, to: number): Examples {
  const [, ...shape] = inputs.shape;
  const size = sizeOf(shape);
  return {
    inputs: denseArray("uint8", [to - from, ...shape], inputs.data.subarray(from * size, to * size)),
    labels: denseArray("uint8", [to - from], labels.data.subarray(from, to)),
  };
}

/** Kernel ridge regression with the path kernel of a network's gates (theory 6.9), exact where that is quick. */
async function gateMachine(
  model: Model,
  fitted: Examples,
  tested: Examples,
  { clock, signal }: { readonly clock: () => number; readonly signal: AbortSignal },
): Promise<GateMachine> {
  const pairs = (2 * fitted.labels.data.length) ** 2;
  const { cost } = await model.describe({ examples: Math.ceil(Math.sqrt(pairs)), clock });
  const isExact = cost.pathKernelSeconds !== null && cost.pathKernelSeconds <= MOST_SECONDS;
  const [inputs, others] = [scaled(fitted), scaled(tested)];
  const options = { signal, ...(isExact ? {} : { features: FEATURES }) };
  const kernel = await model.pathKernel(inputs, options);
  const testKernel = await model.pathKernel(others, { ...options, inputs2: inputs });
  await using engine = await openWorkerEngine("cpu", { threads: 1 });
  await using products = new BlockProducts(engine);
  const labelsOf = ({ labels }: Examples) => Int32Array.from(labels.data);
  const test = { kernel: kernelRows(testKernel), labels: labelsOf(tested) };
  const fit = await fitKernel({ kernel: kernelRows(kernel), labels: labelsOf(fitted), test, ridge: "cv" }, products, {
    signal,
  });
  return { accuracy: fit.testAccuracy ?? Number.NaN, by: isExact ? "exact" : "features" };
}

/** Pixels in [0, 1], as networks see them. */
const scaled = ({ inputs }: Examples) =>
  denseArray(
    "float32",
    inputs.shape,
    Float32Array.from(inputs.data, (byte) => byte / 255),
  );

/** Seconds of all trials one after the other, from some steps of the first and the work of the others. */
async function secondsOf(
  trials: readonly Trial[],
  { digest, parameters }: GivenNetworkFile,
  data: Dataset,
  { clock, signal }: { readonly clock: () => number; readonly signal: AbortSignal },
): Promise<number> {
  const [first] = trials;
  if (first === undefined) return 0;
  const { plan } = first;
  await using engine = await openWorkerEngine("cpu", { threads: 1 });
  const sample = {
    train: firstExamples(data.train, TIMED_STEPS * plan.batch),
    test: firstExamples(data.test, plan.batch),
  };
  const initial = initialParameters(plan, undefined, { [digest]: parameters });
  let timed = 0;
  for await (const event of train({ ...plan, epochs: 1 }, sample, initial, { engine, clock, signal })) {
    if (event.kind === "epoch") timed = event.metrics.seconds;
  }
  const step = timed / Math.ceil(sample.train.labels.data.length / plan.batch);
  const steps = Math.ceil(data.train.labels.data.length / plan.batch);
  return trials.reduce((sum, one) => sum + (one.plan.epochs * steps * step * stepWork(one.plan)) / stepWork(plan), 0);
}
