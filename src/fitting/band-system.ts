/** Systems `(K + λ·I) x = y` by the band form `K = Q B Qᵀ`: a factor of the band for each `λ`. */
import { type BandFactor, factorBand, solveLower, solveUpper } from "./band-factor.ts";
import type { BandForm } from "./band-form.ts";
import { type BlockProducts, type Matrix, matrix, sizesOf } from "./block-products.ts";
import { JITTERS, notPositive, type PositiveFactor } from "./positive-factor.ts";
import { reflect, reflectBack } from "./reflections.ts";

export interface PositiveBand {
  readonly factor: BandFactor;
  /** What was added to the diagonal, in units of the kernel. */
  readonly shift: number;
  /** Of {@link JITTERS}, the first that makes every pivot positive. */
  readonly jitter: number;
}

/**
 * A factor of `B + (ridge + jitter) · scale · I`.
 * @param scale `trace(K)/n`, the unit of the ridge
 * @throws GatewiseError if the kernel is not positive semidefinite
 */
export function positiveBand(form: BandForm, ridge: number, scale: number): PositiveBand {
  let failedRow = 0;
  for (const jitter of JITTERS) {
    const shift = (ridge + jitter) * scale;
    const result = factorBand(form, shift);
    if (result.kind === "factored") return { factor: result.factor, shift, jitter };
    failedRow = result.row;
  }
  throw notPositive(failedRow);
}

/** The same for the kernel itself. */
export function positiveByBand(form: BandForm, ridge: number, scale: number, products: BlockProducts): PositiveFactor {
  const { factor, shift, jitter } = positiveBand(form, ridge, scale);
  const { examples, reflections } = form;
  return {
    shift,
    jitter,
    factor: {
      examples,
      async solve(y) {
        const [, columns] = sizesOf(y);
        const x = solveUpper(factor, solveLower(factor, await rotatedBack(form, y, products)));
        await reflect(reflections, x, sizesOf(x)[0], products);
        return matrix(examples, columns, x.data.slice(0, examples * columns));
      },
    },
  };
}

/** `Qᵀ y`, `[rows of the blocks, columns]`. */
export async function rotatedBack(
  { diagonal, width, reflections }: BandForm,
  y: Matrix,
  products: BlockProducts,
): Promise<Matrix> {
  const [, columns] = sizesOf(y);
  const out = matrix(diagonal.length * width, columns);
  out.data.set(y.data);
  await reflectBack(reflections, out, products);
  return out;
}
