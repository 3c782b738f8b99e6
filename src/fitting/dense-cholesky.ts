/** Cholesky of one small block in plain loops over rows: about 1 GFLOP/s, for the diagonal blocks of `cholesky.ts`. */

/**
 * Replaces the lower triangle of a symmetric block by its Cholesky factor, and what lies above by zeros.
 * @param block `[size, size]`, only its lower triangle is read
 * @param floor for each row, what the pivot must exceed: rounding may leave less of a true zero
 * @returns the first row whose pivot does not, or −1
 */
export function factorInPlace(block: Float64Array, size: number, floor: Float64Array): number {
  for (let i = 0; i < size; i++) {
    const row = i * size;
    for (let j = 0; j < i; j++) {
      block[row + j] = (block[row + j]! - dot(block, row, j * size, j)) / block[j * size + j]!;
    }
    const pivot = block[row + i]! - dot(block, row, row, i);
    if (!(pivot > floor[i]!)) return i;
    block[row + i] = Math.sqrt(pivot);
    block.fill(0, row + i + 1, row + size);
  }
  return -1;
}

/** Inner product of two runs of a block; four sums, since one would wait for its own chain of additions. */
function dot(block: Float64Array, a: number, b: number, length: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 3 < length; k += 4) {
    s0 += block[a + k]! * block[b + k]!;
    s1 += block[a + k + 1]! * block[b + k + 1]!;
    s2 += block[a + k + 2]! * block[b + k + 2]!;
    s3 += block[a + k + 3]! * block[b + k + 3]!;
  }
  for (; k < length; k++) s0 += block[a + k]! * block[b + k]!;
  return s0 + s1 + (s2 + s3);
}

/** The inverse of a lower triangular block `[size, size]`, lower triangular. */
export function invertLower(lower: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const row = i * size;
    // row i of the inverse: (eᵢ − Σ_k L_ik · row k) / L_ii; rows above are ready
    for (let k = 0; k < i; k++) {
      const factor = lower[row + k]!;
      const other = k * size;
      for (let j = 0; j <= k; j++) inverse[row + j]! -= factor * inverse[other + j]!;
    }
    const pivot = lower[row + i]!;
    for (let j = 0; j < i; j++) inverse[row + j]! /= pivot;
    inverse[row + i] = 1 / pivot;
  }
  return inverse;
}
