/**
 * What each training example does to the loss of other examples, by the ridge regression of a kernel (theory 8.3):
 * `α = (K+λI)⁻¹ Y`, `w_t = (K+λI)⁻¹ k_t`, `τ(t,s) = w_t(s) · Σ_c g_c(t) · α_{s,c}` with `g(t)` how the loss of `t` falls as its
 * scores rise. And what the regression says of its own examples once each is left out.
 */
import { optionsIn } from "../options.ts";
import { type BlockProducts, type Matrix, matrix, sizesOf, transposed } from "./block-products.ts";
import type { RidgeSolver } from "./ridge-solver.ts";
import type { WorkOptions } from "./work-options.ts";

/** A ridge regression: its systems, and the coefficients of the targets. */
export interface FittedRidge {
  readonly solver: RidgeSolver;
  /** `α`, `[n, columns]`. */
  readonly coefficients: Matrix;
}

/**
 * `τ(t,s)` of queries.
 * @param cross kernel of the queries with the training examples, `[m, n]`
 * @param slopes `g`, `[m, columns]`: of the loss of each query, with the sign turned; of softmax cross-entropy
 * `1{c = y_t} − p_c(t)`
 * @returns `[m, n]`, positive where a training example lowers the loss of a query
 */
export async function influenceScores(
  { solver, coefficients }: FittedRidge,
  cross: Matrix,
  slopes: Matrix,
  products: BlockProducts,
  options: WorkOptions = {},
): Promise<Matrix> {
  const work = optionsIn(options);
  const [queries, examples] = sizesOf(cross);
  const weights = await solver.solve(transposed(cross), work);
  const scores = await products.multiply("nt", slopes, coefficients);
  for (let t = 0; t < queries; t++) {
    for (let s = 0; s < examples; s++) scores.data[t * examples + s]! *= weights.data[s * queries + t]!;
  }
  return scores;
}

/**
 * What the regression predicts for each of its own examples when that one is left out: `y_s − α_s / ((K+λI)⁻¹)_ss` (Rifkin and
 * Lippert, 2007; see leave-one-out.ts).
 * @param targets `Y`, `[n, columns]`
 * @returns `[n, columns]`
 */
export async function leftOutPredictions(
  { solver, coefficients }: FittedRidge,
  targets: Matrix,
  options: WorkOptions = {},
): Promise<Matrix> {
  const work = optionsIn(options);
  const [examples, columns] = sizesOf(targets);
  const diagonal = await solver.inverseDiagonal(work);
  const left = targets.data.map((y, at) => y - coefficients.data[at]! / diagonal[Math.floor(at / columns)]!);
  return matrix(examples, columns, left);
}
