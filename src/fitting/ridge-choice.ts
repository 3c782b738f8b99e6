/** The ridge by leave-one-out: all of them by one band form of the kernel. */
import { randomStream } from "../random.ts";
import { type BandForm, bandForm } from "./band-form.ts";
import { type BlockProducts, type Matrix, matrix, sizesOf } from "./block-products.ts";
import { accuracyOf, type ClassTargets, predictedClasses } from "./class-targets.ts";
import { type KernelNorms, type KernelRows, kernelNorms, subKernel } from "./kernel-rows.ts";
import { leaveOneOut } from "./leave-one-out.ts";
import { part, type WorkOptions } from "./work-options.ts";

/** The ridges that are tried, relative to `trace(H)/n`: decades. */
export const RIDGE_GRID = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10] as const;

/** Ten ridges on 4,000 examples take some ten seconds on one core; more examples are sampled. */
export const LEAVE_ONE_OUT_LIMIT = 4_000;

/** How well a ridge predicts examples that are left out. */
export interface RidgeCandidate {
  /** Relative to `trace(H)/n`. */
  readonly ridge: number;
  /** Of the leave-one-out predictions, percent. */
  readonly accuracy: number;
  /** Mean over examples and columns of their squared error. */
  readonly squaredError: number;
}

/** A ridge chosen by leave-one-out, beside those that were tried. */
export interface RidgeChoice {
  readonly ridge: number;
  /** Left out one by one: all, or a sample. */
  readonly examples: number;
  readonly candidates: readonly RidgeCandidate[];
}

export interface RidgeChoiceOptions extends WorkOptions {
  /** More examples than this are sampled; {@link LEAVE_ONE_OUT_LIMIT} unless told otherwise. */
  readonly limit?: number;
  /** Band form of the kernel, where it is known already. */
  readonly form?: BandForm | undefined;
}

/** Of the time that a choice takes, the band form's. */
const FORM_SHARE = 0.45;

/**
 * The ridge of the best leave-one-out accuracy; of equal ones that of the smaller squared error. With more than
 * `limit` examples on a sample of that many, the same in every call.
 * @param labels `[n]`, those that the targets were made of
 */
export async function chooseRidge(
  kernel: KernelRows,
  norms: KernelNorms,
  labels: Int32Array,
  { classes, targets }: ClassTargets,
  products: BlockProducts,
  options: RidgeChoiceOptions = {},
): Promise<RidgeChoice> {
  const { sample, targets: own, predictions } = await leftOut(kernel, norms, targets, products, options);
  const ownLabels = sample === undefined ? labels : sample.map((example) => labels[example]!);
  const candidates = predictions.map(
    ({ ridge, predicted }): RidgeCandidate => ({
      ridge,
      accuracy: accuracyOf(predictedClasses(predicted, classes), ownLabels),
      squaredError: meanSquare(predicted.data, own.data),
    }),
  );
  return { ridge: bestOf(candidates), examples: ownLabels.length, candidates };
}

/** The ridge of the best accuracy; of equal ones that of the smaller squared error. */
export function bestOf(candidates: readonly RidgeCandidate[]): number {
  const [best] = [...candidates].sort((a, b) => b.accuracy - a.accuracy || a.squaredError - b.squaredError);
  if (best === undefined) throw new Error("the grid of ridges is empty");
  return best.ridge;
}

/**
 * The ridge of the least squared error of real values that are left out one by one, as {@link chooseRidge} has it.
 * @param targets `[n, columns]`
 */
export async function chooseRidgeOfValues(
  kernel: KernelRows,
  norms: KernelNorms,
  targets: Matrix,
  products: BlockProducts,
  options: RidgeChoiceOptions = {},
): Promise<number> {
  const left = await leftOut(kernel, norms, targets, products, options);
  const errors = left.predictions.map(({ ridge, predicted }) => ({
    ridge,
    error: meanSquare(predicted.data, left.targets.data),
  }));
  return errors.reduce((best, one) => (one.error < best.error ? one : best)).ridge;
}

interface LeftOut {
  /** The examples, where not all of them. */
  readonly sample: Int32Array | undefined;
  readonly targets: Matrix;
  readonly predictions: readonly { readonly ridge: number; readonly predicted: Matrix }[];
}

/** What each ridge predicts of each example from all others. */
async function leftOut(
  kernel: KernelRows,
  norms: KernelNorms,
  targets: Matrix,
  products: BlockProducts,
  { signal, onProgress, limit = LEAVE_ONE_OUT_LIMIT, form }: RidgeChoiceOptions,
): Promise<LeftOut> {
  const sample = norms.examples <= limit ? undefined : sampleOf(norms.examples, limit);
  const own = sample === undefined ? kernel : subKernel(kernel, sample);
  const { trace } = sample === undefined ? norms : await kernelNorms(own);
  const ownTargets = sample === undefined ? targets : rowsAt(targets, sample);
  const known = sample === undefined ? form : undefined;
  const ownForm = known ?? (await bandForm(own, products, { signal, onProgress: part(onProgress, 0, FORM_SHARE) }));
  const done = known === undefined ? FORM_SHARE : 0;
  const left = await leaveOneOut(ownForm, trace / own.rows, ownTargets, RIDGE_GRID, products, {
    signal,
    onProgress: part(onProgress, done, 1),
  });
  const predictions = RIDGE_GRID.map((ridge, i) => ({ ridge, predicted: left[i] ?? ownTargets }));
  return { sample, targets: ownTargets, predictions };
}

const sampleOf = (examples: number, count: number): Int32Array =>
  randomStream(0, "ridge-choice").permutation(examples).slice(0, count).sort();

function rowsAt(of: Matrix, rows: Int32Array): Matrix {
  const [, columns] = sizesOf(of);
  const out = matrix(rows.length, columns);
  for (let i = 0; i < rows.length; i++) {
    out.data.set(of.data.subarray(rows[i]! * columns, (rows[i]! + 1) * columns), i * columns);
  }
  return out;
}

const meanSquare = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / a.length;
