/**
 * A preconditioner for `H + shift·I` from a few rows of `H`: `P = L Lᵀ + shift·I` with `L` of a pivoted Cholesky
 * factorization that stops early (Harbrecht, Peters and Schneider, 2012; for conjugate gradients with kernels: Gardner
 * et al., NeurIPS 2018). It takes away the large eigenvalues, which are few and are what makes the iterations many.
 */
import { type BlockProducts, type Matrix, matrix, sizesOf } from "./block-products.ts";
import { factorInPlace, invertLower } from "./dense-cholesky.ts";
import type { KernelRows } from "./kernel-rows.ts";

/** Rows of the kernel that are read; the work beside it is O(n · RANK²). */
const RANK = 256;
/** Of the largest diagonal element: what is left of one below it is rounding. */
const ROUNDING = 1e-10;

/** `P⁻¹ r` for `[n, columns]`. */
export type Preconditioner = (r: Matrix) => Promise<Matrix>;

/**
 * Without a shift, or where its small system is not positive, what divides by the diagonal.
 * @param diagonal of the kernel, `[n]`
 */
export async function lowRankPreconditioner(
  kernel: KernelRows,
  diagonal: Float64Array,
  shift: number,
  products: BlockProducts,
  rank = RANK,
): Promise<Preconditioner> {
  const byDiagonal: Preconditioner = async (r) => {
    const [rows, columns] = sizesOf(r);
    return matrix(
      rows,
      columns,
      r.data.map((value, at) => value / (diagonal[Math.floor(at / columns)]! + shift)),
    );
  };
  if (shift <= 0) return byDiagonal;
  const low = await pivotedCholesky(kernel, diagonal, Math.min(rank, kernel.rows), shift);
  const [size] = sizesOf(low);
  if (size === 0) return byDiagonal;
  // Woodbury: P⁻¹ = (I − L (shift·I + LᵀL)⁻¹ Lᵀ) / shift, `low` being Lᵀ
  const small = await products.multiply("nt", low, low);
  for (let i = 0; i < size; i++) small.data[i * size + i]! += shift;
  if (factorInPlace(small.data, size, new Float64Array(size)) >= 0) return byDiagonal;
  const inverse = matrix(size, size, invertLower(small.data, size));
  const scaled = await products.multiply("nn", inverse, low);
  return async (r) => {
    const projected = await products.multiply("nn", scaled, r);
    const rest = await products.subtractProduct("tn", r, scaled, projected);
    return { ...rest, data: rest.data.map((value) => value / shift) };
  };
}

/**
 * `Lᵀ` of a partial factorization `H ≈ L Lᵀ`: the row of the largest diagonal element left over is next, until they sum to
 * no more than the shift.
 * @returns `[at most rank, n]`
 */
async function pivotedCholesky(
  kernel: KernelRows,
  diagonal: Float64Array,
  rank: number,
  shift: number,
): Promise<Matrix> {
  const examples = kernel.rows;
  const left = diagonal.slice();
  const largest = diagonal.reduce((most, value) => Math.max(most, value), 0);
  const low = matrix(rank, examples);
  for (let k = 0; k < rank; k++) {
    const pivot = left.reduce((best, value, i) => (value > left[best]! ? i : best), 0);
    const height = left[pivot]!;
    // what is left over has eigenvalues of at most its trace: beside a larger shift they are nothing
    const trace = left.reduce((sum, value) => sum + Math.max(0, value), 0);
    if (!(trace > shift && height > ROUNDING * largest)) return matrix(k, examples, low.data.slice(0, k * examples));
    const row = low.data.subarray(k * examples, (k + 1) * examples);
    row.set(await kernel.read(pivot, pivot + 1));
    for (let other = 0; other < k; other++) {
      const earlier = low.data.subarray(other * examples, (other + 1) * examples);
      const factor = earlier[pivot]!;
      for (let i = 0; i < examples; i++) row[i]! -= factor * earlier[i]!;
    }
    for (let i = 0; i < examples; i++) {
      row[i]! /= Math.sqrt(height);
      left[i]! -= row[i]! ** 2;
    }
    left[pivot] = 0;
  }
  return low;
}
