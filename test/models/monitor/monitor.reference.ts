/** The formulas of theory 8 read aloud, from gates as booleans. */
import { type DenseArray, sizeOf } from "../../../src/graph/index.ts";

/** Gates of one example, a list of 0 and 1 a layer. */
export type PlainGates = readonly (readonly number[])[];

const open = (gates: readonly number[]): number => gates.reduce((sum, gate) => sum + gate, 0);

/** `Σ_l log((⟨G_l,G_l'⟩+½)/√((|G_l|+½)(|G_l'|+½)))` */
export const gateLikenessReference = (a: PlainGates, b: PlainGates): number =>
  a.reduce((sum, own, l) => {
    const other = b[l] ?? [];
    const both = own.filter((gate, u) => gate === 1 && other[u] === 1).length;
    return sum + Math.log((both + 0.5) / Math.sqrt((open(own) + 0.5) * (open(other) + 0.5)));
  }, 0);

export const cosineReference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] ?? 0) * (b[i] ?? 0);
    aa += (a[i] ?? 0) ** 2;
    bb += (b[i] ?? 0) ** 2;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
};

export const scoreReference = (
  gates: readonly [PlainGates, PlainGates],
  inputs: readonly [ArrayLike<number>, ArrayLike<number>],
): number => gateLikenessReference(...gates) + Math.log(Math.max(cosineReference(...inputs), 1e-3));

export const example = ({ shape, data }: DenseArray<"float32">, i: number): Float32Array => {
  const size = sizeOf(shape.slice(1));
  return data.subarray(i * size, (i + 1) * size);
};
