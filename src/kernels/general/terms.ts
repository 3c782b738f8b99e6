/**
 * The kernel between the maps of two examples behind one node, `K[(c,u), (c,u')]`, as a sum of terms (theory 3). Behind a
 * weight layer it is the same for all channels; gates then differ by channel and multiply as masks, and channels are
 * summed only where the next weight layer mixes them. Between different channels nothing is ever read.
 */
import { GatewiseError } from "../../errors.ts";
import type { PositionPairs } from "./plan.ts";

/** Real masks of one example, `[channels · positions]`; undefined is all ones. */
export type Mask = Float64Array | undefined;

/**
 * `kernel(u, u') · left(c, u) · right(c, u')`. The kernel is `[positions²]`, or `[positions]` where only `u = u'` is
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
  /** One kernel for each channel, `[channels, positions²]` or `[channels, positions]`; sources without their channels. */
  | { readonly kind: "per-channel"; readonly sources: ReadonlySet<string>; readonly kernel: Float64Array }
  /** Already summed over the channels, for layers that mix all of them. */
  | { readonly kind: "summed"; readonly kernel: Float64Array };

/** Sizes of a node's maps, and the pairs of positions kept. */
export interface KernelShape {
  readonly channels: number;
  readonly positions: number;
  readonly pairs: PositionPairs;
}

/** 2²⁷ numbers, 1 GiB: what a kernel for each channel of one pair of examples may take. */
const LARGEST = 2 ** 27;

/** Paths before the first weight. */
export const RAW = "raw";

/** The same weights in other channels: `part` says by which move. */
export const realigned = (source: string, part: string): string => `${source}@${part}`;

/** Which weights end a term's paths, in whatever channels. */
export function rootsOf(term: Term): readonly string[] {
  if (term.kind === "uniform") return [term.source.replaceAll(/@[0-9.]+/g, "")];
  return term.kind === "per-channel" ? [...term.sources] : [];
}

/** Numbers in one channel's kernel. */
export const pairCount = ({ positions, pairs }: KernelShape): number => (pairs === "all" ? positions ** 2 : positions);

/** Sum over the channels `from … to − 1` and over all terms. */
export function contract(
  terms: readonly Term[],
  shape: KernelShape,
  from = 0,
  to = shape.channels,
): Float64Array<ArrayBuffer> {
  const sum = new Float64Array(pairCount(shape));
  for (const term of terms) {
    switch (term.kind) {
      case "uniform":
        addUniform(sum, term, shape, from, to);
        break;
      case "per-channel":
        for (let c = from; c < to; c++) addTo(sum, term.kernel.subarray(c * sum.length, (c + 1) * sum.length));
        break;
      case "summed":
        addTo(sum, term.kernel);
    }
  }
  return sum;
}

function addUniform(sum: Float64Array, term: UniformTerm, shape: KernelShape, from: number, to: number): void {
  const { positions, pairs } = shape;
  const overlap = new Float64Array(sum.length);
  const { kernel, left, right } = term;
  if (left === undefined && right === undefined) overlap.fill(to - from);
  else {
    for (let c = from; c < to; c++) {
      const base = c * positions;
      for (let u = 0; u < positions; u++) {
        const on = left === undefined ? 1 : left[base + u]!;
        if (on === 0) continue;
        if (pairs === "diagonal") overlap[u]! += on * (right === undefined ? 1 : right[base + u]!);
        else addRow(overlap, u * positions, positions, on, right, base);
      }
    }
  }
  for (let i = 0; i < sum.length; i++) sum[i]! += overlap[i]! * (kernel === undefined ? 1 : kernel[i]!);
}

function addRow(out: Float64Array, at: number, count: number, factor: number, row: Mask, base: number): void {
  if (row === undefined) for (let i = 0; i < count; i++) out[at + i]! += factor;
  else for (let i = 0; i < count; i++) out[at + i]! += factor * row[base + i]!;
}

export function addTo(sum: Float64Array, term: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += term[i]!;
}

/** One number of a term: channel `c`, positions `u` and `v` of the two examples. */
export function valueAt(term: Term, { positions, pairs }: KernelShape, c: number, u: number, v: number): number {
  const at = pairs === "all" ? u * positions + v : u;
  const size = pairs === "all" ? positions ** 2 : positions;
  switch (term.kind) {
    case "uniform": {
      const left = term.left === undefined ? 1 : term.left[c * positions + u]!;
      const right = term.right === undefined ? 1 : term.right[c * positions + v]!;
      return (term.kernel === undefined ? 1 : term.kernel[at]!) * left * right;
    }
    case "per-channel":
      return term.kernel[c * size + at]!;
    case "summed":
      throw new Error("unreachable: one channel of a kernel that is summed over channels");
  }
}

/** The kernel of one channel as an array of its own. */
export function channelKernel(term: Term, shape: KernelShape, c: number): Float64Array<ArrayBuffer> {
  const size = pairCount(shape);
  const { positions, pairs } = shape;
  if (term.kind === "per-channel") return Float64Array.from(term.kernel.subarray(c * size, (c + 1) * size));
  return Float64Array.from({ length: size }, (_, i) =>
    pairs === "all" ? valueAt(term, shape, c, Math.floor(i / positions), i % positions) : valueAt(term, shape, c, i, i),
  );
}

/** @throws GatewiseError where a kernel for each channel would not fit into memory */
export function channelKernels(shape: KernelShape, name: string): Float64Array<ArrayBuffer> {
  const numbers = shape.channels * pairCount(shape);
  if (numbers <= LARGEST) return new Float64Array(numbers);
  throw new GatewiseError({
    received: `node "${name}", whose exact kernel has ${numbers.toLocaleString("en-US")} numbers for a pair of examples`,
    expected: `at most ${LARGEST.toLocaleString("en-US")} (1 GiB)`,
    next: "estimate the kernel by random path features (--features R)",
  });
}
