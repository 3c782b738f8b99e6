/** How large a kernel is that memory does not hold. */
import type { KernelRows } from "../../fitting/index.ts";
import type { KernelSize } from "../../kernels/index.ts";

/** Trace and Frobenius norm, row by row: tiles of an earlier run are in the file too. */
export async function sizeOfRows(
  { rows, columns, read }: KernelRows,
  signal: AbortSignal | undefined,
): Promise<KernelSize> {
  const together = Math.max(1, Math.floor(2 ** 21 / columns));
  let [trace, squares] = [0, 0];
  for (let from = 0; from < rows; from += together) {
    signal?.throwIfAborted();
    const count = Math.min(together, rows - from);
    const values = await read(from, from + count);
    for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
    for (let i = 0; i < count && from + i < columns; i++) trace += values[i * columns + from + i]!;
  }
  return { trace, frobenius: Math.sqrt(squares) };
}
