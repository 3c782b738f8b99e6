import { GatewiseError } from "../errors.ts";
import { optionsIn } from "../options.ts";
import type { BlockProducts, Matrix } from "./block-products.ts";
import { type CholeskyFactor, factorize, type Solver } from "./cholesky.ts";
import type { KernelNorms, KernelRows } from "./kernel-rows.ts";
import { kernelTimes } from "./kernel-times.ts";
import type { WorkOptions } from "./work-options.ts";

/** Beyond this a factor no longer fits beside its kernel in the memory of a small machine (0.4 + 0.8 GB at 10,000). */
export const DIRECT_LIMIT = 10_000;

/** What is added to the ridge, in this order, until every pivot is positive; in units of `trace(H)/n`. */
export const JITTERS = [0, 1e-12, 1e-10, 1e-8, 1e-6, 1e-4] as const;

/** A factor of `H + (ridge + jitter) · trace(H)/n · I`. */
export interface PositiveFactor<Factor extends Solver = Solver> {
  readonly factor: Factor;
  /** What was added to the diagonal, in units of the kernel. */
  readonly shift: number;
  /** Relative to `trace(H)/n`; 0 unless a pivot was not positive beyond rounding. */
  readonly jitter: number;
}

/**
 * Factors a kernel with a ridge. As long as a pivot is not positive, 1e-12, then 1e-10, 1e-8, 1e-6 and at last 1e-4 of
 * `trace(H)/n` is added to the ridge.
 * @param ridge relative to `trace(H)/n`
 * @throws GatewiseError if the largest jitter does not help: the matrix is not positive semidefinite
 */
export async function positiveFactor(
  kernel: KernelRows,
  { examples, trace }: KernelNorms,
  ridge: number,
  products: BlockProducts,
  options: WorkOptions = {},
): Promise<PositiveFactor<CholeskyFactor>> {
  optionsIn(options);
  let failedRow = 0;
  for (const jitter of JITTERS) {
    const shift = ((ridge + jitter) * trace) / examples;
    const result = await factorize(kernel, shift, products, options);
    if (result.kind === "factored") return { factor: result.factor, shift, jitter };
    failedRow = result.row;
  }
  throw notPositive(failedRow);
}

/** For a kernel of which no jitter helps. */
export const notPositive = (row: number): GatewiseError =>
  new GatewiseError({
    code: "numerical-failure",
    received: `a kernel whose pivot ${row} is not positive, with ${JITTERS.at(-1)} of trace/n added to the diagonal`,
    expected: "a positive semidefinite matrix",
    next: "check how the kernel was made",
  });

/** A solution of `(H + shift·I) · x = y` with what came out of checking it. */
export interface Solution {
  /** `[n, columns]`. */
  readonly x: Matrix;
  /** `H · x`, `[n, columns]`. */
  readonly fitted: Matrix;
  /** `max |y − (H + shift·I)·x| / max |y|`. */
  readonly residual: number;
}

/** Solves, refines the solution once by its residual, and measures what is left. */
export async function solveRefined(
  kernel: KernelRows,
  { factor, shift }: Pick<PositiveFactor, "factor" | "shift">,
  y: Matrix,
  products: BlockProducts,
  { signal }: WorkOptions = {},
): Promise<Solution> {
  const x = await factor.solve(y);
  const first = await kernelTimes(kernel, x, products, signal);
  const correction = await factor.solve({ ...y, data: residualOf(y, first, x, shift) });
  for (let i = 0; i < x.data.length; i++) x.data[i]! += correction.data[i]!;
  const fitted = await kernelTimes(kernel, x, products, signal);
  return { x, fitted, residual: largest(residualOf(y, fitted, x, shift)) / largest(y.data) };
}

/** `y − H·x − shift·x`. */
const residualOf = (y: Matrix, fitted: Matrix, x: Matrix, shift: number): Float64Array =>
  y.data.map((value, i) => value - fitted.data[i]! - shift * x.data[i]!);

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
