import { optionsIn } from "../options.ts";
import { type BlockProducts, type Matrix, sizesOf } from "./block-products.ts";
import type { KernelNorms, KernelRows } from "./kernel-rows.ts";
import { type PositiveFactor, solveRefined } from "./positive-factor.ts";
import type { WorkOptions } from "./work-options.ts";

/** How hard labels are for a kernel, `ν` of theory 4.9. */
export interface LabelFit {
  /** Mean over the columns of the targets. */
  readonly nu: number;
  /** `ν` of each column: of one class against the others. */
  readonly perColumn: readonly number[];
}

/**
 * `ν = yᵀ Ĥ⁻¹ y` with `Ĥ = H / trace(H)` (theory 4.9), for each column of ±1 targets. Smaller is better.
 * @param factored of this kernel without a ridge; what jitter it needed belongs beside `ν`
 * @param targets `[n, columns]`, −1 and +1
 */
export async function labelFit(
  kernel: KernelRows,
  norms: KernelNorms,
  factored: PositiveFactor,
  targets: Matrix,
  products: BlockProducts,
  options: WorkOptions = {},
): Promise<LabelFit> {
  optionsIn(options);
  const [, columns] = sizesOf(targets);
  const { x } = await solveRefined(kernel, factored, targets, products, options);
  const perColumn = new Float64Array(columns);
  for (let at = 0; at < x.data.length; at++) {
    perColumn[at % columns]! += norms.trace * targets.data[at]! * x.data[at]!;
  }
  return { nu: perColumn.reduce((sum, value) => sum + value, 0) / columns, perColumn: [...perColumn] };
}
