/** Kernel machines with the path kernels of gates: what gates can tell, in seconds, before anything trains (theory 6.9). */
import { type ExampleSet, type InputNormalization, normalizationArrays, rowsAt } from "../../data/index.ts";
import { openWorkerEngine } from "../../engine/node/index.ts";
import type { DissectionScores, MachineScore } from "../../experiments/index.ts";
import {
  accuracyOf,
  BlockProducts,
  chooseRidge,
  chooseRidgeOfValues,
  classTargets,
  fitRidge,
  kernelNorms,
  kernelRows,
  kernelTimes,
  type Matrix,
  matrix,
  predictedClasses,
} from "../../fitting/index.ts";
import { type DenseArray, float32, sizeOf, smallestOf } from "../../graph/index.ts";
import { type Asking, featureSeconds, type Model, valueScores } from "../../models/index.ts";
import { randomStream } from "../../random.ts";
import { targetScale } from "../../train/index.ts";
import type { DissectionSubject } from "./dissection-subject.ts";
import { modelOf } from "./open-model.ts";

/** How the kernel machines of a dissection are made. Told from shapes alone: the same on every machine. */
export interface MachinePlan {
  /** Test inputs that both are fitted on, and as many others to test them. */
  readonly examples: number;
  readonly gates: MachineWay;
  readonly random: MachineWay;
}

interface MachineWay {
  readonly by: MachineScore["by"];
  readonly seconds: number;
}

const FEATURES = 4096;
/** Of an exact kernel on fewer inputs than that, or of features on more: features it is. */
const FEWEST_EXACT = 200;
/** Fitted on fewer, a machine tells little. */
const FEWEST = 100;
/** Choice of a ridge and fit, by the cube of the examples, and what starts up (bench/told-times.bench.ts). */
const FIT_SECONDS = 1.5e-9;
const START_SECONDS = 1;

/**
 * How many inputs, and whether the exact kernel of them can be had.
 * @param asked inputs to fit on; as many as can be had in time, up to 1,000, unless told
 * @param seconds that each may take
 */
export async function planMachines(
  { gated, data }: DissectionSubject,
  asked: number | undefined,
  seconds: number,
): Promise<MachinePlan> {
  const most = Math.min(asked ?? 1000, Math.floor(data.test.size / 2));
  const costs = [await costOf(gated.gates), await costOf(gated.random)];
  const fits = (of: number, power: 1 | 2): number => Math.floor((seconds / of) ** (1 / power));
  const exact = smallestOf(costs.map(({ pair }) => (pair === null ? 0 : fits(1.5 * pair, 2))));
  const isExact = asked === undefined ? exact >= Math.min(most, FEWEST_EXACT) : exact >= most;
  const byFeatures = Math.max(FEWEST, smallestOf(costs.map(({ feature }) => fits(3 * feature, 1))));
  const examples = asked === undefined ? Math.min(most, rounded(isExact ? exact : byFeatures)) : most;
  const [gates, random] = costs.map(
    ({ pair, feature }): MachineWay => ({
      by: isExact ? "exact" : "features",
      seconds:
        START_SECONDS +
        FIT_SECONDS * examples ** 3 +
        (isExact ? 1.5 * examples ** 2 * (pair ?? 0) : 3 * examples * feature),
    }),
  );
  if (gates === undefined || random === undefined) throw new Error("unreachable: a machine without a cost");
  return { examples, gates, random };
}

/** To a hundred, as people count; fewer as they are. */
const rounded = (count: number): number => (count < 100 ? count : 100 * Math.floor(count / 100));

/** Seconds of a pair of inputs, where there is an exact kernel, and of all features of an input. */
async function costOf(network: DissectionSubject["network"]) {
  await using model = modelOf({ network, source: { kind: "onnx" } });
  const { cost } = await model.describe({ examples: FEWEST });
  return {
    pair: cost.pathKernelSeconds === null ? null : cost.pathKernelSeconds / cost.pairs,
    feature: featureSeconds(network, FEATURES, 1000),
  };
}

/** What both machines tell of test inputs: of no others does anybody know that the gates were not trained on them. */
export async function measureMachines(
  { gated, data, first }: DissectionSubject,
  plan: MachinePlan,
  asking: Asking,
): Promise<DissectionScores["machines"]> {
  const { examples } = plan;
  const { normalization } = first.plan;
  // in an order of their own: files are often sorted by class
  const chosen = randomStream(0, "dissection").permutation(data.test.size);
  const fitted = await readRows(data.test, chosen.slice(0, examples), normalization);
  const tested = await readRows(data.test, chosen.slice(examples, 2 * examples), normalization);
  const scoreOf = async (network: DissectionSubject["network"], { by }: MachineWay): Promise<MachineScore> => {
    await using model = modelOf({ network, source: { kind: "onnx" } });
    return { ...(await machineScore(model, by, { fitted, tested }, asking)), by };
  };
  return {
    examples,
    gates: await scoreOf(gated.gates, plan.gates),
    random: await scoreOf(gated.random, plan.random),
  };
}

interface Rows {
  readonly inputs: DenseArray<"float32">;
  readonly labels: ExampleSet["labels"];
}

/** Examples as networks read them: bytes in [0, 1], or as the training normalizes them. */
async function readRows(
  set: ExampleSet,
  positions: Int32Array,
  normalization: InputNormalization | undefined,
): Promise<Rows> {
  const { data, shape } = await set.readBatch(positions);
  const size = sizeOf(set.exampleShape);
  const usual = { factor: [set.dtype === "uint8" ? 1 / 255 : 1], shift: [0] };
  const { factor, shift } = normalizationArrays(normalization ?? usual, set.exampleShape);
  const inputs = Float32Array.from(data, (value, i) => value * factor[i % size]! + shift[i % size]!);
  return { inputs: float32(shape, inputs), labels: rowsAt(set.labels, positions) };
}

/** Kernel ridge regression with the path kernel of a network's gates, its ridge by leave-one-out. */
async function machineScore(
  model: Model,
  by: MachineScore["by"],
  { fitted, tested }: Readonly<Record<"fitted" | "tested", Rows>>,
  asking: Asking,
): Promise<Omit<MachineScore, "by">> {
  const { signal } = asking;
  const options = { ...asking, ...(by === "exact" ? {} : { features: FEATURES }) };
  const kernel = kernelRows(await model.pathKernel(fitted.inputs, options));
  const testKernel = kernelRows(await model.pathKernel(tested.inputs, { ...options, inputs2: fitted.inputs }));
  await using engine = await openWorkerEngine("cpu", { threads: 1 });
  await using products = new BlockProducts(engine);
  const norms = await kernelNorms(kernel);
  const predict = async (targets: Matrix, ridge: number): Promise<Matrix> => {
    const { coefficients } = await fitRidge(kernel, norms, targets, ridge, products, { signal });
    return await kernelTimes(testKernel, coefficients, products, signal);
  };
  if (fitted.labels.dtype === "float32" && tested.labels.dtype === "float32") {
    const { targets, outputs, restored } = scaledTargets(fitted.labels);
    const ridge = await chooseRidgeOfValues(kernel, norms, targets, products, { signal });
    const { scores, rmse } = valueScores(tested.labels.data, restored(await predict(targets, ridge)), outputs);
    return { value: scores.reduce((sum, score) => sum + score, 0) / scores.length, rmse };
  }
  const labels = Int32Array.from(fitted.labels.data);
  const classes = classTargets(labels);
  const { ridge } = await chooseRidge(kernel, norms, labels, classes, products, { signal });
  const predicted = predictedClasses(await predict(classes.targets, ridge), classes.classes);
  return { value: accuracyOf(predicted, Int32Array.from(tested.labels.data)) };
}

/** Values of mean 0 and deviation 1, and the way back: a kernel without a bias has no other mean. */
function scaledTargets(values: DenseArray<"float32">) {
  const { mean, std } = targetScale(values);
  const outputs = mean.length;
  const of = (numbers: readonly number[], i: number): number => numbers[i % outputs] ?? Number.NaN;
  const scaled = Float64Array.from(values.data, (value, i) => (value - of(mean, i)) / of(std, i));
  return {
    outputs,
    targets: matrix(scaled.length / outputs, outputs, scaled),
    restored: ({ data }: Matrix): Float64Array => data.map((value, i) => value * of(std, i) + of(mean, i)),
  };
}
