/** Convolution as the sum that defines it, and its two gradients as the same sum read for another of its factors. */
import { accumulate, get, type Index, indicesOf, type Nd } from "./nd.ts";

export interface Geometry {
  readonly strides?: readonly [number, number];
  readonly pads?: readonly [number, number, number, number];
  readonly dilations?: readonly [number, number];
  readonly groups?: number;
}

interface Term {
  readonly y: Index;
  readonly x: Index;
  readonly w: Index;
}

/** All triples of indices with `y[n, k, p] += x[n, c, p·s + i·d − pad] · w[k, c', i]`, those in the padding left out. */
function* terms(
  x: readonly number[],
  w: readonly number[],
  { strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1 }: Geometry,
): Generator<Term> {
  const [n = 0, , height = 0, width = 0] = x;
  const [out = 0, perGroup = 0, kernelHeight = 0, kernelWidth = 0] = w;
  for (const [k = 0, c = 0, i = 0, j = 0] of indicesOf([out, perGroup, kernelHeight, kernelWidth])) {
    const channel = Math.floor(k / (out / groups)) * perGroup + c;
    for (const [example = 0, p = 0, q = 0] of indicesOf([n, ...outputSize(x, w, { strides, pads, dilations })])) {
      const row = p * strides[0] + i * dilations[0] - pads[0];
      const column = q * strides[1] + j * dilations[1] - pads[1];
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      yield { y: [example, k, p, q], x: [example, channel, row, column], w: [k, c, i, j] };
    }
  }
}

function outputSize(
  [, , height = 0, width = 0]: readonly number[],
  [, , kernelHeight = 0, kernelWidth = 0]: readonly number[],
  { strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1] }: Geometry,
): readonly [number, number] {
  // counted, not computed: positions whose last tap still lies inside the padded map
  const count = (size: number, span: number, stride: number): number => {
    let positions = 0;
    while (positions * stride + span <= size) positions += 1;
    return positions;
  };
  return [
    count(height + pads[0] + pads[2], (kernelHeight - 1) * dilations[0] + 1, strides[0]),
    count(width + pads[1] + pads[3], (kernelWidth - 1) * dilations[1] + 1, strides[1]),
  ];
}

export function convolution(x: Nd, w: Nd, geometry: Geometry = {}): Nd {
  const [n = 0] = x.shape;
  const [out = 0] = w.shape;
  const products = [...terms(x.shape, w.shape, geometry)].map(
    (term) => [term.y, get(x, term.x) * get(w, term.w)] as const,
  );
  return accumulate([n, out, ...outputSize(x.shape, w.shape, geometry)], products);
}

export const convolutionInputGradient = (dy: Nd, w: Nd, to: readonly number[], geometry: Geometry = {}): Nd =>
  accumulate(
    to,
    [...terms(to, w.shape, geometry)].map((term) => [term.x, get(dy, term.y) * get(w, term.w)] as const),
  );

export const convolutionWeightGradient = (x: Nd, dy: Nd, to: readonly number[], geometry: Geometry = {}): Nd =>
  accumulate(
    to,
    [...terms(x.shape, to, geometry)].map((term) => [term.w, get(x, term.x) * get(dy, term.y)] as const),
  );
