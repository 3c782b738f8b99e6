/** The path kernel of more examples than memory holds, in a file for the time that it is needed. */
import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeLeftScratch, scratchFolder, writeError } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { Model } from "../model.ts";
import type { MakeKernelInFile } from "../model-options.ts";
import { openKernelRows } from "./kernel-file-rows.ts";
import { writeNeuralPathKernel } from "./write-neural-path-kernel.ts";

const PREFIX = "gatewise-kernel-";

/**
 * Kernels in files of float32, divided by their traces.
 * @param threads that make tiles
 */
export const kernelInFile =
  (threads: number): MakeKernelInFile =>
  async (network, engine, inputs, folder = tmpdir(), asking) => {
    const [examples = 0] = inputs.shape;
    await removeLeftKernels(folder);
    await checkRoom(folder, 4 * examples ** 2);
    const place = await scratchFolder(folder, PREFIX);
    const release = (): PromiseLike<void> => place[Symbol.asyncDispose]();
    try {
      const path = join(place.path, "kernel.npy");
      // its engine is the caller's, who releases it
      const model = new Model(network, { openEngine: async () => engine });
      const { trace } = await writeNeuralPathKernel(model, inputs, {
        ...asking,
        out: { path },
        normalize: "trace",
        dtype: "float32",
        threads,
      });
      if (trace === null) throw beyond();
      const rows = await openKernelRows({
        path,
        dtype: "float32",
        shape: [examples, examples],
        symmetric: true,
        scale: 1,
        digest: "",
      });
      return {
        ...rows,
        unit: trace,
        async [Symbol.asyncDispose]() {
          await rows[Symbol.asyncDispose]();
          await release();
        },
      };
    } catch (thrown) {
      await release();
      throw thrown;
    }
  };

/** What commands that were killed on this machine have left in such a folder, removed. */
export const removeLeftKernels = (folder: string = tmpdir()): Promise<readonly string[]> =>
  removeLeftScratch(folder, PREFIX);

async function checkRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder).catch(async (cause: unknown) => {
    throw await writeError(cause, folder, "a folder for the kernel");
  });
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new GatewiseError({
    code: "too-large",
    received: `${folder} with ${(free / 1e9).toFixed(1)} GB of room for a kernel of ${(bytes / 1e9).toFixed(1)} GB`,
    expected: "a folder that it fits into",
    next: "name another by `scratch`, give fewer examples, or estimate the kernel by `features`",
  });
}

const beyond = (): GatewiseError =>
  new GatewiseError({
    code: "numerical-failure",
    received: "a path kernel whose trace leaves float64",
    expected: "numbers up to 1.8e308",
    next: "estimate it by `features`, or ask for an earlier layer",
  });
