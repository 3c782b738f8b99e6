import { openNodeEngine } from "../../src/engine/node/index.ts";
import { BlockProducts, matrix } from "../../src/fitting/block-products.ts";
import { kernelRows } from "../../src/fitting/kernel-rows.ts";
import type { DenseArray } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";
import type { Rows } from "./kernel-machines.reference.ts";

/** `X Xᵀ + offset·I` of random `[n, features]`: of full rank if `features ≥ n` or the offset is positive. */
export function randomKernel(seed: number, n: number, features: number, offset = 0): DenseArray<"float64"> {
  const x = randomStream(seed, "small-kernel").normal(n * features);
  const out = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < features; k++)
        out.data[i * n + j]! += (x[i * features + k]! * x[j * features + k]!) / features;
    }
    out.data[i * n + i]! += offset;
  }
  return out;
}

/** `n` labels of `classes` classes, each of which occurs. */
export const randomLabels = (seed: number, n: number, classes: number): Int32Array =>
  randomStream(seed, "labels")
    .permutation(n)
    .map((place) => place % classes);

export const rowsOf = ({ shape: [rows = 0, columns = 0], data }: DenseArray<"float64">): Rows =>
  Array.from({ length: rows }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);

export const readerOf = (array: DenseArray<"float64">) => kernelRows(array);

/** Products on one CPU thread, released with `await using`. */
export async function openProducts(): Promise<{ readonly products: BlockProducts } & AsyncDisposable> {
  const engine = await openNodeEngine("cpu", { threads: 1 });
  const products = new BlockProducts(engine);
  return {
    products,
    async [Symbol.asyncDispose]() {
      await products[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
    },
  };
}
