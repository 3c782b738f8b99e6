/** A finished kernel in a `.npy` file, read by blocks of rows. */
import { open } from "node:fs/promises";
import { npyHeader } from "../../data/index.ts";
import type { KernelRows } from "../../fitting/index.ts";
import { BYTES } from "../../graph/index.ts";
import type { KernelFile } from "../../kernels/node/index.ts";

/** The rows of a file that this process has written: its header is what it would write again. */
export async function openKernelRows({
  path,
  dtype,
  shape: [rows, columns],
}: KernelFile): Promise<KernelRows & AsyncDisposable> {
  const file = await open(path);
  const start = npyHeader(dtype, [rows, columns]).length;
  const line = columns * BYTES[dtype];
  // one for all blocks that are widened: their bytes are nobody else's
  let kept = new Uint8Array(0);
  return {
    rows,
    columns,
    async read(from, to) {
      const length = (to - from) * line;
      if (dtype === "float64" || kept.length < length) kept = new Uint8Array(length);
      const bytes = kept.subarray(0, length);
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + from * line + at);
        if (bytesRead === 0) throw new Error(`${path} is shorter than it was written`);
        at += bytesRead;
      }
      if (dtype === "float64") return new Float64Array(bytes.buffer);
      return new Float64Array(new Float32Array(bytes.buffer, 0, length / BYTES[dtype]));
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}
