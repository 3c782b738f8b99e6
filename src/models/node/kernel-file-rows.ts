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
  return {
    rows,
    columns,
    async read(from, to) {
      const bytes = new Uint8Array((to - from) * line);
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + from * line + at);
        if (bytesRead === 0) throw new Error(`${path} is shorter than it was written`);
        at += bytesRead;
      }
      return dtype === "float32" ? Float64Array.from(new Float32Array(bytes.buffer)) : new Float64Array(bytes.buffer);
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}
