/**
 * Kernels of maps summed over their channels, as layers that mix all channels read them (theory 3.12). Masks that are hard
 * gates are counted as bits: 64 channels of a pair in some twenty instructions.
 */
import { popcount } from "../../gates/index.ts";
import type { PositionPairs } from "./pair-lines.ts";
import type { PositionBits } from "./position-bits.ts";
import {
  addTo,
  type GateMask,
  type KernelShape,
  type Mask,
  maskValues,
  pairCount,
  type Term,
  type UniformTerm,
} from "./terms.ts";

/** A term to be summed over the channels `from … to − 1`. */
export interface ChannelSum {
  /** The node that reads the sum, which of its terms, and which of its groups of channels. */
  readonly place: string;
  readonly term: UniformTerm;
  readonly shape: KernelShape;
  readonly from: number;
  readonly to: number;
}

/** Inner products over channels of a term's masks, one number a pair of positions, where they were made beforehand. */
export type MaskProducts = (sum: ChannelSum) => Float64Array | undefined;

interface Contraction {
  /** The node that reads the sum. */
  readonly reader: number;
  readonly from?: number;
  readonly to?: number;
  readonly products?: MaskProducts | undefined;
}

/** Sum over the channels `from … to − 1`, all unless told otherwise, and over all terms; 0 for pairs outside the maps. */
export function contract(
  terms: readonly Term[],
  shape: KernelShape,
  { reader, from = 0, to = shape.channels, products }: Contraction,
): Float64Array<ArrayBuffer> {
  const [sum = new Float64Array(pairCount(shape)), ...others] = terms.map((term, index) =>
    term.kind === "uniform"
      ? uniformSum({ place: `${reader} ${index} ${from}`, term, shape, from, to }, products)
      : termSum(term, shape, from, to),
  );
  for (const kernel of others) addTo(sum, kernel);
  clearOutside(sum, shape);
  return sum;
}

function termSum(
  { kind, kernel }: Exclude<Term, UniformTerm>,
  shape: KernelShape,
  from: number,
  to: number,
): Float64Array<ArrayBuffer> {
  if (kind === "summed") return Float64Array.from(kernel);
  const size = pairCount(shape);
  const sum = new Float64Array(size);
  for (let c = from; c < to; c++) addTo(sum, kernel.subarray(c * size, (c + 1) * size));
  return sum;
}

function uniformSum(own: ChannelSum, products: MaskProducts | undefined): Float64Array<ArrayBuffer> {
  const { kernel, left, right } = own.term;
  const { shape, from, to } = own;
  const sum = new Float64Array(pairCount(shape));
  const made = products?.(own);
  if (made !== undefined) sum.set(made);
  else if (left === undefined && right === undefined) sum.fill(to - from);
  else if (to - from === shape.channels && areBits(left) && areBits(right)) {
    countBits(sum, left.bits, right.bits, shape.pairs);
  } else addProducts(sum, shape, maskValues(left), maskValues(right), from, to);
  if (kernel !== undefined) for (let i = 0; i < sum.length; i++) sum[i]! *= kernel[i]!;
  return sum;
}

const areBits = (mask: Mask): mask is GateMask => mask !== undefined && !(mask instanceof Float64Array);

type Values = Float64Array | undefined;

function addProducts(
  sum: Float64Array,
  { positions, pairs }: KernelShape,
  left: Values,
  right: Values,
  from: number,
  to: number,
): void {
  for (let c = from; c < to; c++) {
    const base = c * positions;
    if (pairs === "all") {
      for (let u = 0; u < positions; u++) {
        const on = left === undefined ? 1 : left[base + u]!;
        if (on !== 0) addRow(sum, u * positions, positions, on, right, base);
      }
    } else {
      const { runs } = pairs;
      for (let run = 0; run < runs.length; run += 4) {
        addRun(sum, runs[run]!, runs[run + 3]!, left, base + runs[run + 1]!, right, base + runs[run + 2]!);
      }
    }
  }
}

function countBits(out: Float64Array, a: PositionBits, b: PositionBits, pairs: PositionPairs): void {
  const { positions, wordsPerPosition: pitch } = a;
  const words = Math.ceil(a.channels / 32);
  if (pairs === "all") {
    for (let u = 0; u < positions; u++) countRow(out, u * positions, positions, words, a, u * pitch, 0, b, 0);
    return;
  }
  const { runs } = pairs;
  for (let run = 0; run < runs.length; run += 4) {
    countRow(out, runs[run]!, runs[run + 3]!, words, a, runs[run + 1]! * pitch, pitch, b, runs[run + 2]! * pitch);
  }
}

/** What `count` positions have in common with those from `from` on, or with one if `step` is 0. */
function countRow(
  out: Float64Array,
  at: number,
  count: number,
  words: number,
  { words: left }: PositionBits,
  from: number,
  step: number,
  { words: right, wordsPerPosition: pitch }: PositionBits,
  start: number,
): void {
  // looked up once: a test runner's imports are getters
  const bitsOf = popcount;
  for (let k = 0, i = from, j = start; k < count; k++, i += step, j += pitch) {
    let sum = 0;
    for (let word = 0; word < words; word++) sum += bitsOf(left[i + word]! & right[j + word]!);
    out[at + k] = sum;
  }
}

function addRow(out: Float64Array, at: number, count: number, factor: number, row: Values, base: number): void {
  if (row === undefined) for (let i = 0; i < count; i++) out[at + i]! += factor;
  else for (let i = 0; i < count; i++) out[at + i]! += factor * row[base + i]!;
}

function addRun(out: Float64Array, at: number, count: number, left: Values, i: number, right: Values, j: number): void {
  if (left === undefined) addRow(out, at, count, 1, right, j);
  else if (right === undefined) addRow(out, at, count, 1, left, i);
  else for (let k = 0; k < count; k++) out[at + k]! += left[i + k]! * right[j + k]!;
}

/** Pairs outside the maps hold anything before: convolutions take them as zeros. */
function clearOutside(sum: Float64Array, { pairs }: KernelShape): void {
  if (pairs === "all") return;
  const { runs } = pairs;
  let end = 0;
  for (let run = 0; run < runs.length; run += 4) {
    sum.fill(0, end, runs[run]!);
    end = runs[run]! + runs[run + 3]!;
  }
  sum.fill(0, end);
}
