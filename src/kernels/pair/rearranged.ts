/** Kernels of maps in another order or one behind the other (theory 3.11). */

import { GatewiseError } from "../../errors.ts";
import { sizeOf } from "../../graph/index.ts";
import type { GatedNode } from "../../network/index.ts";
import { forEachPair, isDiagonal, pairIndex } from "./pair-lines.ts";
import type { ExampleSide } from "./side.ts";
import { summedTerms } from "./sums.ts";
import {
  areApart,
  channelKernels,
  type KernelShape,
  type Mask,
  maskValues,
  pairCount,
  RAW,
  realigned,
  rootsOf,
  type Term,
  valuesOf,
} from "./terms.ts";

/** Terms of a node and their shape. */
export interface Input {
  readonly terms: readonly Term[];
  readonly shape: KernelShape;
}

/**
 * @param from for each element the index of the one that it was, −1 for a zero
 * @param name of the node, to tell it in errors; `part` tells apart rearrangements within one node
 * @throws GatewiseError where one channel mixes channels between which the kernel is not known, and all pairs of its positions are read
 */
export function rearrangedTerms(
  from: Int32Array,
  { terms, shape: before }: Input,
  shape: KernelShape,
  [a, b]: readonly [ExampleSide, ExampleSide],
  { name, part }: { readonly name: string; readonly part: string },
): readonly Term[] {
  const weighted = terms.some((term) => term.kind === "uniform" && (term.source !== RAW || term.kernel !== undefined));
  const move = weighted ? uniformMove(from, before, shape) : undefined;
  return terms.map((term): Term => {
    if (term.kind === "summed") return { ...term, kernel: Float64Array.of(term.kernel.reduce((sum, k) => sum + k, 0)) };
    if (term.kind === "per-channel" || (term.source !== RAW && move === undefined)) {
      return { kind: "per-channel", sources: new Set(rootsOf(term)), kernel: picked(term, from, before, shape, name) };
    }
    const key = `${part} ${term.source}`;
    return {
      ...term,
      source: term.source === RAW || move?.keepsChannels !== false ? term.source : realigned(term.source, part),
      kernel:
        term.kernel === undefined || move === undefined ? undefined : movedKernel(term.kernel, move, before, shape),
      left: a.mask(key, () => movedMask(term.left, from)),
      right: b.mask(key, () => movedMask(term.right, from)),
    };
  });
}

function movedMask(mask: Mask, from: Int32Array): Float64Array {
  const values = maskValues(mask);
  const moved = new Float64Array(from.length);
  for (let i = 0; i < from.length; i++) if (from[i]! >= 0) moved[i] = values === undefined ? 1 : values[from[i]!]!;
  return moved;
}

/** Maps that move as wholes, the positions of all in the same way. */
export interface UniformMove {
  /** By position the one that it was, −1 for a zero. */
  readonly positions: Int32Array;
  readonly isIdentity: boolean;
  readonly keepsChannels: boolean;
}

/** How maps move if they move as wholes; undefined if they do not. */
export function uniformMove(from: Int32Array, before: KernelShape, shape: KernelShape): UniformMove | undefined {
  const size = shape.positions;
  let positions: Int32Array | undefined;
  let keepsChannels = before.channels === shape.channels;
  for (let c = 0; c < shape.channels; c++) {
    const start = c * size;
    let some = start;
    while (some < start + size && from[some]! < 0) some++;
    if (some === start + size) continue; // a channel of zeros
    const base = Math.floor(from[some]! / before.positions) * before.positions;
    keepsChannels &&= base === c * before.positions;
    const isFirst = positions === undefined;
    positions ??= new Int32Array(size);
    for (let i = 0; i < size; i++) {
      const was = from[start + i]!;
      const own = was < 0 ? -1 : was - base;
      // of another channel
      if (was >= 0 && (own < 0 || own >= before.positions)) return undefined;
      if (isFirst) positions[i] = own;
      else if (positions[i] !== own) return undefined;
    }
  }
  if (positions === undefined) return undefined;
  const isIdentity = size === before.positions && positions.every((u, i) => u === i);
  return { positions, isIdentity, keepsChannels };
}

function movedKernel(
  kernel: Float64Array,
  { positions: was, isIdentity }: UniformMove,
  before: KernelShape,
  shape: KernelShape,
): Float64Array {
  // the same object: sums know by it that masks may be added
  if (isIdentity && before.pairs === shape.pairs) return kernel;
  const moved = new Float64Array(pairCount(shape));
  forEachPair(shape.pairs, shape.positions, (at, u, v) => {
    const [left, right] = [was[u]!, was[v]!];
    if (left >= 0 && right >= 0) moved[at] = kernel[pairIndex(before.pairs, before.positions, left, right)]!;
  });
  return moved;
}

/** A kernel for each channel, element by element. */
function picked(term: Term, from: Int32Array, before: KernelShape, shape: KernelShape, name: string): Float64Array {
  const kernel = channelKernels(shape, name);
  const size = pairCount(shape);
  const value = valuesOf(term, before);
  for (let c = 0; c < shape.channels; c++) {
    const map = from.subarray(c * shape.positions, (c + 1) * shape.positions);
    forEachPair(shape.pairs, shape.positions, (at, u, v) => {
      const [left, right] = [map[u]!, map[v]!];
      if (left < 0 || right < 0) return;
      const channel = Math.floor(left / before.positions);
      if (channel !== Math.floor(right / before.positions)) {
        if (areApart(term)) return;
        throw mixing(name);
      }
      kernel[c * size + at] = value(channel, left % before.positions, right % before.positions);
    });
  }
  return kernel;
}

export const mixing = (name: string): GatewiseError =>
  new GatewiseError({
    code: "unsupported-model",
    received: `node "${name}", which puts several channels into one map`,
    expected: "channels that stay apart where maps are convolved or pooled",
    next: "estimate the kernel by random path features (`features`)",
  });

/**
 * Maps one behind the other: a sum of maps that are zero outside their part.
 * @throws GatewiseError where paths of the same weights would have to be compared across the parts of one map
 */
export function joinedTerms(
  node: Extract<GatedNode, { readonly kind: "concat" }>,
  position: number,
  inputs: readonly (Input & { readonly size: readonly number[] })[],
  shape: KernelShape,
  sides: readonly [ExampleSide, ExampleSide],
): readonly Term[] {
  let start = 0;
  const parts = inputs.map((input, index) => {
    const from = partOf(node.shape, input.size, node.axis, start);
    start += input.size[node.axis] ?? 0;
    return rearrangedTerms(from, input, shape, sides, { name: node.name, part: `${position}.${index}` });
  });
  const meet = node.axis > 0 && !isDiagonal(shape.pairs);
  return summedTerms(node, position, parts, sides, meet ? "may-meet" : "apart");
}

/** For each element of the whole the index of the element of one part, −1 outside it. */
function partOf(whole: readonly number[], part: readonly number[], axis: number, start: number): Int32Array {
  const inner = sizeOf(whole.slice(axis + 1));
  const [length, own] = [whole[axis] ?? 1, part[axis] ?? 1];
  const from = new Int32Array(sizeOf(whole)).fill(-1);
  const outer = from.length / (inner * length);
  let next = 0;
  for (let o = 0; o < outer; o++) {
    const at = (o * length + start) * inner;
    for (let i = 0; i < own * inner; i++) from[at + i] = next++;
  }
  return from;
}
