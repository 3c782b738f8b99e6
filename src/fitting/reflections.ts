/** Products of reflections, `(I − v₁ v₁ᵀ)(I − v₂ v₂ᵀ)… = I − V T Vᵀ` (Schreiber and Van Loan, 1989). */
import { type BlockProducts, type Matrix, matrix, rowsOf, sizesOf } from "./block-products.ts";

export interface Reflections {
  /** Rows before this one are zero in every `v`, and left out. */
  readonly from: number;
  /** `[n − from, m]`: columns of squared length 2, or 0. */
  readonly v: Matrix;
  /** `[m, m]`, upper triangular. */
  readonly t: Matrix;
}

/**
 * The product of reflections in the order of the columns: the inverse of `T` is what `Vᵀ V` has above its diagonal, and
 * half of the diagonal (Puglisi, 1992), which is 1.
 * @param panels `[n, …]` each
 * @param from rows before this one are zero
 */
export async function compactReflections(
  panels: readonly Matrix[],
  from: number,
  products: BlockProducts,
): Promise<Reflections> {
  const [only] = panels;
  const v = panels.length === 1 && only !== undefined ? rowsOf(only, from) : besideEachOther(panels, from);
  const [, m] = sizesOf(v);
  const gram = await products.multiply("tn", v, v);
  return { from, v, t: matrix(m, m, inverseOfUnitUpper(gram.data, m)) };
}

/** `Q · x`, in place; `Q` is the product of all of them. Rows of `x` from `end` on are zero. */
export async function reflect(
  all: readonly Reflections[],
  x: Matrix,
  end: number,
  products: BlockProducts,
): Promise<void> {
  // a reflection of rows that are zero leaves them so
  for (const one of all.filter(({ from }) => from < end).reverse()) await apply(one, one.t, "nn", x, products);
}

/** `Qᵀ · x`, in place. */
export async function reflectBack(all: readonly Reflections[], x: Matrix, products: BlockProducts): Promise<void> {
  for (const one of all) await apply(one, one.t, "tn", x, products);
}

/** `x − V op(T) Vᵀ x`. */
async function apply(
  { from, v }: Reflections,
  t: Matrix,
  form: "nn" | "tn",
  x: Matrix,
  products: BlockProducts,
): Promise<void> {
  const own = rowsOf(x, from);
  const inner = await products.multiply(form, t, await products.multiply("tn", v, own));
  own.data.set((await products.subtractProduct("nn", own, v, inner)).data);
}

/** Matrices of as many rows side by side, from a row on. */
export function besideEachOther(parts: readonly Matrix[], from = 0): Matrix {
  const [rows = 0] = parts.map((part) => sizesOf(part)[0]);
  const width = parts.reduce((sum, part) => sum + sizesOf(part)[1], 0);
  const out = matrix(rows - from, width);
  let at = 0;
  for (const part of parts) {
    copyColumns(part, from, out, at);
    at += sizesOf(part)[1];
  }
  return out;
}

/** In plain loops: rows are too short for calls. */
function copyColumns({ data, shape: [rows = 0, columns = 0] }: Matrix, from: number, to: Matrix, column: number): void {
  const [, width] = sizesOf(to);
  const into = to.data;
  for (let i = from; i < rows; i++) {
    const at = (i - from) * width + column;
    for (let j = 0; j < columns; j++) into[at + j] = data[i * columns + j]!;
  }
}

/** The inverse of an upper triangular matrix with ones on its diagonal, of which what lies above the diagonal is read. */
function inverseOfUnitUpper(upper: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let i = size - 1; i >= 0; i--) {
    const row = i * size;
    inverse[row + i] = 1;
    // row i of the inverse: eᵢ − Σ_k U_ik · row k; rows below are ready
    for (let k = i + 1; k < size; k++) {
      const factor = upper[row + k]!;
      const other = k * size;
      for (let j = k; j < size; j++) inverse[row + j]! -= factor * inverse[other + j]!;
    }
  }
  return inverse;
}
