/**
 * Leaving out each example at many ridges: the prediction for example `i` by the machine fitted to all the others is
 * `y_i − α_i / (G⁻¹)_ii` with `G = K + λ·I` (Rifkin and Lippert, "Notes on regularized least squares", 2007). Exact, for a
 * `λ` that stays the same for `n − 1` examples.
 *
 * By one band form `K = Q B Qᵀ`: with `B + λ·I = L Lᵀ`, row `i` of `Z = Q L⁻ᵀ` tells all of example `i`, `α = Z · L⁻¹ Qᵀ Y`
 * and `(G⁻¹)_ii` the squared length of the row. `Z` is made from left to right, a block of columns at a time and for all
 * ridges at once, from the columns of `Q`, which are made when they are needed.
 */
import { solveLower } from "./band-factor.ts";
import type { BandForm } from "./band-form.ts";
import { positiveBand, rotatedBack } from "./band-system.ts";
import { type BlockProducts, type Matrix, matrix, sizesOf } from "./block-products.ts";
import { reflect } from "./reflections.ts";
import { type BandSystem, RowSums } from "./row-sums.ts";
import type { WorkOptions } from "./work-options.ts";

/** Columns of `Q` that are made at once, in blocks of the band. */
export const BLOCKS_AT_ONCE = 16;

/**
 * Predictions for each example by the machine that is fitted without it, at each ridge.
 * @param form of the kernel
 * @param scale `trace(K)/n`, the unit of the ridges; a jitter comes on top where a factor needs it
 * @param targets `[n, columns]`
 * @returns `[n, columns]` for each ridge
 * @throws GatewiseError if the kernel is not positive semidefinite
 */
export async function leaveOneOut(
  form: BandForm,
  scale: number,
  targets: Matrix,
  ridges: readonly number[],
  products: BlockProducts,
  { signal, onProgress }: WorkOptions = {},
): Promise<readonly Matrix[]> {
  const { examples, width, diagonal } = form;
  const [, columns] = sizesOf(targets);
  const rotated = await rotatedBack(form, targets, products);
  const systems = bandSystems(form, scale, rotated, ridges);
  const blocks = Math.min(BLOCKS_AT_ONCE, diagonal.length);
  await using sums = await RowSums.open(products.engine, systems, blocks);
  await sums.begin(examples);
  for (let first = 0; first < diagonal.length; first += blocks) {
    signal?.throwIfAborted();
    await sums.add(await columnsOf(form, first * width, blocks * width, products), first);
    onProgress?.(Math.min(1, (first + blocks) / diagonal.length));
  }
  return (await sums.read()).map(({ squares, coefficients }) => {
    const left = targets.data.map((y, at) => y - coefficients[at]! / squares[Math.floor(at / columns)]!);
    return matrix(examples, columns, left);
  });
}

/**
 * The systems of many ridges.
 * @param scale the unit of the ridges
 * @param rotated `Qᵀ y` of the right sides `y`
 */
export const bandSystems = (
  form: BandForm,
  scale: number,
  rotated: Matrix,
  ridges: readonly number[],
): readonly BandSystem[] =>
  ridges.map((ridge) => {
    const { factor } = positiveBand(form, ridge, scale);
    return { ...factor, solved: solveLower(factor, rotated) };
  });

/** Columns of `Q` from `from` on, `[rows of the blocks, count]`; zeros beyond the last. */
export async function columnsOf(
  { diagonal, width, reflections }: BandForm,
  from: number,
  count: number,
  products: BlockProducts,
): Promise<Matrix> {
  const rows = diagonal.length * width;
  const out = matrix(rows, count);
  for (let j = 0; j < Math.min(count, rows - from); j++) out.data[(from + j) * count + j] = 1;
  await reflect(reflections, out, Math.min(rows, from + count), products);
  return out;
}
