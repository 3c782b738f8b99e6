import { type BlockProducts, type Matrix, matrix, sizesOf } from "./block-products.ts";
import { type KernelRows, rowBlocks } from "./kernel-rows.ts";

/**
 * `K · v`, block by block of rows.
 * @param kernel `[m, n]`
 * @param v `[n, columns]`
 * @returns `[m, columns]`
 */
export async function kernelTimes(
  kernel: KernelRows,
  v: Matrix,
  products: BlockProducts,
  signal?: AbortSignal,
): Promise<Matrix> {
  const [, columns] = sizesOf(v);
  if (kernel.scaled !== undefined) {
    const { kernel: inner, by } = kernel.scaled;
    return byRow(await kernelTimes(inner, byRow(v, by), products, signal), by);
  }
  const out = matrix(kernel.rows, columns);
  for await (const { from, to, block } of rowBlocks(kernel)) {
    signal?.throwIfAborted();
    const { data } = await products.multiply("nn", matrix(to - from, kernel.columns, block), v);
    out.data.set(data, from * columns);
  }
  return out;
}

/** A copy whose rows are multiplied by a number each. */
function byRow(of: Matrix, by: Float64Array): Matrix {
  const [rows, columns] = sizesOf(of);
  return matrix(
    rows,
    columns,
    of.data.map((value, at) => value * by[Math.floor(at / columns)]!),
  );
}
