/** `B + λ·I = L Lᵀ` of a band matrix, in blocks: those of the diagonal of `L`, and those below, in plain loops: n b² operations. */
import type { BandForm } from "./band-form.ts";
import { type Matrix, matrix, rowsOf, sizesOf } from "./block-products.ts";
import { factorInPlace, invertLower } from "./dense-cholesky.ts";

export interface BandFactor {
  /** `L_kk⁻ᵀ` of each block, `[width, width]`, upper triangular. */
  readonly inverses: readonly Matrix[];
  /** `L_k,k−1ᵀ L_kk⁻ᵀ` of each block, `[width, width]`; zero for the first. */
  readonly couplings: readonly Matrix[];
}

export type BandFactorization =
  | { readonly kind: "factored"; readonly factor: BandFactor }
  /** The pivot of this row is not positive beyond rounding. */
  | { readonly kind: "not-positive"; readonly row: number };

/** @param shift what is added to the diagonal */
export function factorBand({ examples, width, diagonal, below }: BandForm, shift: number): BandFactorization {
  const inverses: Matrix[] = [];
  const couplings: Matrix[] = [];
  // L_k,k−1, upper triangular
  let left: Float64Array | undefined;
  for (const [k, { data }] of diagonal.entries()) {
    const block = data.slice();
    const floor = new Float64Array(width);
    for (let i = 0; i < width; i++) {
      const at = i * (width + 1);
      // beyond the last example an identity
      block[at] = k * width + i < examples ? block[at]! + shift : 1;
      floor[i] = examples * Number.EPSILON * Math.abs(block[at]!);
    }
    if (left !== undefined) subtractSquare(block, left, width);
    const failed = factorInPlace(block, width, floor);
    if (failed >= 0) return { kind: "not-positive", row: k * width + failed };
    const inverse = transposed(invertLower(block, width), width);
    inverses.push(matrix(width, width, inverse));
    couplings.push(matrix(width, width, left === undefined ? undefined : lowerTimesUpper(left, inverse, width)));
    const next = below[k];
    left = next && upperTimesUpper(next.data, inverse, width);
  }
  return { kind: "factored", factor: { inverses, couplings } };
}

/** `L⁻¹ y`, `[rows of the blocks, columns]`. */
export function solveLower({ inverses, couplings }: BandFactor, y: Matrix): Matrix {
  const [rows, columns] = sizesOf(y);
  const out = matrix(rows, columns);
  const width = rows / inverses.length;
  for (const [k, inverse] of inverses.entries()) {
    const own = rowsOf(out, k * width, (k + 1) * width);
    addTransposedTimes(own, inverse, rowsOf(y, k * width, (k + 1) * width), 1);
    const coupling = couplings[k];
    if (k > 0 && coupling !== undefined) addTransposedTimes(own, coupling, rowsOf(out, (k - 1) * width, k * width), -1);
  }
  return out;
}

/** `L⁻ᵀ y`, `[rows of the blocks, columns]`. */
export function solveUpper({ inverses, couplings }: BandFactor, y: Matrix): Matrix {
  const [rows, columns] = sizesOf(y);
  const out = matrix(rows, columns);
  const width = rows / inverses.length;
  const left = matrix(rows, columns, y.data.slice());
  for (const [k, inverse] of [...inverses.entries()].reverse()) {
    const own = rowsOf(left, k * width, (k + 1) * width);
    addTimes(rowsOf(out, k * width, (k + 1) * width), inverse, own, 1);
    const coupling = couplings[k];
    if (k > 0 && coupling !== undefined) addTimes(rowsOf(left, (k - 1) * width, k * width), coupling, own, -1);
  }
  return out;
}

/** `to + factor · aᵀ b`. */
function addTransposedTimes(to: Matrix, a: Matrix, b: Matrix, factor: number): void {
  const [size] = sizesOf(a);
  for (let j = 0; j < size; j++) for (let i = 0; i < size; i++) addRow(to, i, b, j, factor * a.data[j * size + i]!);
}

/** `to + factor · a b`. */
function addTimes(to: Matrix, a: Matrix, b: Matrix, factor: number): void {
  const [size] = sizesOf(a);
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) addRow(to, i, b, j, factor * a.data[i * size + j]!);
}

function addRow({ data, shape: [, columns = 0] }: Matrix, row: number, from: Matrix, other: number, factor: number) {
  const [to, source] = [row * columns, other * columns];
  for (let c = 0; c < columns; c++) data[to + c]! += factor * from.data[source + c]!;
}

/** `block − u uᵀ`, its lower triangle; `u` upper triangular. */
function subtractSquare(block: Float64Array, u: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < size; k++) sum += u[i * size + k]! * u[j * size + k]!;
      block[i * size + j]! -= sum;
    }
  }
}

/** `u v` of upper triangular matrices. */
function upperTimesUpper(u: Float64Array, v: Float64Array, size: number): Float64Array {
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let k = i; k < size; k++) {
      const factor = u[i * size + k]!;
      for (let j = k; j < size; j++) out[i * size + j]! += factor * v[k * size + j]!;
    }
  }
  return out;
}

/** `uᵀ v` of upper triangular matrices. */
function lowerTimesUpper(u: Float64Array, v: Float64Array, size: number): Float64Array {
  const out = new Float64Array(size * size);
  for (let k = 0; k < size; k++) {
    for (let i = k; i < size; i++) {
      const factor = u[k * size + i]!;
      for (let j = k; j < size; j++) out[i * size + j]! += factor * v[k * size + j]!;
    }
  }
  return out;
}

function transposed(of: Float64Array, size: number): Float64Array {
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) out[j * size + i] = of[i * size + j]!;
  return out;
}
