/**
 * Leaving out each example at many ridges, by its features: with `G = Φᵀ Φ + λ·I`, the prediction for example `i` by the machine
 * fitted to all the others is `y_i − (y_i − ŷ_i) / (1 − h_i)`, `h_i = φ_iᵀ G⁻¹ φ_i` (Allen's PRESS; the dual form stands in
 * leave-one-out.ts). By the band form `Φᵀ Φ = Q B Qᵀ` and `B + λ·I = L Lᵀ`, row `i` of `Z = Φ Q L⁻ᵀ` tells both:
 * `h_i` is its squared length, `ŷ_i = Z · L⁻¹ Qᵀ Φᵀ Y`. Exact, of all examples, in one pass over the features.
 */
import type { BandForm } from "../band-form.ts";
import { rotatedBack } from "../band-system.ts";
import { type BlockProducts, type Matrix, matrix, rowsOf, sizesOf } from "../block-products.ts";
import { predictedClasses, targetRows } from "../class-targets.ts";
import type { KernelRows } from "../kernel-rows.ts";
import { BLOCKS_AT_ONCE, bandSystems, columnsOf } from "../leave-one-out.ts";
import { bestOf, RIDGE_GRID, type RidgeChoice } from "../ridge-choice.ts";
import { type BandSystem, RowSums } from "../row-sums.ts";
import { part, type WorkOptions } from "../work-options.ts";
import { type FeatureBlock, overBlocks, type ProductTeams } from "./feature-blocks.ts";
import type { FeatureMoments } from "./feature-moments.ts";

/** Of the time that a choice takes, that of making `Q`. */
const ROTATION_SHARE = 0.05;

/**
 * The ridge of the best leave-one-out accuracy; of equal ones that of the smaller squared error.
 * @param form of `Φᵀ Φ`
 * @param scale the unit of the ridges
 */
export async function chooseFeatureRidge(
  features: KernelRows,
  labels: Int32Array,
  classes: Int32Array,
  { form, scale, targets }: Pick<FeatureMoments, "targets"> & { readonly form: BandForm; readonly scale: number },
  teams: ProductTeams,
  { signal, onProgress }: WorkOptions,
): Promise<RidgeChoice> {
  const [first] = teams;
  const systems = bandSystems(form, scale, await rotatedBack(form, targets, first), RIDGE_GRID);
  const rotation = await rotationOf(form, features.columns, first, signal);
  await using makers = await openMakers(teams, systems, rotation);
  const work = { signal, onProgress: part(onProgress, ROTATION_SHARE, 1) };
  const totals = RIDGE_GRID.map(() => ({ right: 0, squares: 0 }));
  const made = overBlocks(features, teams.length, (block, team) => makers.sums(block, team), work);
  for await (const { from, to, made: ofRidges } of made) {
    const wanted = targetRows(labels, classes, from, to);
    const [rows, columns] = sizesOf(wanted);
    for (const [i, { squares, coefficients }] of ofRidges.entries()) {
      const left = wanted.data.map((y, at) => y - (y - coefficients[at]!) / (1 - squares[Math.floor(at / columns)]!));
      const predicted = predictedClasses(matrix(rows, columns, left), classes);
      const total = totals[i];
      if (total === undefined) throw new Error("unreachable: no such ridge");
      for (let row = 0; row < rows; row++) total.right += predicted[row] === labels[from + row] ? 1 : 0;
      for (let at = 0; at < left.length; at++) total.squares += (left[at]! - wanted.data[at]!) ** 2;
    }
  }
  const [, columns] = sizesOf(targets);
  const candidates = RIDGE_GRID.map((ridge, i) => ({
    ridge,
    accuracy: (100 * (totals[i]?.right ?? 0)) / labels.length,
    squaredError: (totals[i]?.squares ?? 0) / (labels.length * columns),
  }));
  return { ridge: bestOf(candidates), examples: labels.length, candidates };
}

/** `Q`, so many columns at a time, `[R, …]`. */
async function rotationOf(
  form: BandForm,
  count: number,
  products: BlockProducts,
  signal: AbortSignal | undefined,
): Promise<readonly Matrix[]> {
  const { diagonal, width } = form;
  const together = Math.min(BLOCKS_AT_ONCE, diagonal.length) * width;
  const parts: Matrix[] = [];
  for (let from = 0; from < diagonal.length * width; from += together) {
    signal?.throwIfAborted();
    // rows beyond the last feature belong to none
    parts.push(rowsOf(await columnsOf(form, from, together, products), 0, count));
  }
  return parts;
}

type SumsOfRidges = Awaited<ReturnType<RowSums["read"]>>;

interface Makers extends AsyncDisposable {
  sums(block: FeatureBlock, team: number): Promise<SumsOfRidges>;
}

async function openMakers(
  teams: ProductTeams,
  systems: readonly BandSystem[],
  rotation: readonly Matrix[],
): Promise<Makers> {
  const blocks = Math.min(BLOCKS_AT_ONCE, systems[0]?.inverses.length ?? 1);
  const all: RowSums[] = [];
  for (const { engine } of teams) all.push(await RowSums.open(engine, systems, blocks));
  return {
    async sums({ features }, team) {
      const [products, sums] = [teams[team], all[team]];
      if (products === undefined || sums === undefined) throw new Error(`unreachable: no team ${team}`);
      await sums.begin(sizesOf(features)[0]);
      for (const [i, columns] of rotation.entries()) {
        await sums.add(await products.multiply("nn", features, columns), i * blocks);
      }
      return await sums.read();
    },
    async [Symbol.asyncDispose]() {
      for (const sums of all) await sums[Symbol.asyncDispose]();
    },
  };
}
