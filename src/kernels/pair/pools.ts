/** What pools make of the terms of a kernel (theory 3.10). */
import type { GatedNode } from "../../network/index.ts";
import { averaged, averagedPairs } from "./averages.ts";
import { contract } from "./contract.ts";
import { mapMasks, type Pair } from "./masks.ts";
import { forEachPair } from "./pair-lines.ts";
import type { Input } from "./rearranged.ts";
import {
  channelKernel,
  channelKernels,
  type KernelShape,
  maskValues,
  pairCount,
  rootsOf,
  type Term,
  valuesOf,
} from "./terms.ts";

/** Per channel the kernel at the two chosen positions; values that met no weight are simply chosen. */
export function selectedTerms(
  pair: Pair,
  node: GatedNode,
  position: number,
  { terms, shape: before }: Input,
  shape: KernelShape,
): readonly Term[] {
  const { positions, pairs } = shape;
  const [left, right] = [pair.a.selection(position), pair.b.selection(position)];
  return terms.map((term): Term => {
    if (term.kind === "uniform" && term.kernel === undefined) {
      const [only] = mapMasks(pair, position, [term], (mask, side) => {
        const values = maskValues(mask);
        if (values === undefined) return undefined;
        const chosen = side.selection(position);
        return Float64Array.from(chosen, (u, i) => values[Math.floor(i / positions) * before.positions + u]!);
      });
      return only ?? term;
    }
    const kernel = channelKernels(shape, node.name);
    const value = valuesOf(term, before);
    for (let c = 0; c < shape.channels; c++) {
      const [first, start] = [c * positions, c * pairCount(shape)];
      forEachPair(pairs, positions, (at, u, v) => {
        kernel[start + at] = value(c, left[first + u]!, right[first + v]!);
      });
    }
    return { kind: "per-channel", sources: new Set(rootsOf(term)), kernel };
  });
}

/** Means over both windows; channels first where only their sum is read. */
export function averagedTerms(
  pair: Pair,
  node: GatedNode,
  position: number,
  { terms, shape: before }: Input,
  shape: KernelShape,
): readonly Term[] {
  const windows = pair.plan.windows.get(position);
  if (windows === undefined) throw new Error(`unreachable: node ${position} has no windows`);
  if (pair.plan.summed.has(position)) {
    const sum = contract(terms, before, { reader: position, products: pair.products });
    return [{ kind: "summed", kernel: averagedPairs(sum, before.pairs, windows, shape.pairs) }];
  }
  return terms.map((term): Term => {
    if (term.kind === "uniform" && term.kernel === undefined) {
      const [only] = mapMasks(pair, position, [term], (mask) => {
        const values = maskValues(mask) ?? new Float64Array(before.channels * before.positions).fill(1);
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
      kernel.set(
        averagedPairs(channelKernel(term, before, c), before.pairs, windows, shape.pairs),
        c * pairCount(shape),
      );
    }
    return { kind: "per-channel", sources: new Set(rootsOf(term)), kernel };
  });
}
