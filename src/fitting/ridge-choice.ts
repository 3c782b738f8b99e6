/**
 * The ridge by leave-one-out: the prediction for example `i` by the machine fitted to all the others is
 * `y_i − α_i / (G⁻¹)_ii` with `G = H + λ·I` (Rifkin and Lippert, "Notes on regularized least squares", 2007), so one
 * factor a ridge is all it takes: 2 n³/3 operations. Exact, for a `λ` that stays the same for `n − 1` examples.
 */
import { randomStream } from "../random.ts";
import { type BlockProducts, type Matrix, matrix, sizesOf } from "./block-products.ts";
import type { WorkOptions } from "./cholesky.ts";
import { accuracyOf, type ClassTargets, predictedClasses } from "./class-targets.ts";
import { type KernelNorms, type KernelRows, kernelNorms, subKernel } from "./kernel-rows.ts";
import { positiveFactor } from "./positive-factor.ts";

/** The ridges that are tried, relative to `trace(H)/n`: decades. */
export const RIDGE_GRID = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10] as const;

/** Ten ridges on 4,000 examples take about half a minute on one core; more examples are sampled. */
export const LEAVE_ONE_OUT_LIMIT = 4_000;

export interface RidgeCandidate {
  /** Relative to `trace(H)/n`. */
  readonly ridge: number;
  /** Of the leave-one-out predictions, percent. */
  readonly accuracy: number;
  /** Mean over examples and columns of their squared error. */
  readonly squaredError: number;
}

export interface RidgeChoice {
  readonly ridge: number;
  /** Left out one by one: all, or a sample. */
  readonly examples: number;
  readonly candidates: readonly RidgeCandidate[];
}

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
  { signal, onProgress }: WorkOptions = {},
  limit: number = LEAVE_ONE_OUT_LIMIT,
): Promise<RidgeChoice> {
  const sample = norms.examples <= limit ? undefined : sampleOf(norms.examples, limit);
  const own = sample === undefined ? kernel : await inMemory(subKernel(kernel, sample));
  const ownNorms = sample === undefined ? norms : await kernelNorms(own);
  const ownLabels = sample === undefined ? labels : sample.map((example) => labels[example]!);
  const ownTargets = sample === undefined ? targets : rowsOf(targets, sample);
  const candidates: RidgeCandidate[] = [];
  for (const ridge of RIDGE_GRID) {
    const left = await leaveOneOut(own, ownNorms, ownTargets, ridge, products, signal);
    candidates.push({
      ridge,
      accuracy: accuracyOf(predictedClasses(left, classes), ownLabels),
      squaredError: meanSquare(left.data, ownTargets.data),
    });
    onProgress?.(candidates.length / RIDGE_GRID.length);
  }
  const [best] = [...candidates].sort((a, b) => b.accuracy - a.accuracy || a.squaredError - b.squaredError);
  if (best === undefined) throw new Error("the grid of ridges is empty");
  return { ridge: best.ridge, examples: own.rows, candidates };
}

/**
 * Predictions for each training example by the machine that is fitted without it, at the same `λ`.
 * @param ridge relative to `trace(H)/n`; a jitter that the factor needs comes on top
 * @returns `[n, columns]`
 */
export async function leaveOneOut(
  kernel: KernelRows,
  norms: KernelNorms,
  targets: Matrix,
  ridge: number,
  products: BlockProducts,
  signal?: AbortSignal,
): Promise<Matrix> {
  const { factor } = await positiveFactor(kernel, norms, ridge, products, { signal });
  const { data: alpha } = await factor.solve(targets);
  const inverse = await factor.inverseDiagonal({ signal });
  const [rows, columns] = sizesOf(targets);
  const left = targets.data.map((y, at) => y - alpha[at]! / inverse[Math.floor(at / columns)]!);
  return matrix(rows, columns, left);
}

const sampleOf = (examples: number, count: number): Int32Array =>
  randomStream(0, "ridge-choice").permutation(examples).slice(0, count).sort();

/** Rows of a file would be read again for every ridge. */
async function inMemory(kernel: KernelRows): Promise<KernelRows> {
  const { rows, columns } = kernel;
  const data = await kernel.read(0, rows);
  return { rows, columns, read: (from, to) => data.subarray(from * columns, to * columns) };
}

function rowsOf(of: Matrix, rows: Int32Array): Matrix {
  const [, columns] = sizesOf(of);
  const out = matrix(rows.length, columns);
  for (let i = 0; i < rows.length; i++) {
    out.data.set(of.data.subarray(rows[i]! * columns, (rows[i]! + 1) * columns), i * columns);
  }
  return out;
}

const meanSquare = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / a.length;
