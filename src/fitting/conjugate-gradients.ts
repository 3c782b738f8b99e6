/**
 * Conjugate gradients for `(H + shift·I) · x = y` with several right-hand sides (Golub and Van Loan, 11.5): each column
 * has its own coefficients, all share the products with the kernel, which is read once an iteration by blocks of rows
 * and never held. Preconditioned by a few rows of the kernel.
 */

import { GatewiseError } from "../errors.ts";
import { optionsIn } from "../options.ts";
import { type BlockProducts, type Matrix, matrix, sizesOf } from "./block-products.ts";
import type { KernelRows } from "./kernel-rows.ts";
import { kernelTimes } from "./kernel-times.ts";
import { lowRankPreconditioner, type Preconditioner } from "./low-rank-preconditioner.ts";
import type { WorkOptions } from "./work-options.ts";

/** When conjugate gradients end. */
export interface ConjugateGradientOptions extends WorkOptions {
  /** A column is done when `‖y − (H + shift·I)·x‖ ≤ tolerance · ‖y‖`; 1e-8 unless told otherwise. */
  readonly tolerance?: number;
  /** 1,000 unless told otherwise. */
  readonly maxIterations?: number;
  /** Of this kernel and shift, where several systems are solved: made once. @internal */
  readonly preconditioner?: Preconditioner | undefined;
}

/** A solution by conjugate gradients, and how good it is. */
export interface ConjugateGradientSolution {
  /** `[n, columns]`. */
  readonly x: Matrix;
  readonly iterations: number;
  /** Largest of `‖y − (H + shift·I)·x‖ / ‖y‖` over the columns, as the iteration tracks it. */
  readonly residual: number;
}

/**
 * Solves a shifted kernel against targets, reading it row by row: for kernels that no factorization holds.
 * @param kernel symmetric, positive semidefinite `[n, n]`
 * @param diagonal of the kernel, `[n]`
 * @param shift what is added to the diagonal; the smaller, the more iterations
 * @throws GatewiseError if the tolerance is not reached, or the matrix is not positive
 */
export async function conjugateGradients(
  kernel: KernelRows,
  diagonal: Float64Array,
  shift: number,
  y: Matrix,
  products: BlockProducts,
  options: ConjugateGradientOptions = {},
): Promise<ConjugateGradientSolution> {
  const { tolerance = 1e-8, maxIterations = 1_000, preconditioner, signal, onProgress } = optionsIn(options);
  const [examples, columns] = sizesOf(y);
  const preconditioned = preconditioner ?? (await lowRankPreconditioner(kernel, diagonal, shift, products));
  const x = new Float64Array(y.data.length);
  const r = y.data.slice();
  const p = (await preconditioned(matrix(examples, columns, r))).data.slice();
  const wanted = columnDots(r, r, columns).map((square) => tolerance ** 2 * square);
  let rho = columnDots(r, p, columns);
  for (let iteration = 0; ; iteration++) {
    const squares = columnDots(r, r, columns);
    const active = squares.map((square, c) => (square > wanted[c]! ? 1 : 0));
    const residual = worst(squares, wanted) * tolerance;
    // the residual falls by about the same factor an iteration
    onProgress?.(Math.min(1, Math.max(0, Math.log(residual) / Math.log(tolerance))));
    if (!active.includes(1)) return { x: matrix(examples, columns, x), iterations: iteration, residual };
    if (iteration === maxIterations) throw notReached(residual, tolerance, maxIterations);
    const q = await kernelTimes(kernel, matrix(examples, columns, p), products, signal);
    for (let i = 0; i < p.length; i++) q.data[i]! += shift * p[i]!;
    const curvature = columnDots(p, q.data, columns);
    const step = rho.map((value, c) => (active[c] === 1 ? value / curvature[c]! : 0));
    if (curvature.some((value, c) => active[c] === 1 && !(value > 0))) throw notPositive();
    for (let i = 0; i < p.length; i++) {
      x[i]! += step[i % columns]! * p[i]!;
      r[i]! -= step[i % columns]! * q.data[i]!;
    }
    const { data: z } = await preconditioned(matrix(examples, columns, r));
    const next = columnDots(r, z, columns);
    const turn = next.map((value, c) => (active[c] === 1 ? value / rho[c]! : 0));
    for (let i = 0; i < p.length; i++) p[i] = z[i]! + turn[i % columns]! * p[i]!;
    rho = next;
  }
}

/** `Σᵢ aᵢ꜀ bᵢ꜀` for each column. */
function columnDots(a: Float64Array, b: Float64Array, columns: number): Float64Array {
  const sums = new Float64Array(columns);
  for (let i = 0; i < a.length; i++) sums[i % columns]! += a[i]! * b[i]!;
  return sums;
}

const worst = (squares: Float64Array, wanted: Float64Array): number =>
  squares.reduce((most, square, c) => Math.max(most, square === 0 ? 0 : Math.sqrt(square / wanted[c]!)), 0);

const notReached = (residual: number, tolerance: number, iterations: number): GatewiseError =>
  new GatewiseError({
    code: "numerical-failure",
    received: `a relative residual of ${residual.toExponential(1)} after ${iterations} iterations`,
    expected: `conjugate gradients that reach ${tolerance.toExponential(1)}`,
    next: "give a larger ridge",
  });

const notPositive = (): GatewiseError =>
  new GatewiseError({
    code: "numerical-failure",
    received: "a kernel with a direction of negative curvature",
    expected: "a positive semidefinite matrix",
    next: "check how the kernel was made, or give a larger ridge",
  });
