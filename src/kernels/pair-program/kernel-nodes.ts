/** Kernels between the maps of two examples as nodes of a graph, before any example is there. */

import type { MapWindow } from "../../network/index.ts";
import type { Size } from "../pair/pair-lines.ts";
import type { ChannelMask, PositionMap } from "./channel-masks.ts";
import type { MapValues } from "./map-values.ts";

/** One number a pair of positions of a map of this size. */
export type KernelNode = { readonly size: Size } & (
  | GatherNode
  /** The window of a convolution, over both positions at once (theory 3.7), and its bias. */
  | { readonly kind: "box"; readonly input: KernelNode; readonly window: MapWindow; readonly bias: number }
  | { readonly kind: "ones" }
);

/** Sums of other kernels' numbers, each sum divided by those of both positions, and a bias. */
export interface GatherNode {
  readonly kind: "gather";
  readonly parts: readonly KernelPart[];
  readonly divisors: Float64Array | undefined;
  readonly bias: number;
}

export type KernelPart =
  /** `Σ_c x_c(u) x'_c(v)` over channels from and up to. */
  | { readonly kind: "values"; readonly values: MapValues; readonly channels: Range }
  /** `Σ_ij w_i(p) w_j(q) ⟨M_i(p), M'_j(q)⟩ K(f_i(p), f_j(q))` over all pairs of places. */
  | { readonly kind: "places"; readonly kernel: KernelNode; readonly places: readonly KernelPlace[] }
  /** The sum over all positions, each with itself. */
  | { readonly kind: "diagonal"; readonly kernel: KernelNode }
  /** The sum over all pairs of positions. */
  | { readonly kind: "all"; readonly kernel: KernelNode };

/** From and up to. */
export type Range = readonly [from: number, to: number];

export interface KernelPlace {
  /** `f`; the positions themselves unless given. */
  readonly map: PositionMap | undefined;
  /** `M`; without it nothing is counted. */
  readonly mask: ChannelMask | undefined;
  /** `w`; 1 unless given. */
  readonly weights: Float64Array | undefined;
}

const SAME: KernelPlace = { map: undefined, mask: undefined, weights: undefined };

/** The kernel itself as a part of another. */
export const itself = (kernel: KernelNode): KernelPart => ({ kind: "places", kernel, places: [SAME] });

/** Kernels that a node is made of. */
export function inputsOfKernel(node: KernelNode): readonly KernelNode[] {
  switch (node.kind) {
    case "gather":
      return node.parts.flatMap((part) => (part.kind === "values" ? [] : [part.kernel]));
    case "box":
      return [node.input];
    case "ones":
      return [];
  }
}

/** The kernels behind the last one, each behind its inputs. */
export function orderedKernels(last: KernelNode): readonly KernelNode[] {
  const ordered: KernelNode[] = [];
  const seen = new Set<KernelNode>();
  const waiting: { readonly node: KernelNode; readonly isOpen: boolean }[] = [{ node: last, isOpen: false }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.isOpen) ordered.push(next.node);
    else if (!seen.has(next.node)) {
      seen.add(next.node);
      waiting.push({ node: next.node, isOpen: true });
      for (const input of inputsOfKernel(next.node)) waiting.push({ node: input, isOpen: false });
    }
  }
  return ordered;
}
