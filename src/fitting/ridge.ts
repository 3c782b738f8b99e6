/**
 * Kernel ridge regression: `(H + λ·I) α = Y`, `λ = ridge · trace(H)/n`, predictions `K(test, train) · α`. Directly by a
 * Cholesky factor up to 10,000 examples, by conjugate gradients beyond.
 */

import { GatewiseError } from "../errors.ts";
import { optionsIn } from "../options.ts";
import type { BandForm } from "./band-form.ts";
import { positiveByBand } from "./band-system.ts";
import { type BlockProducts, type Matrix, sizesOf } from "./block-products.ts";
import { conjugateGradients } from "./conjugate-gradients.ts";
import type { KernelNorms, KernelRows } from "./kernel-rows.ts";
import { kernelTimes } from "./kernel-times.ts";
import { DIRECT_LIMIT, positiveFactor, solveRefined } from "./positive-factor.ts";
import type { WorkOptions } from "./work-options.ts";

/** How a system was solved: by a factor, or in so many iterations. */
export type RidgeMethod =
  | { readonly kind: "cholesky" }
  | { readonly kind: "conjugate-gradients"; readonly iterations: number };

/** A ridge regression on a kernel: coefficients, predictions of its own examples, how it was solved. */
export interface RidgeFit {
  /** `α`, `[n, columns]`. */
  readonly coefficients: Matrix;
  /** `H · α`: predictions for the training examples, `[n, columns]`. */
  readonly fitted: Matrix;
  /** Relative to `trace(H)/n`, without the jitter. */
  readonly ridge: number;
  /** Added to the ridge, since a pivot was not positive; relative to `trace(H)/n`, 0 where none was needed. */
  readonly jitter: number;
  /** Largest error of the linear system, relative to the largest target. */
  readonly residual: number;
  readonly method: RidgeMethod;
}

/** How a ridge regression is solved. */
export interface RidgeOptions extends WorkOptions {
  /** More examples than this are fitted by conjugate gradients; 10,000 unless told otherwise. */
  readonly directLimit?: number;
  /** Of conjugate gradients, relative; 1e-8 unless told otherwise. */
  readonly tolerance?: number;
  /**
   * Band form of the kernel, where it is known already: then a ridge above 0 needs no factor of its own.
   * @internal
   */
  readonly form?: BandForm | undefined;
}

/**
 * Kernel ridge regression: the coefficients of the training examples.
 * @param kernel of the training examples, symmetric `[n, n]`
 * @param norms of this kernel
 * @param targets `[n, columns]`
 * @param ridge relative to `trace(H)/n`, at least 0
 * @throws GatewiseError if targets and kernel disagree on `n`, the kernel is not positive semidefinite, or conjugate
 * gradients do not converge
 */
export async function fitRidge(
  kernel: KernelRows,
  norms: KernelNorms,
  targets: Matrix,
  ridge: number,
  products: BlockProducts,
  options: RidgeOptions = {},
): Promise<RidgeFit> {
  optionsIn(options);
  // not in the parameter list, which the declarations repeat: `form` is not in them
  const { directLimit = DIRECT_LIMIT, tolerance = 1e-8, form, ...work } = options;
  const [rows] = sizesOf(targets);
  if (rows !== norms.examples) {
    throw new GatewiseError({
      received: `${rows} targets for a kernel of ${norms.examples} examples`,
      expected: "one an example",
      next: "give kernel and labels of the same examples",
    });
  }
  if (rows <= directLimit) {
    // without a ridge, pivots decide whether a jitter is needed: those of the kernel itself do not mix small examples with large
    const factored =
      form === undefined || ridge === 0
        ? await positiveFactor(kernel, norms, ridge, products, work)
        : positiveByBand(form, ridge, norms.trace / norms.examples, products);
    const { x: coefficients, fitted, residual } = await solveRefined(kernel, factored, targets, products, work);
    work.onProgress?.(1);
    return { coefficients, fitted, ridge, jitter: factored.jitter, residual, method: { kind: "cholesky" } };
  }
  const shift = (ridge * norms.trace) / norms.examples;
  const { diagonal } = norms;
  const { x, iterations, residual } = await conjugateGradients(kernel, diagonal, shift, targets, products, {
    tolerance,
    ...work,
  });
  const fitted = await kernelTimes(kernel, x, products, work.signal);
  return {
    coefficients: x,
    fitted,
    ridge,
    jitter: 0,
    residual,
    method: { kind: "conjugate-gradients", iterations },
  };
}
