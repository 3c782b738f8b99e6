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
  const out = matrix(kernel.rows, columns);
  for await (const { from, to, block } of rowBlocks(kernel)) {
    signal?.throwIfAborted();
    const { data } = await products.multiply("nn", matrix(to - from, kernel.columns, block), v);
    out.data.set(data, from * columns);
  }
  return out;
}
