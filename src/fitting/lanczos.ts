/**
 * Lanczos with full reorthogonalization (Golub and Van Loan, 10.1 and 10.3): a few products with an operator tell the
 * ends of its spectrum, and by Gauss quadrature the trace of a function of it (Ubaru, Chen and Saad, 2017).
 */
import { tridiagonalEigen } from "./tridiagonal.ts";

/** The tridiagonal matrix of some steps from one starting vector. */
export interface LanczosRun {
  readonly diagonal: number[];
  readonly offDiagonal: number[];
  /** Orthonormal, `steps + 1` of them, or `steps` when the space of the starting vector is exhausted. */
  readonly basis: Float64Array[];
  exhausted: boolean;
}

/** @param start any vector but zero, `[n]` */
export const startLanczos = (start: Float64Array): LanczosRun => {
  const norm = Math.sqrt(dot(start, start));
  return { diagonal: [], offDiagonal: [], basis: [start.map((value) => value / norm)], exhausted: false };
};

/**
 * One step: `image` is the operator times the last vector of the basis; it is overwritten.
 */
export function stepLanczos(run: LanczosRun, image: Float64Array): void {
  const own = run.basis.at(-1) ?? image;
  const scale = Math.sqrt(dot(image, image));
  run.diagonal.push(dot(own, image));
  // twice is enough (Kahan and Parlett)
  for (const vector of [...run.basis, ...run.basis]) {
    const part = dot(vector, image);
    for (let i = 0; i < image.length; i++) image[i]! -= part * vector[i]!;
  }
  const norm = Math.sqrt(dot(image, image));
  if (run.basis.length === image.length || norm <= 1e-14 * scale) {
    run.exhausted = true;
    return;
  }
  run.offDiagonal.push(norm);
  for (let i = 0; i < image.length; i++) image[i]! /= norm;
  run.basis.push(image);
}

/** Approximate eigenvalues, ascending, and the share of the starting vector in each, which sums to 1. */
export function ritzValues({ diagonal, offDiagonal }: LanczosRun): {
  readonly values: Float64Array;
  readonly weights: Float64Array;
} {
  const { values, firstComponents } = tridiagonalEigen(Float64Array.from(diagonal), Float64Array.from(offDiagonal));
  return { values, weights: firstComponents.map((component) => component * component) };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
