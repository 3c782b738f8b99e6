/**
 * The kernel between the maps of two examples behind one node, `K[(c,u), (c,u')]`, as a sum of terms (theory 3.12). Behind a
 * weight layer it is the same for all channels; gates then differ by channel and multiply as masks, and channels are
 * summed only where the next weight layer mixes them. Between different channels nothing is ever read.
 */
import { GatewiseError } from "../../errors.ts";
import { forEachPair, type PositionPairs, pairCountOf, pairIndex } from "./pair-lines.ts";
import type { PositionBits } from "./position-bits.ts";

/** Masks of one example, `[channels · positions]`; undefined is all ones. */
export type Mask = Float64Array | GateMask | undefined;

/** Hard gates: most kernels only count them as bits, so that numbers are made where they are asked for. */
export interface GateMask {
  readonly bits: PositionBits;
  readonly values: () => Float64Array;
}

export const maskValues = (mask: Mask): Float64Array | undefined =>
  mask === undefined || mask instanceof Float64Array ? mask : mask.values();

/**
 * `kernel(u, u') · left(c, u) · right(c, u')`. The kernel is `[positions²]`, or `[steps, positions]` of the pairs that are
 * kept; undefined is all ones: paths that have met no weight since their start, whose masks are values.
 */
export interface UniformTerm {
  readonly kind: "uniform";
  /** Which weights end these paths: channels `c` of one source have equal weights, roots of different name never. */
  readonly source: string;
  readonly kernel: Float64Array | undefined;
  readonly left: Mask;
  readonly right: Mask;
}

export type Term =
  | UniformTerm
  /** One kernel for each channel, `[channels, positions²]` or `[channels, steps, positions]`; sources without their channels. */
  | { readonly kind: "per-channel"; readonly sources: ReadonlySet<string>; readonly kernel: Float64Array }
  /** Already summed over the channels, for layers that mix all of them. */
  | { readonly kind: "summed"; readonly kernel: Float64Array };

/** Sizes of a node's maps, and the pairs of positions kept. */
export interface KernelShape {
  readonly channels: number;
  readonly positions: number;
  readonly pairs: PositionPairs;
}

/** 2²⁸ numbers, 2 GiB: what a kernel for each channel of one pair of examples may take. The plan is weighed before. */
const LARGEST = 2 ** 28;

/** Paths before the first weight. */
export const RAW = "raw";

/** The same weights in other channels: `part` says by which move. */
export const realigned = (source: string, part: string): string => `${source}@${part}`;

/** Which weights end a term's paths, in whatever channels. */
export function rootsOf(term: Term): readonly string[] {
  if (term.kind === "uniform") return [term.source.replaceAll(/@[0-9.]+/g, "")];
  return term.kind === "per-channel" ? [...term.sources] : [];
}

/**
 * Whether other weights end a term's paths in each channel (those of a layer, each channel of which still stands where it was): paths
 * to two of them are never the same, and the kernel between channels is 0. Of others nothing is known between channels.
 */
export const areApart = (term: Term): boolean =>
  term.kind === "uniform" && term.source !== RAW && !term.source.includes("@");

/** Numbers in one channel's kernel. */
export const pairCount = ({ positions, pairs }: KernelShape): number => pairCountOf(pairs, positions);

export function addTo(sum: Float64Array, term: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += term[i]!;
}

/** Reads numbers of a term one by one: channel `c`, positions `u` and `v` of the two examples. */
export function valuesOf(term: Term, { positions, pairs }: KernelShape): (c: number, u: number, v: number) => number {
  const place = (u: number, v: number): number => {
    const at = pairIndex(pairs, positions, u, v);
    if (at < 0) throw new Error(`unreachable: a kernel that lacks positions ${u} and ${v}`);
    return at;
  };
  switch (term.kind) {
    case "uniform": {
      const { kernel } = term;
      // looked up once: masks are unpacked where they are asked for
      const [left, right] = [maskValues(term.left), maskValues(term.right)];
      return (c, u, v) => {
        const both = (left?.[c * positions + u] ?? 1) * (right?.[c * positions + v] ?? 1);
        return kernel === undefined || both === 0 ? both : both * kernel[place(u, v)]!;
      };
    }
    case "per-channel": {
      const { kernel } = term;
      const size = pairCountOf(pairs, positions);
      return (c, u, v) => kernel[c * size + place(u, v)]!;
    }
    case "summed":
      throw new Error("unreachable: one channel of a kernel that is summed over channels");
  }
}

/** The kernel of one channel as an array of its own. */
export function channelKernel(term: Term, shape: KernelShape, c: number): Float64Array<ArrayBuffer> {
  const size = pairCount(shape);
  const { positions, pairs } = shape;
  if (term.kind === "per-channel") return Float64Array.from(term.kernel.subarray(c * size, (c + 1) * size));
  const kernel = new Float64Array(size);
  const value = valuesOf(term, shape);
  forEachPair(pairs, positions, (at, u, v) => {
    kernel[at] = value(c, u, v);
  });
  return kernel;
}

/** The same kernel where fewer pairs of positions are read. */
export function restricted(own: Float64Array, from: KernelShape, to: PositionPairs): Float64Array<ArrayBuffer> {
  const { positions } = from;
  const [before, after] = [pairCount(from), pairCountOf(to, positions)];
  const kernel = new Float64Array((own.length / before) * after);
  for (let start = 0, out = 0; out < kernel.length; start += before, out += after) {
    forEachPair(to, positions, (at, u, v) => {
      kernel[out + at] = own[start + pairIndex(from.pairs, positions, u, v)]!;
    });
  }
  return kernel;
}

/** @throws GatewiseError where a kernel for each channel would not fit into memory */
export function channelKernels(shape: KernelShape, name: string): Float64Array<ArrayBuffer> {
  const numbers = shape.channels * pairCount(shape);
  if (numbers <= LARGEST) return new Float64Array(numbers);
  throw new GatewiseError({
    code: "too-large",
    received: `node "${name}", whose exact kernel has ${numbers.toLocaleString("en-US")} numbers for a pair of examples`,
    expected: `at most ${LARGEST.toLocaleString("en-US")} (2 GiB)`,
    next: "estimate the kernel by random path features (`features`)",
  });
}
