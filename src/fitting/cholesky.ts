/**
 * Blocked Cholesky factorization `H + shift·I = L Lᵀ` in float64, left-looking by columns of blocks (Golub and Van
 * Loan, Matrix Computations, 4.2): n³/3 operations, nearly all of them matrix products in the engine. Only block
 * columns of the lower triangle are kept (4 n² bytes), each contiguous from its diagonal block downward, so that what
 * a product needs is a view and is never gathered.
 *
 * Diagonal blocks are factored and inverted in plain loops; a triangular solve with a block is then a product with the
 * inverse, as usual on GPUs. What that loses in accuracy on ill-conditioned blocks, the users of a factor gain back by
 * one step of refinement (`ridge-solve.ts`).
 */
import type { ResidentArray } from "../engine/index.ts";
import { type BlockProducts, type Factor, type Matrix, matrix, sizesOf } from "./block-products.ts";
import { factorInPlace, invertLower } from "./dense-cholesky.ts";
import type { KernelRows } from "./kernel-rows.ts";
import type { WorkOptions } from "./work-options.ts";

/** Solves systems of one positive definite matrix. */
export interface Solver {
  readonly examples: number;
  /** `(H + shift·I)⁻¹ · y` of `[n, columns]`. */
  solve(y: Matrix): Promise<Matrix>;
}

/** What solutions need of a block column: its rows below the diagonal block, and the inverse of that, `[size, size]`. */
type PanelFactors = Readonly<Record<"below" | "inverse", Factor>>;

/** A block column: `[rows below and with the diagonal block, size]`. */
interface Panel {
  readonly whole: Matrix;
  readonly below: Matrix;
  readonly inverse: Matrix;
}

export type Factorization =
  | { readonly kind: "factored"; readonly factor: CholeskyFactor }
  /** The pivot of this row is not positive beyond rounding. */
  | { readonly kind: "not-positive"; readonly row: number };

/** Enough blocks to leave little to plain loops, and blocks large enough for the engine (measured at 1,000 to 10,000). */
const blockSize = (examples: number): number => {
  if (examples <= 64) return examples;
  return Math.min(512, Math.max(64, 2 ** Math.round(Math.log2(examples / 12))));
};

/**
 * @param kernel symmetric `[n, n]`; only its upper triangle is read
 * @param shift what is added to the diagonal
 */
export async function factorize(
  kernel: KernelRows,
  shift: number,
  products: BlockProducts,
  { signal, onProgress }: WorkOptions = {},
  size = blockSize(kernel.rows),
): Promise<Factorization> {
  const examples = kernel.rows;
  const blocks = Math.ceil(examples / size);
  const panels: Panel[] = [];
  for (let j = 0; j < blocks; j++) {
    signal?.throwIfAborted();
    let panel = await loadPanel(kernel, shift, j * size, size, blocks * size);
    const floor = new Float64Array(size);
    for (let i = 0; i < size; i++) floor[i] = examples * Number.EPSILON * Math.abs(panel.data[i * size + i]!);
    for (let k = 0; k < j; k++) {
      const left = rowsFrom(panels[k]?.whole ?? panel, (j - k) * size);
      panel = await products.subtractProduct("nt", panel, left, firstRows(left, size));
    }
    const diagonal = firstRows(panel, size);
    const failed = factorInPlace(diagonal.data, size, floor);
    if (failed >= 0) return { kind: "not-positive", row: j * size + failed };
    const inverse = matrix(size, size, invertLower(diagonal.data, size));
    const below = rowsFrom(panel, size);
    if (below.data.length > 0) below.data.set((await products.multiply("nt", below, inverse)).data);
    panels.push({ whole: panel, below, inverse });
    const share = (j + 1) / blocks;
    // block column j takes j products of blocks − j blocks
    onProgress?.(share ** 2 * (3 - 2 * share));
  }
  return { kind: "factored", factor: new CholeskyFactor(examples, size, panels, products) };
}

/** Rows `start …` of the columns `start … start + size − 1`, read as rows and transposed; the padding is an identity. */
async function loadPanel(kernel: KernelRows, shift: number, start: number, size: number, padded: number) {
  const examples = kernel.rows;
  const panel = matrix(padded - start, size);
  const end = Math.min(start + size, examples);
  const block = await kernel.read(start, end);
  for (let i = start; i < examples; i++) {
    for (let j = start; j < end; j++) panel.data[(i - start) * size + j - start] = block[(j - start) * examples + i]!;
  }
  for (let i = 0; i < size; i++) panel.data[i * size + i] = start + i < end ? panel.data[i * size + i]! + shift : 1;
  return panel;
}

const rowsFrom = (of: Matrix, from: number): Matrix => {
  const [rows, columns] = sizesOf(of);
  return matrix(rows - from, columns, of.data.subarray(from * columns));
};

const firstRows = (of: Matrix, rows: number): Matrix => {
  const [, columns] = sizesOf(of);
  return matrix(rows, columns, of.data.subarray(0, rows * columns));
};

/** `L` of `H + shift·I = L Lᵀ`. */
export class CholeskyFactor implements Solver {
  /** @internal */
  constructor(
    readonly examples: number,
    private readonly size: number,
    private readonly panels: readonly Panel[],
    private readonly products: BlockProducts,
  ) {}

  /** `(H + shift·I)⁻¹ · y` of `[n, columns]`. */
  async solve(y: Matrix): Promise<Matrix> {
    return await this.solveWith(this.panels, y);
  }

  /** The same with the factor in the engine, for many solutions: an engine in another thread would copy it for each. */
  async held(): Promise<Solver & AsyncDisposable> {
    const { examples, products } = this;
    const arrays: ResidentArray[] = [];
    const upload = async (of: Matrix): Promise<ResidentArray> => {
      const array = await products.engine.upload(of);
      arrays.push(array);
      return array;
    };
    const panels: PanelFactors[] = [];
    for (const { below, inverse } of this.panels) {
      panels.push({ below: below.data.length === 0 ? below : await upload(below), inverse: await upload(inverse) });
    }
    return {
      examples,
      solve: (y) => this.solveWith(panels, y),
      async [Symbol.asyncDispose]() {
        for (const array of arrays) await array[Symbol.asyncDispose]();
      },
    };
  }

  private async solveWith(panels: readonly PanelFactors[], y: Matrix): Promise<Matrix> {
    const { size, products } = this;
    const [, columns] = sizesOf(y);
    const z = matrix(panels.length * size, columns);
    z.data.set(y.data);
    for (const [k, { below, inverse }] of panels.entries()) {
      const own = firstRows(rowsFrom(z, k * size), size);
      own.data.set((await products.multiply("nn", inverse, own)).data);
      const after = rowsFrom(z, (k + 1) * size);
      if (after.data.length > 0) after.data.set((await products.subtractProduct("nn", after, below, own)).data);
    }
    for (const [k, { below, inverse }] of [...panels.entries()].reverse()) {
      const own = firstRows(rowsFrom(z, k * size), size);
      const after = rowsFrom(z, (k + 1) * size);
      const left = after.data.length > 0 ? await products.subtractProduct("tn", own, below, after) : own;
      own.data.set((await products.multiply("tn", inverse, left)).data);
    }
    return matrix(this.examples, columns, z.data.slice(0, this.examples * columns));
  }

  /** `Σ log` of the pivots, doubled: the logarithm of the determinant of `H + shift·I`. */
  logDeterminant(): number {
    let sum = 0;
    for (const { whole } of this.panels) {
      for (let i = 0; i < this.size; i++) sum += 2 * Math.log(whole.data[i * this.size + i]!);
    }
    return sum;
  }
}
