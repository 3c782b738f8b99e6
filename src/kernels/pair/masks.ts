/** A pair of examples while its kernels are computed, and the masks of their terms. */
import type { GatedNetwork } from "../../network/index.ts";
import type { MaskProducts } from "./contract.ts";
import type { PairPlan } from "./plan.ts";
import type { ExampleSide } from "./side.ts";
import type { Mask, Term, UniformTerm } from "./terms.ts";

export interface Pair {
  readonly network: GatedNetwork;
  readonly plan: PairPlan;
  readonly a: ExampleSide;
  readonly b: ExampleSide;
  readonly products: MaskProducts | undefined;
}

/** Another mask for both examples of each uniform term; the others must not be there. */
export function mapMasks(
  { a, b }: Pair,
  position: number,
  terms: readonly Term[],
  change: (mask: Mask, side: ExampleSide) => Mask,
): readonly UniformTerm[] {
  return terms.map((term) => {
    if (term.kind !== "uniform") throw new Error(`unreachable: masks of a ${term.kind} kernel at node ${position}`);
    const key = `${position} ${term.source}`;
    return {
      ...term,
      left: a.mask(key, () => change(term.left, a)),
      right: b.mask(key, () => change(term.right, b)),
    };
  });
}
