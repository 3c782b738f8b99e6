/**
 * A kernel machine of any number of examples: kernel ridge regression with `K = Φ Φᵀ` in the space of the features,
 * `(Φᵀ Φ + λ·I) W = Φᵀ Y`, `λ = ridge · trace(K)/n`, predictions `Φ W`. The features are read by blocks, a few times; beside them
 * memory holds matrices of `R²` numbers. The same answers as by the kernel, of all examples: `α = (Y − Φ W) / λ`.
 */
import { GatewiseError } from "../../errors.ts";
import { optionsIn } from "../../options.ts";
import type { Alignment } from "../alignment.ts";
import { bandForm } from "../band-form.ts";
import { positiveByBand } from "../band-system.ts";
import { type Matrix, matrix, sizesOf } from "../block-products.ts";
import { accuracyOf, classesOf, predictedClasses, targetRows } from "../class-targets.ts";
import { fitKernel, type KernelFit, spectrumOf } from "../kernel-fit.ts";
import { type KernelRows, kernelRows } from "../kernel-rows.ts";
import { DIRECT_LIMIT, type PositiveFactor } from "../positive-factor.ts";
import type { RidgeChoice } from "../ridge-choice.ts";
import { participationRatio } from "../spectrum.ts";
import type { WorkOptions } from "../work-options.ts";
import { overBlocks, type ProductTeams } from "./feature-blocks.ts";
import { chooseFeatureRidge } from "./feature-left-out.ts";
import { featureMoments } from "./feature-moments.ts";

/** The parts of the work that take time, in their order. */
export const FEATURE_FIT_STAGES = ["products of the features", "spectrum", "choice of the ridge", "fit"] as const;
/** One of {@link FEATURE_FIT_STAGES}. */
export type FeatureFitStage = (typeof FEATURE_FIT_STAGES)[number];

/** Features, their labels, and what to test them by. */
export interface FeatureFitInput {
  /** `[n, R]`, read by blocks. */
  readonly features: KernelRows;
  /** Classes of the training examples, `[n]`. */
  readonly labels: Int32Array;
  /** Features of test examples, `[m, R]`, and their `m` labels. */
  readonly test?: { readonly features: KernelRows; readonly labels: Int32Array } | undefined;
  /** Relative to `trace(K)/n`, or chosen by leave-one-out, of all examples. */
  readonly ridge: number | "cv";
}

/** Long work may be stopped, and tells how far it is. */
export interface FeatureFitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Share of a stage that is done, 0 to 1. */
  readonly onProgress?: ((stage: FeatureFitStage, share: number) => void) | undefined;
}

/** What `fitFeatures` found in features. */
export interface FeatureFit extends Pick<KernelFit, "classes" | "trainAccuracy" | "testAccuracy" | "rank"> {
  readonly alignment: Alignment;
  /** `W`, `[R, columns]`: scores of an example are its features times it. */
  readonly weights: Matrix;
  /** Undefined where the ridge was given. */
  readonly choice: RidgeChoice | undefined;
  /** Relative to `trace(K)/n`, without the jitter. */
  readonly ridge: number;
  /** Added to the ridge, since a pivot was not positive; relative to `trace(K)/n`. */
  readonly jitter: number;
  /** Largest error of the linear system, relative to its largest number. */
  readonly residual: number;
}

/**
 * Fits one-against-all kernel ridge regression in the space of the features, with the measures of their kernel.
 * @param teams engines with their products, each for blocks of its own; the bits are the same with any number of them
 * @throws GatewiseError if sizes do not agree, fewer than two classes occur, or features are all 0
 */
export async function fitFeatures(
  input: FeatureFitInput,
  teams: ProductTeams,
  options: FeatureFitOptions = {},
): Promise<FeatureFit> {
  const { signal, onProgress } = optionsIn(options);
  const { features, labels, test, ridge } = input;
  checkSizes(features, labels, test);
  const classes = classesOf(labels);
  const stage = (name: FeatureFitStage): WorkOptions => ({ signal, onProgress: (share) => onProgress?.(name, share) });
  // of no more examples than features the kernel is the smaller matrix
  if (features.rows <= features.columns && features.rows <= DIRECT_LIMIT) {
    return await fitFewExamples(input, teams, stage("fit"));
  }
  const [products] = teams;
  const moments = await featureMoments(features, labels, classes, teams, stage("products of the features"));
  const { gram, norms, targets, alignment } = moments;
  const spectrum = await spectrumOf(gram, norms, products, stage("spectrum"));
  const form = spectrum.form ?? (await bandForm(gram, products, { signal }));
  const scale = norms.trace / features.rows;
  const choose = (): Promise<RidgeChoice> =>
    chooseFeatureRidge(features, labels, classes, { form, scale, targets }, teams, stage("choice of the ridge"));
  const choice = ridge === "cv" ? await choose() : undefined;
  const value = ridge === "cv" ? (choice?.ridge ?? 0) : ridge;
  const factored = positiveByBand(form, value, scale, products);
  const system = { features, labels, classes, targets, factored };
  const { weights, trainAccuracy, residual } = await solvedWeights(system, teams, stage("fit"));
  return {
    classes,
    trainAccuracy,
    testAccuracy: test && (await accuracyWith(weights, test, classes, teams, signal)),
    alignment,
    rank: { ...spectrum.rank, participation: participationRatio(norms) },
    ...{ weights, choice, residual },
    ridge: value,
    jitter: factored.jitter,
  };
}

interface WeightSystem {
  readonly features: KernelRows;
  readonly labels: Int32Array;
  readonly classes: Int32Array;
  /** `Φᵀ Y` */
  readonly targets: Matrix;
  readonly factored: PositiveFactor;
}

/** Solves, and refines the solution once by what the features themselves leave, which `Φᵀ Φ` has rounded. */
async function solvedWeights(
  { targets, factored, ...examples }: WeightSystem,
  teams: ProductTeams,
  { signal, onProgress }: WorkOptions,
): Promise<Pick<FeatureFit, "weights" | "trainAccuracy" | "residual">> {
  const { factor, shift } = factored;
  const weights = await factor.solve(targets);
  const half = (from: number) => ({ signal, onProgress: (share: number) => onProgress?.(from + share / 2) });
  const left = async (from: number) => {
    const pass = await passOf(weights, examples, teams, half(from));
    for (let i = 0; i < weights.data.length; i++) pass.left.data[i]! -= shift * weights.data[i]!;
    return pass;
  };
  const correction = await factor.solve((await left(0)).left);
  for (let i = 0; i < weights.data.length; i++) weights.data[i]! += correction.data[i]!;
  const last = await left(0.5);
  return {
    weights,
    trainAccuracy: (100 * last.right) / examples.labels.length,
    residual: largest(last.left.data) / largest(targets.data),
  };
}

/** `Φᵀ (Y − Φ W)`, and how many examples `Φ W` has right. */
async function passOf(
  weights: Matrix,
  { features, labels, classes }: Pick<WeightSystem, "features" | "labels" | "classes">,
  teams: ProductTeams,
  work: WorkOptions,
): Promise<{ readonly left: Matrix; readonly right: number }> {
  const [count, columns] = sizesOf(weights);
  const left = matrix(count, columns);
  let right = 0;
  const blocks = overBlocks(
    features,
    teams.length,
    async ({ from, to, features: own }, team) => {
      const products = teams[team] ?? teams[0];
      const scores = await products.multiply("nn", own, weights);
      const wanted = targetRows(labels, classes, from, to);
      const missing = matrix(
        to - from,
        columns,
        wanted.data.map((y, at) => y - scores.data[at]!),
      );
      return { scores, back: await products.multiply("tn", own, missing) };
    },
    work,
  );
  for await (const { from, to, made } of blocks) {
    const predicted = predictedClasses(made.scores, classes);
    for (let i = from; i < to; i++) right += predicted[i - from] === labels[i] ? 1 : 0;
    for (let i = 0; i < left.data.length; i++) left.data[i]! += made.back.data[i]!;
  }
  return { left, right };
}

/** Percent of test examples that the weights have right. */
async function accuracyWith(
  weights: Matrix,
  { features, labels }: NonNullable<FeatureFitInput["test"]>,
  classes: Int32Array,
  teams: ProductTeams,
  signal: AbortSignal | undefined,
): Promise<number> {
  const predicted = new Int32Array(labels.length);
  const blocks = overBlocks(
    features,
    teams.length,
    (block, team) => (teams[team] ?? teams[0]).multiply("nn", block.features, weights),
    { signal },
  );
  for await (const { from, made } of blocks) predicted.set(predictedClasses(made, classes), from);
  return accuracyOf(predicted, labels);
}

/** By the kernel, which few examples have. */
async function fitFewExamples(
  { features, labels, test, ridge }: FeatureFitInput,
  [products]: ProductTeams,
  { signal, onProgress }: WorkOptions,
): Promise<FeatureFit> {
  const { rows, columns } = features;
  const all = matrix(rows, columns, Float64Array.from(await features.read(0, rows)));
  const kernel = await products.multiply("nt", all, all);
  const ofTest: KernelRows | undefined = test && {
    rows: test.features.rows,
    columns: rows,
    read: async (from, to) => {
      const block = matrix(to - from, columns, await test.features.read(from, to));
      return (await products.multiply("nt", block, all)).data;
    },
  };
  const asked = {
    kernel: kernelRows(kernel),
    test: test && ofTest && { kernel: ofTest, labels: test.labels },
    ...{ labels, ridge },
  };
  const { fit, direct: _, ...found } = await fitKernel(asked, products, { signal });
  onProgress?.(1);
  const { jitter, residual } = fit;
  return {
    ...found,
    ...{ jitter, residual, ridge: fit.ridge },
    weights: await products.multiply("tn", all, fit.coefficients),
  };
}

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function checkSizes(features: KernelRows, labels: Int32Array, test: FeatureFitInput["test"]): void {
  if (labels.length !== features.rows) {
    throw new GatewiseError({
      received: `${labels.length} labels for features of ${features.rows} examples`,
      expected: "one label an example",
      next: "give features and labels of the same examples",
    });
  }
  if (test === undefined) return;
  const { rows, columns } = test.features;
  if (columns === features.columns && rows === test.labels.length && rows > 0) return;
  throw new GatewiseError({
    received: `test features of shape [${rows}, ${columns}] with ${test.labels.length} labels`,
    expected: `a row for each test label, and the ${features.columns} features of the training examples`,
    next: "make both with the same model, number of features and seed",
  });
}
