/**
 * All eigenvalues of a symmetric matrix: Householder reduction to tridiagonal form in plain loops (EISPACK `tred1`, over
 * rows of the lower triangle), then QL.
 */
import { type Matrix, sizesOf } from "../../src/fitting/block-products.ts";
import { tridiagonalEigen } from "../../src/fitting/tridiagonal.ts";

/**
 * @param symmetric `[n, n]`, only its lower triangle is read
 * @returns ascending, `[n]`
 * @throws GatewiseError if an element is not finite
 */
export function symmetricEigenvalues(symmetric: Matrix): Float64Array {
  const [n] = sizesOf(symmetric);
  const a = symmetric.data.slice();
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  const p = new Float64Array(n);
  for (let i = n - 1; i >= 1; i--) {
    offDiagonal[i - 1] = reflect(a, n, i, p);
    diagonal[i] = a[i * n + i]!;
  }
  if (n > 0) diagonal[0] = a[0]!;
  return tridiagonalEigen(diagonal, offDiagonal).values;
}

/**
 * Makes row `i` zero left of its last element by a reflection of the rows and columns before it.
 * @returns that last element
 */
function reflect(a: Float64Array, n: number, i: number, p: Float64Array): number {
  const u = a.subarray(i * n, i * n + i);
  let scale = 0;
  for (let k = 0; k < i - 1; k++) scale = Math.max(scale, Math.abs(u[k]!));
  const last = u[i - 1]!;
  if (scale === 0) return last;
  scale = Math.max(scale, Math.abs(last));
  let square = 0;
  for (let k = 0; k < i; k++) square += (u[k]! / scale) ** 2;
  const length = scale * Math.sqrt(square);
  const kept = last >= 0 ? -length : length;
  // P = I − u uᵀ / h
  const h = length * length - last * kept;
  u[i - 1] = last - kept;
  // p = A u / h of the leading block, then p − (uᵀ p / 2h) u
  p.fill(0, 0, i);
  for (let j = 0; j < i; j++) {
    const row = a.subarray(j * n, j * n + j + 1);
    const uj = u[j]!;
    let sum = 0;
    for (let k = 0; k < j; k++) {
      sum += row[k]! * u[k]!;
      p[k]! += row[k]! * uj;
    }
    p[j]! += sum + row[j]! * uj;
  }
  let inner = 0;
  for (let k = 0; k < i; k++) {
    p[k]! /= h;
    inner += p[k]! * u[k]!;
  }
  const half = inner / (2 * h);
  for (let k = 0; k < i; k++) p[k]! -= half * u[k]!;
  for (let j = 0; j < i; j++) {
    const row = a.subarray(j * n, j * n + j + 1);
    const uj = u[j]!;
    const pj = p[j]!;
    for (let k = 0; k <= j; k++) row[k]! -= uj * p[k]! + pj * u[k]!;
  }
  return kept;
}
