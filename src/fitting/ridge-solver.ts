/**
 * Systems `(K + λ·I) x = y` of one kernel and one `λ`, solved many times: by a Cholesky factor that stays in the engine, by
 * conjugate gradients where no memory holds it, or in the space of the features where the kernel is `Φ Φᵀ` of few.
 */
import { GatewiseError } from "../errors.ts";
import { optionsIn } from "../options.ts";
import { type BlockProducts, type Matrix, matrix, rowsOf, sizesOf, transposed } from "./block-products.ts";
import { factorize, type Solver } from "./cholesky.ts";
import { conjugateGradients } from "./conjugate-gradients.ts";
import { diagonalByColumns, diagonalByProbes } from "./inverse-diagonal.ts";
import { type KernelRows, kernelRows } from "./kernel-rows.ts";
import { lowRankPreconditioner } from "./low-rank-preconditioner.ts";
import { DIRECT_LIMIT } from "./positive-factor.ts";
import type { WorkOptions } from "./work-options.ts";

/** Solves systems of one kernel with one ridge; released with `await using`, the engine stays open. */
export interface RidgeSolver extends AsyncDisposable {
  readonly examples: number;
  readonly by: "factor" | "conjugate gradients" | "features";
  /** `(K + λ·I)⁻¹ · y` of `[n, columns]`. */
  solve(y: Matrix, options?: WorkOptions): Promise<Matrix>;
  /** Diagonal of `(K + λ·I)⁻¹`: exact, but of conjugate gradients an estimate. */
  inverseDiagonal(options?: WorkOptions): Promise<Float64Array>;
}

/** How the systems of a kernel are solved. */
export interface RidgeSolverOptions extends WorkOptions {
  /** More examples than this are solved by conjugate gradients; 10,000 unless told otherwise. */
  readonly directLimit?: number | undefined;
}

/**
 * Systems of a kernel that is given. Up to `directLimit` examples it is read once and not needed any more; beyond, it is read
 * once an iteration.
 * @param kernel symmetric, positive semidefinite `[n, n]`
 * @param diagonal of the kernel, `[n]`
 * @param lambda above 0, in the kernel's own unit
 * @throws GatewiseError if the kernel is not positive semidefinite
 */
export async function kernelSolver(
  kernel: KernelRows,
  diagonal: Float64Array,
  lambda: number,
  products: BlockProducts,
  options: RidgeSolverOptions = {},
): Promise<RidgeSolver> {
  const { directLimit = DIRECT_LIMIT, ...work } = optionsIn(options);
  const examples = kernel.rows;
  if (examples > directLimit) {
    const preconditioner = await lowRankPreconditioner(kernel, diagonal, lambda, products);
    const solve: RidgeSolver["solve"] = async (y, solving) =>
      (await conjugateGradients(kernel, diagonal, lambda, y, products, { tolerance: 1e-9, ...solving, preconditioner }))
        .x;
    return {
      examples,
      by: "conjugate gradients",
      solve,
      inverseDiagonal: (options) => diagonalByProbes(examples, solve, options),
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const held = await heldFactor(kernel, lambda, products, work);
  return {
    examples,
    by: "factor",
    solve: (y) => held.solve(y),
    inverseDiagonal: (options) => diagonalByColumns(examples, (y) => held.solve(y), options),
    [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
  };
}

/**
 * Systems of the kernel `Φ Φᵀ`, by `(Φ Φᵀ + λ·I)⁻¹ = (I − Φ (Φᵀ Φ + λ·I)⁻¹ Φᵀ) / λ` (Woodbury): `O(n·R²)` once, `O(n·R)` a
 * column.
 * @param features `Φ`, `[n, R]`; kept
 * @param lambda above 0
 */
export async function featureSolver(
  features: Matrix,
  lambda: number,
  products: BlockProducts,
  options: WorkOptions = {},
): Promise<RidgeSolver> {
  const work = optionsIn(options);
  const [examples] = sizesOf(features);
  const inner = await heldFactor(kernelRows(await gramOf(features, products, work)), lambda, products, work);
  const held = await products.engine.upload(features);
  return {
    examples,
    by: "features",
    async solve(y) {
      const solved = await inner.solve(await products.multiply("tn", held, y));
      const rest = await products.subtractProduct("nn", y, held, solved);
      for (let i = 0; i < rest.data.length; i++) rest.data[i]! /= lambda;
      return rest;
    },
    async inverseDiagonal({ signal, onProgress } = {}) {
      const out = new Float64Array(examples);
      for (const { from, to, part } of parts(features)) {
        signal?.throwIfAborted();
        const turned = transposed(part);
        const { data } = await inner.solve(turned);
        for (let at = 0; at < data.length; at++) out[from + (at % (to - from))]! += data[at]! * turned.data[at]!;
        onProgress?.(to / examples);
      }
      return out.map((sum) => (1 - sum) / lambda);
    },
    async [Symbol.asyncDispose]() {
      await inner[Symbol.asyncDispose]();
      await held[Symbol.asyncDispose]();
    },
  };
}

/** Rows of features that are multiplied at once: a stop waits for no longer. */
const ROWS_AT_ONCE = 2048;

function* parts(features: Matrix): Generator<{ readonly from: number; readonly to: number; readonly part: Matrix }> {
  const [rows] = sizesOf(features);
  for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
    const to = Math.min(from + ROWS_AT_ONCE, rows);
    yield { from, to, part: rowsOf(features, from, to) };
  }
}

/** `Φᵀ Φ`. */
async function gramOf(features: Matrix, products: BlockProducts, { signal }: WorkOptions): Promise<Matrix> {
  const [, columns] = sizesOf(features);
  const sum = matrix(columns, columns);
  for (const { part } of parts(features)) {
    signal?.throwIfAborted();
    const { data } = await products.multiply("tn", part, part);
    for (let i = 0; i < data.length; i++) sum.data[i]! += data[i]!;
  }
  return sum;
}

async function heldFactor(
  kernel: KernelRows,
  lambda: number,
  products: BlockProducts,
  work: WorkOptions,
): Promise<Solver & AsyncDisposable> {
  const result = await factorize(kernel, lambda, products, work);
  if (result.kind === "factored") return await result.factor.held();
  throw new GatewiseError({
    code: "numerical-failure",
    received: `a kernel whose pivot ${result.row} is not positive with a ridge of ${lambda}`,
    expected: "a positive semidefinite kernel, and a ridge above 0",
    next: "give a larger ridge, or check how the kernel was made",
  });
}
