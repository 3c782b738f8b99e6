/**
 * What an edge's weight counts for in a sum over paths. Each is a loop of its own over weights that lie side by side: a function
 * that is called for each weight takes ten times as long, and weights are most of a pass (bench/paths.bench.ts).
 */
import type { Weights } from "../network/index.ts";

export interface Factor {
  /** Of one weight. */
  readonly of: (weight: number) => number;
  /** Of `count` weights from `from` on, into `out` from `to` on. */
  readonly fill: (weights: Weights["data"], from: number, count: number, out: Float64Array, to: number) => void;
}

export const ITSELF: Factor = {
  of: (w) => w,
  fill(weights, from, count, out, to) {
    for (let i = 0; i < count; i++) out[to + i] = weights[from + i]!;
  },
};

export const MAGNITUDE: Factor = {
  of: Math.abs,
  fill(weights, from, count, out, to) {
    for (let i = 0; i < count; i++) out[to + i] = Math.abs(weights[from + i]!);
  },
};

export const SQUARE: Factor = {
  of: (w) => w * w,
  fill(weights, from, count, out, to) {
    for (let i = 0; i < count; i++) out[to + i] = weights[from + i]! * weights[from + i]!;
  },
};

/** 1 of all but 0. */
export const PRESENCE: Factor = {
  of: (w) => (w === 0 ? 0 : 1),
  fill(weights, from, count, out, to) {
    for (let i = 0; i < count; i++) out[to + i] = weights[from + i] === 0 ? 0 : 1;
  },
};

/** `|w|·log|w|`. */
export const LOGARITHM: Factor = {
  of: (w) => (w === 0 ? 0 : Math.abs(w) * Math.log(Math.abs(w))),
  fill(weights, from, count, out, to) {
    for (let i = 0; i < count; i++) {
      const magnitude = Math.abs(weights[from + i]!);
      out[to + i] = magnitude === 0 ? 0 : magnitude * Math.log(magnitude);
    }
  },
};

/** Of all weights, in their order. */
export function factorsOf(weights: Weights["data"], { fill }: Factor): Float64Array {
  const out = new Float64Array(weights.length);
  fill(weights, 0, out.length, out, 0);
  return out;
}
