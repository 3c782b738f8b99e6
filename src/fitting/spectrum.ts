/**
 * How many directions a kernel really has. Its eigenvalues divided by its trace are a distribution; the effective rank
 * is `e` to its entropy (Roy and Vetterli, 2007): 1 for a kernel of rank one, `n` for the identity.
 */

import { GatewiseError } from "../errors.ts";
import { largestOf } from "../graph/index.ts";
import { optionsIn } from "../options.ts";
import { randomStream } from "../random.ts";
import { bandEigenvalues } from "./band-eigenvalues.ts";
import { type BandForm, bandForm } from "./band-form.ts";
import { type BlockProducts, type Matrix, matrix } from "./block-products.ts";
import type { KernelNorms, KernelRows } from "./kernel-rows.ts";
import { kernelTimes } from "./kernel-times.ts";
import { type LanczosRun, ritzValues, startLanczos, stepLanczos } from "./lanczos.ts";
import { part, type WorkOptions } from "./work-options.ts";

/** All eigenvalues of this many examples take about 5 seconds on one core. */
export const EIGENVALUE_LIMIT = 4_000;

/** Of the time that eigenvalues take, the band form's. */
const FORM_SHARE = 0.8;

const PROBES = 16;
const STEPS = 48;

/** Number of dimensions that a kernel's examples fill: the exponential of the entropy of its eigenvalues. */
export interface EffectiveRank {
  readonly effectiveRank: number;
  /** Standard error of the estimate; 0 where it was computed from all eigenvalues. */
  readonly standardError: number;
}

/** `trace² / ‖H‖_F²`: a cheaper count of directions, at most the effective rank; exact for any `n`. */
export const participationRatio = ({ trace, squaredFrobenius }: KernelNorms): number => trace ** 2 / squaredFrobenius;

/**
 * All eigenvalues of a symmetric kernel, ascending.
 * @throws GatewiseError beyond `EIGENVALUE_LIMIT` examples
 */
export async function kernelEigenvalues(
  kernel: KernelRows,
  products: BlockProducts,
  options: WorkOptions = {},
): Promise<Float64Array> {
  optionsIn(options);
  const { rows } = kernel;
  if (rows > EIGENVALUE_LIMIT) {
    throw new GatewiseError({
      code: "too-large",
      received: `a kernel of ${rows} examples`,
      expected: `at most ${EIGENVALUE_LIMIT} for all its eigenvalues`,
      next: "take fewer examples, or ask for the effective rank and the smallest eigenvalue alone",
    });
  }
  return (await kernelSpectrum(kernel, products, options)).eigenvalues;
}

/** All eigenvalues, ascending, and the band form that they were read from. */
export async function kernelSpectrum(
  kernel: KernelRows,
  products: BlockProducts,
  { signal, onProgress }: WorkOptions = {},
): Promise<{ readonly eigenvalues: Float64Array; readonly form: BandForm }> {
  const form = await bandForm(kernel, products, { signal, onProgress: part(onProgress, 0, FORM_SHARE) });
  const eigenvalues = await bandEigenvalues(form, { signal, onProgress: part(onProgress, FORM_SHARE, 1) });
  return { eigenvalues, form };
}

/** `e` to the entropy of a spectrum; eigenvalues that rounding left below zero count as zero. */
export function effectiveRankOf(eigenvalues: Float64Array): number {
  const total = eigenvalues.reduce((sum, value) => sum + Math.max(0, value), 0);
  return Math.exp(eigenvalues.reduce((sum, value) => sum + entropyTerm(value / total), 0));
}

const entropyTerm = (share: number): number => (share > 0 ? -share * Math.log(share) : 0);

/**
 * The effective rank: from all eigenvalues up to `EIGENVALUE_LIMIT` examples, else estimated by stochastic Lanczos
 * quadrature with 16 fixed probes of 48 steps.
 */
export async function effectiveRank(
  kernel: KernelRows,
  norms: KernelNorms,
  products: BlockProducts,
  options: WorkOptions = {},
  limit = EIGENVALUE_LIMIT,
): Promise<EffectiveRank> {
  optionsIn(options);
  if (kernel.rows > limit) return await estimatedRank(kernel, norms, products, options);
  const { eigenvalues } = await kernelSpectrum(kernel, products, options);
  return { effectiveRank: effectiveRankOf(eigenvalues), standardError: 0 };
}

/**
 * `entropy = tr f(Ĥ)`, `f(x) = −x log x`. A probe `z` of ±1 has `E[zᵀ f(Ĥ) z] = tr f(Ĥ)`, but the few largest
 * eigenvalues would make it vary. `tr Ĥ = 1` and `tr Ĥ²` are known, so only `f(x) − a x − b x²` is estimated, with `a`
 * and `b` such that it is zero at the two largest.
 */
async function estimatedRank(
  kernel: KernelRows,
  { examples, trace, squaredFrobenius }: KernelNorms,
  products: BlockProducts,
  { signal, onProgress }: WorkOptions,
): Promise<EffectiveRank> {
  const runs = Array.from({ length: PROBES }, (_, probe) =>
    startLanczos(Float64Array.from(randomStream(0, "effective-rank", probe).signs(examples))),
  );
  for (let step = 0; step < STEPS; step++) {
    const images = await kernelTimes(kernel, lastVectors(runs, examples), products, signal);
    for (const [probe, run] of runs.entries()) {
      if (run.exhausted) continue;
      stepLanczos(
        run,
        Float64Array.from({ length: examples }, (_, i) => images.data[i * PROBES + probe]! / trace),
      );
    }
    onProgress?.((step + 1) / STEPS);
  }
  const spectra = runs.map(ritzValues);
  const [a, b] = knownPart(spectra.map(({ values }) => [values.at(-1) ?? 1, values.at(-2) ?? 0]));
  const estimates = spectra.map(({ values, weights }) => {
    const rest = values.map((x, i) => weights[i]! * (entropyTerm(x) - a * x - b * x * x));
    return examples * rest.reduce((sum, value) => sum + value, 0);
  });
  const mean = estimates.reduce((sum, value) => sum + value, 0) / PROBES;
  const variance = estimates.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (PROBES - 1);
  const rank = Math.exp(a + (b * squaredFrobenius) / trace ** 2 + mean);
  return { effectiveRank: rank, standardError: rank * Math.sqrt(variance / PROBES) };
}

/** The probes' last vectors as columns, `[n, probes]`. */
function lastVectors(runs: readonly LanczosRun[], examples: number): Matrix {
  const out = matrix(examples, runs.length);
  for (const [probe, { basis }] of runs.entries()) {
    const vector = basis.at(-1) ?? new Float64Array(examples);
    for (let i = 0; i < examples; i++) out.data[i * runs.length + probe] = vector[i]!;
  }
  return out;
}

/** `a`, `b` with `f(x) = a x + b x²` at the two largest eigenvalues, or at the largest alone where they meet. */
function knownPart(tops: readonly (readonly [number, number])[]): readonly [number, number] {
  const first = largestOf(tops.map(([top]) => top));
  const second = largestOf(tops.map(([, next]) => next));
  if (!(second > 0 && second < 0.999 * first)) return [-Math.log(first), 0];
  const b = (Math.log(second) - Math.log(first)) / (first - second);
  return [-Math.log(first) - b * first, b];
}
