/** Sums of kernels: terms of different weights add, masks of the same weights add before they multiply (theory 3.11). */

import { GatewiseError } from "../../errors.ts";
import { sizeOf } from "../../graph/index.ts";
import type { GatedNode } from "../../network/index.ts";
import type { ExampleSide } from "./side.ts";
import { addTo, type Mask, maskValues, rootsOf, type Term, type UniformTerm } from "./terms.ts";

type Sides = readonly [ExampleSide, ExampleSide];

/**
 * Paths whose weights are equal may meet again (a skip around a gate): their features add, `(m + n)(m' + n')`.
 * @param meeting whether different inputs may give values at the same place
 * @throws GatewiseError where they meet behind a pooling or reordering that one of them alone went through
 */
export function summedTerms(
  node: GatedNode,
  position: number,
  inputs: readonly (readonly Term[])[],
  sides: Sides,
  meeting: "may-meet" | "apart" = "may-meet",
): readonly Term[] {
  if (meeting === "may-meet") checkMeetings(node, inputs);
  const groups = new Map<string, UniformTerm[]>();
  let each: Extract<Term, { readonly kind: "per-channel" }> | undefined;
  for (const term of inputs.flat()) {
    if (term.kind === "summed") throw new Error(`unreachable: a sum of kernels summed over channels at ${position}`);
    if (term.kind === "uniform") groups.set(term.source, [...(groups.get(term.source) ?? []), term]);
    else if (each === undefined) each = term;
    else {
      const kernel = Float64Array.from(each.kernel);
      addTo(kernel, term.kernel);
      each = { ...each, sources: new Set([...each.sources, ...term.sources]), kernel };
    }
  }
  const uniforms = [...groups].flatMap(([source, terms]) => {
    const [first] = terms;
    if (first === undefined || terms.length === 1) return terms;
    // parts of one map keep kernels of their own; nothing is read across them
    if (terms.some(({ kernel }) => kernel !== first.kernel)) return terms;
    return [added(first, terms, `${position} sum ${source}`, node, sides)];
  });
  return each === undefined ? uniforms : [...uniforms, each];
}

/** Terms of equal weights: of the same sources, kernels and channels in all inputs, or not in more than one of them. */
function checkMeetings(node: GatedNode, inputs: readonly (readonly Term[])[]): void {
  const seen = new Map<string, string>();
  const kernels = new Map<string, Float64Array | undefined>();
  for (const terms of inputs) {
    for (const root of new Set(terms.flatMap(rootsOf))) {
      const own = terms.filter((term) => rootsOf(term).includes(root));
      const sources = own.map((term) => (term.kind === "uniform" ? term.source : "")).sort();
      const known = seen.get(root);
      if (known !== undefined && (known !== sources.join() || sources.includes(""))) throw meetingError(node);
      seen.set(root, sources.join());
    }
    for (const term of terms) {
      if (term.kind !== "uniform") continue;
      if (kernels.has(term.source) && kernels.get(term.source) !== term.kernel) throw meetingError(node);
      kernels.set(term.source, term.kernel);
    }
  }
}

function added(
  first: UniformTerm,
  terms: readonly UniformTerm[],
  key: string,
  { shape }: GatedNode,
  [a, b]: Sides,
): UniformTerm {
  const size = sizeOf(shape);
  const left = a.mask(key, () =>
    addMasks(
      terms.map((term) => term.left),
      size,
    ),
  );
  return {
    ...first,
    left,
    right: b.mask(key, () =>
      addMasks(
        terms.map((term) => term.right),
        size,
      ),
    ),
  };
}

function addMasks(masks: readonly Mask[], size: number): Float64Array {
  const sum = new Float64Array(size);
  for (const mask of masks) {
    const values = maskValues(mask);
    for (let i = 0; i < size; i++) sum[i]! += values === undefined ? 1 : values[i]!;
  }
  return sum;
}

const meetingError = ({ name }: GatedNode): GatewiseError =>
  new GatewiseError({
    code: "unsupported-model",
    received: `node "${name}", where paths of the same weights meet again behind different poolings or orders`,
    expected: "paths that part and meet again with a weight layer between, or with gates alone",
    next: "estimate the kernel by random path features (`features`)",
  });
