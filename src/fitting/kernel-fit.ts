/** A kernel machine from beginning to end: measures of the kernel, choice of the ridge, fit, accuracies. */

import { GatewiseError } from "../errors.ts";
import { optionsIn } from "../options.ts";
import { type Alignment, kernelAlignment } from "./alignment.ts";
import type { BandForm } from "./band-form.ts";
import { positiveByBand } from "./band-system.ts";
import type { BlockProducts } from "./block-products.ts";
import { accuracyOf, type ClassTargets, classTargets, predictedClasses } from "./class-targets.ts";
import { type KernelNorms, type KernelRows, kernelNorms } from "./kernel-rows.ts";
import { kernelTimes } from "./kernel-times.ts";
import { labelFit } from "./label-fit.ts";
import { DIRECT_LIMIT, type PositiveFactor, positiveFactor } from "./positive-factor.ts";
import { fitRidge, type RidgeFit } from "./ridge.ts";
import { chooseRidge, type RidgeChoice } from "./ridge-choice.ts";
import { smallestEigenvalue } from "./smallest-eigenvalue.ts";
import {
  type EffectiveRank,
  EIGENVALUE_LIMIT,
  effectiveRank,
  effectiveRankOf,
  kernelSpectrum,
  participationRatio,
} from "./spectrum.ts";
import type { WorkOptions } from "./work-options.ts";

/** The parts of the work that take time, in their order. */
export const FIT_STAGES = ["spectrum", "label fit", "choice of the ridge", "fit"] as const;
/** One of {@link FIT_STAGES}. */
export type FitStage = (typeof FIT_STAGES)[number];

/** Long work may be stopped, and tells how far it is. */
export interface KernelFitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Share of a stage that is done, 0 to 1. */
  readonly onProgress?: ((stage: FitStage, share: number) => void) | undefined;
}

/** A kernel, its labels, and what to test it by. */
export interface KernelFitInput {
  /** `[n, n]`, symmetric. */
  readonly kernel: KernelRows;
  /** Classes of the training examples, `[n]`. */
  readonly labels: Int32Array;
  /** `[m, n]`: a row for each test example, a column for each training example; and its `m` labels. */
  readonly test?: { readonly kernel: KernelRows; readonly labels: Int32Array } | undefined;
  /** Relative to `trace/n`, or chosen by leave-one-out. */
  readonly ridge: number | "cv";
}

/** What is measured through a factor of the kernel without a ridge: up to `DIRECT_LIMIT` examples. */
export interface DirectMeasures {
  readonly nu: number;
  /** Of each class against the others, in the order of the classes; one for two classes. */
  readonly nuPerClass: readonly number[];
  readonly smallestEigenvalue: number;
  /** What had to be added to the diagonal for these two, relative to `trace/n`. */
  readonly jitter: number;
}

/** What `fitKernel` found in a kernel: measures of its labels, a ridge regression and its accuracies. */
export interface KernelFit {
  readonly classes: Int32Array;
  /** Percent. */
  readonly trainAccuracy: number;
  /** Percent; undefined without a test kernel. */
  readonly testAccuracy: number | undefined;
  readonly alignment: Alignment;
  readonly rank: EffectiveRank & { readonly participation: number };
  /** Undefined beyond `DIRECT_LIMIT` examples. */
  readonly direct: DirectMeasures | undefined;
  /** Undefined where the ridge was given. */
  readonly choice: RidgeChoice | undefined;
  readonly fit: RidgeFit;
}

/**
 * Fits one-against-all kernel ridge regression (theory 6.9, kernel machine of the gates) and measures the kernel.
 * @throws GatewiseError if sizes do not agree, fewer than two classes occur, or the kernel is not positive semidefinite
 */
export async function fitKernel(
  { kernel, labels, test, ridge }: KernelFitInput,
  products: BlockProducts,
  options: KernelFitOptions = {},
): Promise<KernelFit> {
  const { signal, onProgress } = optionsIn(options);
  const norms = await kernelNorms(kernel);
  checkSizes(norms, labels, test);
  const targets = classTargets(labels);
  const stage = (name: FitStage): WorkOptions => ({ signal, onProgress: (share) => onProgress?.(name, share) });
  const alignment = await kernelAlignment(kernel, norms, targets, products, { signal });
  const { rank, form, eigenvalues } = await spectrumOf(kernel, norms, products, stage("spectrum"));
  const spectrum = form && eigenvalues && { form, eigenvalues };
  const direct = await directMeasures(kernel, norms, targets, spectrum, products, stage("label fit"));
  const choose = (): Promise<RidgeChoice> =>
    chooseRidge(kernel, norms, labels, targets, products, { ...stage("choice of the ridge"), form });
  const { choice, value } = ridge === "cv" ? await chosenBy(choose) : { choice: undefined, value: ridge };
  const fit = await fitRidge(kernel, norms, targets.targets, value, products, { ...stage("fit"), form });
  return {
    classes: targets.classes,
    trainAccuracy: accuracyOf(predictedClasses(fit.fitted, targets.classes), labels),
    testAccuracy: test && accuracyOf(await predictWith(fit, test.kernel, targets, products, signal), test.labels),
    alignment,
    rank: { ...rank, participation: participationRatio(norms) },
    direct,
    choice,
    fit,
  };
}

/**
 * Classes of test examples.
 * @param testKernel `[m, n]`
 * @returns labels, `[m]`
 */
export async function predictWith(
  { coefficients }: Pick<RidgeFit, "coefficients">,
  testKernel: KernelRows,
  { classes }: Pick<ClassTargets, "classes">,
  products: BlockProducts,
  signal?: AbortSignal,
): Promise<Int32Array> {
  return predictedClasses(await kernelTimes(testKernel, coefficients, products, signal), classes);
}

/** The effective rank, and what it is read from where that is all eigenvalues. */
export async function spectrumOf(
  kernel: KernelRows,
  norms: KernelNorms,
  products: BlockProducts,
  work: WorkOptions,
): Promise<{ readonly rank: EffectiveRank; readonly form?: BandForm; readonly eigenvalues?: Float64Array }> {
  if (kernel.rows > EIGENVALUE_LIMIT) return { rank: await effectiveRank(kernel, norms, products, work) };
  const { eigenvalues, form } = await kernelSpectrum(kernel, products, work);
  return { rank: { effectiveRank: effectiveRankOf(eigenvalues), standardError: 0 }, form, eigenvalues };
}

async function chosenBy(choose: () => Promise<RidgeChoice>) {
  const choice = await choose();
  return { choice, value: choice.ridge };
}

async function directMeasures(
  kernel: KernelRows,
  norms: KernelNorms,
  { targets }: ClassTargets,
  spectrum: { readonly form: BandForm; readonly eigenvalues: Float64Array } | undefined,
  products: BlockProducts,
  work: WorkOptions,
): Promise<DirectMeasures | undefined> {
  if (norms.examples > DIRECT_LIMIT) return undefined;
  const told = async (factored: PositiveFactor, smallest: number): Promise<DirectMeasures> => {
    const { nu, perColumn } = await labelFit(kernel, norms, factored, targets, products, work);
    return { nu, nuPerClass: perColumn, smallestEigenvalue: smallest, jitter: factored.jitter };
  };
  const smallest = spectrum?.eigenvalues[0];
  if (spectrum !== undefined && smallest !== undefined && isClearlyPositive(spectrum.eigenvalues)) {
    return await told(positiveByBand(spectrum.form, 0, norms.trace / norms.examples, products), smallest);
  }
  const factored = await positiveFactor(kernel, norms, 0, products, work);
  return await told(factored, smallest ?? (await smallestEigenvalue(factored, products, work)));
}

/**
 * Whether every pivot of the kernel is positive beyond rounding, by far: then no jitter is needed, and the band form serves
 * instead of a factor of the kernel. Near singular kernels are decided by their own pivots (ridge.ts).
 */
function isClearlyPositive(eigenvalues: Float64Array): boolean {
  const [smallest = 0] = eigenvalues;
  return smallest > 100 * eigenvalues.length * Number.EPSILON * (eigenvalues.at(-1) ?? 0);
}

function checkSizes({ examples }: KernelNorms, labels: Int32Array, test: KernelFitInput["test"]): void {
  if (labels.length !== examples) {
    throw new GatewiseError({
      received: `${labels.length} labels for a kernel of ${examples} examples`,
      expected: "one label an example",
      next: "give kernel and labels of the same examples",
    });
  }
  if (test === undefined) return;
  const { rows, columns } = test.kernel;
  if (columns === examples && rows === test.labels.length && rows > 0) return;
  const turned = rows === examples && columns === test.labels.length;
  throw new GatewiseError({
    received: `a test kernel of shape [${rows}, ${columns}] with ${test.labels.length} labels`,
    expected: `a row for each test label and a column for each of the ${examples} training examples`,
    next: turned ? "transpose it: rows are test examples" : "give test kernel and labels of the same examples",
  });
}
