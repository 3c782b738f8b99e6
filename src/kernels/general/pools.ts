/** What pools make of the terms of a kernel (theory 3). */
import type { GatedNode } from "../../network/index.ts";
import { mapMasks, type Pair, sizeOfMaps } from "./masks.ts";
import { nodeAt } from "./plan.ts";
import type { Input } from "./rearranged.ts";
import {
  channelKernel,
  channelKernels,
  contract,
  type KernelShape,
  pairCount,
  rootsOf,
  type Term,
  valueAt,
} from "./terms.ts";
import { averaged, averagedPairs, averagingWindows } from "./windows.ts";

/** Per channel the kernel at the two chosen positions; values that met no weight are simply chosen. */
export function selectedTerms(
  pair: Pair,
  node: Extract<GatedNode, { readonly kind: "max-pool" }>,
  position: number,
  { terms, shape: before }: Input,
  shape: KernelShape,
): readonly Term[] {
  const { positions, pairs } = shape;
  const [left, right] = [pair.a.selection(position), pair.b.selection(position)];
  return terms.map((term): Term => {
    if (term.kind === "uniform" && term.kernel === undefined) {
      const [only] = mapMasks(pair, position, [term], (mask, side) => {
        if (mask === undefined) return undefined;
        const chosen = side.selection(position);
        return Float64Array.from(chosen, (u, i) => mask[Math.floor(i / positions) * before.positions + u]!);
      });
      return only ?? term;
    }
    const kernel = channelKernels(shape, node.name);
    const size = pairCount(shape);
    for (let i = 0; i < kernel.length; i++) {
      const c = Math.floor(i / size);
      const u = pairs === "all" ? Math.floor((i % size) / positions) : i % positions;
      kernel[i] = valueAt(term, before, c, left[c * positions + u]!, right[c * positions + (i % positions)]!);
    }
    return { kind: "per-channel", sources: new Set(rootsOf(term)), kernel };
  });
}

/** Means over both windows; channels first where only their sum is read. */
export function averagedTerms(
  pair: Pair,
  node: Extract<GatedNode, { readonly kind: "average-pool" }>,
  position: number,
  { terms, shape: before }: Input,
  shape: KernelShape,
): readonly Term[] {
  const size = sizeOfMaps(nodeAt(pair.network, node.input));
  const windows = averagingWindows(size, sizeOfMaps(node), node.window, node.countPadding);
  if (pair.plan.summed.has(position)) {
    return [{ kind: "summed", kernel: averagedPairs(contract(terms, before), windows, shape.pairs) }];
  }
  return terms.map((term): Term => {
    if (term.kind === "uniform" && term.kernel === undefined) {
      const [only] = mapMasks(pair, position, [term], (mask) => {
        const values = mask ?? new Float64Array(before.channels * before.positions).fill(1);
        const out = new Float64Array(shape.channels * shape.positions);
        for (let c = 0; c < shape.channels; c++) {
          const map = values.subarray(c * before.positions, (c + 1) * before.positions);
          out.set(averaged(map, windows), c * shape.positions);
        }
        return out;
      });
      return only ?? term;
    }
    const kernel = channelKernels(shape, node.name);
    for (let c = 0; c < shape.channels; c++) {
      kernel.set(averagedPairs(channelKernel(term, before, c), windows, shape.pairs), c * pairCount(shape));
    }
    return { kind: "per-channel", sources: new Set(rootsOf(term)), kernel };
  });
}
