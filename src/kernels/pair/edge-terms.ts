/**
 * What a node of any kind makes of the terms of a kernel, edge by edge (theory 3.11), for each channel: `Σ_e Σ_e' w(e) w(e') K(e, e')`
 * of weights that are fixed; of weights that train, which are no part of a kernel of paths, `Σ K(e, e')` over the pairs of edges that
 * have the same one. Kinds with a faster way do not come here.
 */
import { sizeOf } from "../../graph/index.ts";
import { type GatedNode, startsAt } from "../../network/index.ts";
import type { Pair } from "./masks.ts";
import { forEachPair } from "./pair-lines.ts";
import { edgeTable, mayMeet } from "./pairs-read.ts";
import { type Input, mixing } from "./rearranged.ts";
import {
  areApart,
  channelKernels,
  type KernelShape,
  type Mask,
  maskValues,
  pairCount,
  RAW,
  rootsOf,
  type Term,
  valuesOf,
} from "./terms.ts";

/**
 * The part of a node that comes from one of its inputs.
 * @throws GatewiseError where one channel mixes channels between which the kernel is not known
 */
export function edgeTerms(
  { network, a, b }: Pair,
  node: GatedNode,
  position: number,
  { terms, shape: before, which }: Input & { readonly which: number },
  shape: KernelShape,
): readonly Term[] {
  const edges = edgeTable(network, node, which);
  return terms.map((term): Term => {
    if (term.kind === "summed") throw new Error(`unreachable: a kernel summed over channels at ${position}`);
    if (term.kind === "uniform" && term.source === RAW && term.kernel === undefined) {
      const mapped = (mask: Mask): Float64Array => mappedMask(mask, edges, sizeOf(node.shape));
      const key = `${position}.${which} ${term.source}`;
      return { ...term, left: a.mask(key, () => mapped(term.left)), right: b.mask(key, () => mapped(term.right)) };
    }
    const kernel = channelKernels(shape, node.name);
    const value = valuesOf(term, before);
    const size = pairCount(shape);
    for (let c = 0; c < shape.channels; c++) {
      forEachPair(shape.pairs, shape.positions, (at, u, v) => {
        let sum = 0;
        for (const left of edges[c * shape.positions + u] ?? []) {
          const channel = Math.floor(left.from / before.positions);
          for (const right of edges[c * shape.positions + v] ?? []) {
            if (Math.floor(right.from / before.positions) !== channel) {
              if (areApart(term)) continue;
              throw mixing(node.name);
            }
            const product = left.weight * right.weight;
            sum += product * value(channel, left.from % before.positions, right.from % before.positions);
          }
        }
        kernel[c * size + at] = sum;
      });
    }
    return { kind: "per-channel", sources: new Set(rootsOf(term)), kernel };
  });
}

/**
 * Behind weights of a pattern of their own: all paths through a weight are of it, whatever they came from.
 * @throws GatewiseError where one channel mixes channels between which the kernel is not known
 */
export function weightedTerms(
  { network }: Pair,
  node: GatedNode,
  position: number,
  inputs: readonly Input[],
  shape: KernelShape,
): readonly Term[] {
  const kernel = channelKernels(shape, node.name);
  const size = pairCount(shape);
  const bias = startsAt(node) === undefined ? 0 : 1;
  for (let c = 0; c < shape.channels; c++) {
    forEachPair(shape.pairs, shape.positions, (at) => {
      kernel[c * size + at] = bias;
    });
  }
  for (const [which, { terms, shape: before }] of inputs.entries()) {
    const edges = edgeTable(network, node, which);
    for (const term of terms) {
      const value = valuesOf(term, before);
      for (let c = 0; c < shape.channels; c++) {
        forEachPair(shape.pairs, shape.positions, (at, u, v) => {
          for (const left of edges[c * shape.positions + u] ?? []) {
            const channel = Math.floor(left.from / before.positions);
            for (const right of edges[c * shape.positions + v] ?? []) {
              if (!mayMeet(left, right)) continue;
              if (Math.floor(right.from / before.positions) !== channel) {
                if (areApart(term)) continue;
                throw mixing(node.name);
              }
              kernel[c * size + at]! += value(channel, left.from % before.positions, right.from % before.positions);
            }
          }
        });
      }
    }
  }
  return [{ kind: "per-channel", sources: new Set([String(position)]), kernel }];
}

/** Values that have met no weight are added up. */
function mappedMask(mask: Mask, edges: ReturnType<typeof edgeTable>, size: number): Float64Array {
  const values = maskValues(mask);
  return Float64Array.from({ length: size }, (_, unit) =>
    (edges[unit] ?? []).reduce((sum, { from, weight }) => sum + weight * (values === undefined ? 1 : values[from]!), 0),
  );
}
