/** Gate learning, tangent kernels during decoupled learning, and the kernel machine of the gates (theory 6.4, 6.5, 6.9). */
import { type Examples, firstExamples, type TrainAndTest } from "../data/index.ts";
import type { Engine } from "../engine/index.ts";
import {
  BlockProducts,
  classTargets,
  fitFeatures,
  fitKernel,
  kernelNorms,
  kernelRows,
  labelFit,
  positiveFactor,
} from "../fitting/index.ts";
import { float32, largestOf } from "../graph/index.ts";
import { featuresTogether, kernelSize, pathFeatureRows, tangentKernels } from "../kernels/index.ts";
import { neuralPathKernel } from "../models/index.ts";
import {
  fullyConnected,
  type GatedNetwork,
  gatedNetwork,
  outputsOf,
  REGIMES,
  type TrialParameters,
} from "../network/index.ts";
import { optionsIn } from "../options.ts";
import { optimizer } from "../train/index.ts";
import { CONTINUOUS_REFERENCES } from "./continuous-features.ts";
import { gconvCifar10Adam } from "./convolutional-cifar10.ts";
import { firstOfEachClass, type MeasureName, scaled, type WatchedExperiment } from "./watched-training.ts";

const PAPER = "Lakshminarayanan and Singh, Neural Path Features and Neural Path Kernel, NeurIPS 2020, arXiv 2006.10529";

/** Digits 4 and 7: does `ν` fall while a ReLU network trains? */
export const binaryMnist = {
  kind: "watched",
  name: "binary-mnist",
  measure: "label-fit",
  source: `Gate learning on Binary-MNIST, ${PAPER}.`,
  title: "Gate learning on Binary-MNIST: ν over the epochs",
  architecture: fullyConnected({ inputShape: [28, 28], depth: 6, width: 100, outputs: 1, bias: false }),
  regime: "relu",
  // weights ±√(2/w)
  initializer: { kind: "bernoulli", sigma: Math.sqrt(2 / 100) },
  optimizer: optimizer("rmsprop", 1e-4),
  loss: "mean-squared-error",
  batch: 64,
  classes: [4, 7],
  profiles: {
    quick: { data: "digits", epochs: 20, every: 2, runs: 2, examples: 200 },
    full: { data: "mnist", epochs: 50, every: 2, runs: 5, examples: 200 },
  },
} as const satisfies WatchedExperiment;

/** What the two below share: the network of the paper's table, in batches of 32 (theory 6.1). */
const tenClasses = {
  kind: "watched",
  architecture: fullyConnected({ inputShape: [28, 28], depth: 6, width: 128, outputs: 10 }),
  initializer: { kind: "glorot-uniform" },
  loss: "softmax-cross-entropy",
  batch: 32,
} as const satisfies Partial<WatchedExperiment>;

/** Value and feature tangent kernel while gates and values learn apart. */
export const ntkTrace = {
  ...tenClasses,
  name: "ntk-trace",
  measure: "tangent-kernels",
  source: `Value and feature tangent kernel in decoupled learning, ${PAPER}, and its notebook.`,
  title: "Value and feature tangent kernel during decoupled learning",
  regime: "dlnpf",
  optimizer: optimizer("sgd", 1e-2),
  profiles: {
    quick: { data: "digits", epochs: 20, every: 5, runs: 1, examples: 200 },
    full: { data: "mnist", epochs: 60, every: 5, runs: 5, examples: 200 },
  },
} as const satisfies WatchedExperiment;

/** What does a kernel machine with the gates of a random, half-trained and trained network reach? */
export const kernelMachine = {
  ...tenClasses,
  name: "kernel-machine",
  measure: "kernel-machine",
  source: `Kernel ridge regression with the neural path kernel of the gates; networks behind fixed gates: ${PAPER}.`,
  title: "Kernel machine of the gates: random, half-trained, trained",
  regime: "relu",
  optimizer: optimizer("adam", 1e-4),
  profiles: {
    quick: { data: "digits", epochs: 20, every: 10, runs: 1, examples: 1000 },
    full: { data: "mnist", epochs: 20, every: 10, runs: 1, examples: 10_000 },
  },
} as const satisfies WatchedExperiment;

/** The infinite-width convolutional kernel with pooling on all of CIFAR-10 (theory 6.6), percent. */
export const INFINITE_WIDTH_CIFAR10 = CONTINUOUS_REFERENCES.kernel;

/** The same by random features, on all images that there are (theory 6.9). */
export const kernelMachineCifar10 = {
  kind: "watched",
  name: "kernel-machine-cifar10",
  measure: "feature-machine",
  source: `Kernel ridge regression with random features of the neural path kernel (theory 3.15, 6.9). Networks behind fixed gates: ${PAPER}. Infinite-width kernel: Arora et al., NeurIPS 2019, arXiv 1904.11955.`,
  title: "Kernel machine of GCONV's gates on CIFAR-10: random and trained",
  architecture: gconvCifar10Adam.architecture,
  regime: "relu",
  initializer: gconvCifar10Adam.initializer,
  optimizer: gconvCifar10Adam.optimizer,
  loss: gconvCifar10Adam.loss,
  batch: gconvCifar10Adam.batch,
  profiles: {
    quick: {
      ...{ data: "cifar10", limit: 10_000, testLimit: 2000, examples: 10_000 },
      ...{ epochs: 10, every: 10, runs: 1, features: 512 },
      instead: gconvCifar10Adam.profiles.quick.instead,
    },
    full: { data: "cifar10", epochs: 200, every: 200, runs: 1, examples: 50_000, features: 1024 },
  },
} as const satisfies WatchedExperiment;

interface WatchedFigureSpec {
  readonly title: string;
  readonly shown: readonly string[];
  readonly axis: "linear" | "logarithmic";
}

/** What the figure of an experiment shows of the measured numbers. */
export const WATCHED_FIGURES = {
  "label-fit": { title: "ν of the path kernel", shown: ["nu"], axis: "logarithmic" },
  "tangent-kernels": {
    title: "Traces of the tangent kernels",
    shown: ["value trace, class", "feature trace, class"],
    axis: "logarithmic",
  },
  "kernel-machine": { title: "Kernel machine, test accuracy, %", shown: ["test accuracy %"], axis: "linear" },
  "feature-machine": {
    title: "Kernel machine by random features, test accuracy, %",
    shown: ["test accuracy %"],
    axis: "linear",
  },
} as const satisfies Record<MeasureName, WatchedFigureSpec>;

/** Named numbers, in the order in which they are shown. */
export type Measurement = Readonly<Record<string, number>>;
/** Measures a network of trained parameters. */
export type Measure = (parameters: TrialParameters) => Promise<Measurement>;

/** Random features of an example unless an experiment says otherwise. */
const FEATURES = 512;

/** How an experiment measures. */
export interface MeasureOptions {
  /** Random features of an example, of a kernel machine that goes by them. */
  readonly features?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What an experiment measures.
 * @param engine the engine of the kernels
 * @param count training examples measured
 */
export const measureOf = (
  experiment: WatchedExperiment,
  data: TrainAndTest,
  count: number,
  engine: Engine,
  options: MeasureOptions = {},
): Measure => {
  const { features = FEATURES, signal } = optionsIn(options);
  const networkOf = (parameters: TrialParameters): GatedNetwork =>
    gatedNetwork(experiment.architecture, REGIMES[experiment.regime], parameters);
  switch (experiment.measure) {
    case "label-fit": {
      const probe = firstOfEachClass(data.train, count, classesOf(data.train));
      return (parameters) => labelFitOf(networkOf(parameters), probe, engine);
    }
    case "tangent-kernels": {
      const probe = firstOfEachClass(data.train, count, outputsOf(experiment.architecture));
      return (parameters) => tangentSizes(networkOf(parameters), probe, engine);
    }
    case "kernel-machine": {
      // in file order, as --limit takes them
      const probe = firstExamples(data.train, count);
      return (parameters) => machineOf(networkOf(parameters), probe, data.test, engine);
    }
    case "feature-machine": {
      const probe = firstExamples(data.train, count);
      return (parameters) => featureMachineOf(networkOf(parameters), probe, data.test, features, engine, signal);
    }
  }
};

const classesOf = ({ labels }: Examples): number => largestOf(labels.data) + 1;

/** `ν` of the path kernel (theory 4.9) on balanced examples. */
async function labelFitOf(network: GatedNetwork, { inputs, labels }: Examples, engine: Engine): Promise<Measurement> {
  const kernel = kernelRows(await neuralPathKernel(network, engine, scaled(inputs)));
  await using products = new BlockProducts(engine);
  const norms = await kernelNorms(kernel);
  const factored = await positiveFactor(kernel, norms, 0, products);
  const { targets } = classTargets(Int32Array.from(labels.data));
  const { nu } = await labelFit(kernel, norms, factored, targets, products);
  return { nu, jitter: factored.jitter };
}

/** Trace and Frobenius norm of both tangent kernels, of the logit of each example's class and of logit 0. */
async function tangentSizes(network: GatedNetwork, { inputs, labels }: Examples, engine: Engine): Promise<Measurement> {
  const x = scaled(inputs);
  const sizesOf = async (name: string, output: number | readonly number[]): Promise<Measurement> => {
    const { value, feature } = await tangentKernels(network, engine, x, { output });
    const [v, f] = [kernelSize(value), kernelSize(feature)];
    return {
      [`value trace, ${name}`]: v.trace,
      [`feature trace, ${name}`]: f.trace,
      [`value norm, ${name}`]: v.frobenius,
      [`feature norm, ${name}`]: f.frobenius,
    };
  };
  return { ...(await sizesOf("class", [...labels.data])), ...(await sizesOf("logit 0", 0)) };
}

/** Ridge regression with the path kernel: its accuracy on the test examples (theory 6.9). */
async function machineOf(network: GatedNetwork, train: Examples, test: Examples, engine: Engine): Promise<Measurement> {
  const [inputs, others] = [scaled(train.inputs), scaled(test.inputs)];
  const kernel = await neuralPathKernel(network, engine, inputs);
  const testKernel = await neuralPathKernel(network, engine, others, { inputs2: inputs });
  await using products = new BlockProducts(engine);
  const fit = await fitKernel(
    {
      kernel: kernelRows(kernel),
      labels: Int32Array.from(train.labels.data),
      test: { kernel: kernelRows(testKernel), labels: Int32Array.from(test.labels.data) },
      ridge: "cv",
    },
    products,
  );
  return {
    "test accuracy %": fit.testAccuracy ?? Number.NaN,
    "train accuracy %": fit.trainAccuracy,
    alignment: fit.alignment.alignment,
    "effective rank": fit.rank.effectiveRank,
    nu: fit.direct?.nu ?? Number.NaN,
    ridge: fit.fit.ridge,
  };
}

/** Ridge regression with random features of the path kernel, which all images of a data set fit into. */
async function featureMachineOf(
  network: GatedNetwork,
  train: Examples,
  test: Examples,
  count: number,
  engine: Engine,
  signal: AbortSignal | undefined,
): Promise<Measurement> {
  const together = featuresTogether(network, count);
  const featuresOf = async ({ inputs }: Examples) => {
    const [examples = 0] = inputs.shape;
    const features = float32([examples, count], new Float32Array(examples * count));
    const asked = { seed: 0, together, signal };
    for await (const { from, values } of pathFeatureRows(network, engine, scaled(inputs), count, asked)) {
      features.data.set(values, from * count);
    }
    return kernelRows(features);
  };
  await using products = new BlockProducts(engine);
  const fit = await fitFeatures(
    {
      features: await featuresOf(train),
      labels: Int32Array.from(train.labels.data),
      test: { features: await featuresOf(test), labels: Int32Array.from(test.labels.data) },
      ridge: "cv",
    },
    [products],
    { signal },
  );
  const { choice } = fit;
  return {
    "test accuracy %": fit.testAccuracy ?? Number.NaN,
    "train accuracy %": fit.trainAccuracy,
    "leave-one-out %": choice?.candidates.find(({ ridge }) => ridge === choice.ridge)?.accuracy ?? Number.NaN,
    alignment: fit.alignment.alignment,
    "effective rank": fit.rank.effectiveRank,
    ridge: fit.ridge,
  };
}
