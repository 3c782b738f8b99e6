/** Linear algebra read aloud: small matrices as lists of rows, float64, nothing clever. */

export type Rows = readonly (readonly number[])[];

/** Solves `a · x = b` by Gaussian elimination with partial pivoting; `b` and `x` are lists of rows. */
export function solveReference(a: Rows, b: Rows): number[][] {
  const work = a.map((row, i) => [...row, ...(b[i] ?? [])]);
  const n = a.length;
  for (let column = 0; column < n; column++) {
    const at = (row: number): number => Math.abs(work[row]?.[column] ?? 0);
    let best = column;
    for (let row = column + 1; row < n; row++) if (at(row) > at(best)) best = row;
    const [pivotRow, other] = [work[best] ?? [], work[column] ?? []];
    work[column] = pivotRow;
    work[best] = other;
    for (let row = 0; row < n; row++) {
      if (row === column) continue;
      const factor = (work[row]?.[column] ?? 0) / (pivotRow[column] ?? 0);
      work[row] = (work[row] ?? []).map((value, k) => value - factor * (pivotRow[k] ?? 0));
    }
  }
  return work.map((row, i) => row.slice(n).map((value) => value / (row[i] ?? 0)));
}

/** `a + shift·I`. */
export const shifted = (a: Rows, shift: number): number[][] =>
  a.map((row, i) => row.map((value, j) => value + (i === j ? shift : 0)));

export const multiplyReference = (a: Rows, b: Rows): number[][] =>
  a.map((row) => (b[0] ?? []).map((_, j) => row.reduce((sum, value, k) => sum + value * (b[k]?.[j] ?? 0), 0)));

export const transposed = (a: Rows): number[][] => (a[0] ?? []).map((_, j) => a.map((row) => row[j] ?? 0));

export const traceOf = (a: Rows): number => a.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);

/** `Σ a_ij b_ij`. */
export const innerReference = (a: Rows, b: Rows): number =>
  a.reduce((sum, row, i) => sum + row.reduce((part, value, j) => part + value * (b[i]?.[j] ?? 0), 0), 0);

/** `J a J` with `J = I − 1 1ᵀ/n`, written out. */
export function centeredReference(a: Rows): number[][] {
  const n = a.length;
  const j = a.map((_, r) => a.map((__, c) => (r === c ? 1 : 0) - 1 / n));
  return multiplyReference(multiplyReference(j, a), j);
}
