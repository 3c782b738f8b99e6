import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readNpy } from "../../src/data/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { float32, float64 } from "../../src/graph/index.ts";
import { tangentSummary } from "../../src/kernels/index.ts";
import { Model } from "../../src/models/index.ts";
import { type TangentKernelFileOptions, tangentFileBytes, writeTangentKernel } from "../../src/models/node/index.ts";
import { fullyConnected, gatedNetwork, initialParameters, REGIMES } from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import { rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// more than one edge of a tile: three tiles
const N = 1_100;
const architecture = fullyConnected({ inputShape: [3], depth: 3, width: 5, outputs: 2 });
const network = gatedNetwork(
  architecture,
  REGIMES.relu,
  initialParameters({ architecture, regime: "relu", initializer: { kind: "glorot-uniform" }, seed: 1 }),
);
const inputs = float64([N, 3], randomStream(1, "inputs").normal(3 * N));
const inputs2 = float32([7, 3], randomStream(2, "inputs").normal(21));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let model: Model;
let whole: Awaited<ReturnType<Model["tangentKernel"]>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  model = new Model(network, { openEngine: () => openNodeEngine("cpu", { threads: 1 }) });
  whole = await model.tangentKernel(inputs, { output: 1 });
});
afterAll(async () => {
  await model[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function written(name: string, options: Partial<TangentKernelFileOptions> = {}) {
  const path = join(folder.path, name);
  const summary = await writeTangentKernel(model, inputs, { out: { path }, output: 1, threads: 1, ...options });
  return { summary, bytes: await readFile(path) };
}

describe("a tangent kernel by tiles in a file", () => {
  it("holds what the kernel in memory does, and tells the same of it", async () => {
    const { summary, bytes } = await written("whole.npy");
    const kernel = readNpy(bytes);
    expect([kernel.dtype, kernel.shape]).toEqual(["float64", [N, N]]);
    const worst = whole.data.reduce((most, value, i) => Math.max(most, Math.abs(value - Number(kernel.data[i]))), 0);
    expect(worst).toBeLessThan(1e-13 * Math.max(...whole.data.subarray(0, N)));
    const engine = await model.engine();
    const { trace, frobenius } = await tangentSummary(whole, engine, { smallestEigenvalue: false });
    // of more than 500 inputs of a small network only where it is asked for
    expect(summary).toMatchObject({ shape: [N, N], smallestEigenvalue: null });
    expectClose([summary.trace ?? 0, summary.frobenius], [trace, frobenius], { relative: 1e-12 });
    // more inputs than parameters: zero up to rounding
    const asked = await written("asked.npy", { smallestEigenvalue: true });
    expect(Math.abs(asked.summary.smallestEigenvalue ?? 1)).toBeLessThan(1e-12 * trace);
    expect(asked.bytes.equals(bytes)).toBe(true);
  });

  it("says what it takes of the disk and of memory, and refuses an eigenvalue of rounded numbers", async () => {
    expect(tangentFileBytes(model, [60_000, 60_000], { threads: 1 }).disk).toBe(28.8e9);
    expect(tangentFileBytes(model, [60_000, 100], { dtype: "float32", threads: 1 }).disk).toBe(24e6);
    const memory = (n: number, threads: number): number => tangentFileBytes(model, [n, n], { threads }).memory;
    expect(memory(60_000, 1)).toBe(memory(2_000, 1));
    expect(memory(60_000, 3) - memory(60_000, 2)).toBe(memory(60_000, 2) - memory(60_000, 1));
    expect(await rejectionOf(written("rounded.npy", { smallestEigenvalue: true, dtype: "float32" }))).toEqual({
      message:
        "the smallest eigenvalue of a kernel in float32: expected float64: rounded numbers move it by up to 1e-7 of the largest",
      hint: "leave out one of the two options",
    });
  });

  it("ends in the same bytes with two engines, and where it was stopped and gone on with", async () => {
    const { bytes } = await written("one.npy");
    expect((await written("two.npy", { threads: 2 })).bytes.equals(bytes)).toBe(true);
    const stop = new AbortController();
    const stopped = written("stopped.npy", {
      signal: stop.signal,
      onProgress: ({ stage }) => stage === "kernel" && stop.abort(new Error("stopped")),
    });
    await expect(stopped).rejects.toThrow("stopped");
    const path = join(folder.path, "stopped.npy");
    expect(await rejectionOf(written("stopped.npy"))).toEqual({
      message: `${path}.part, an unfinished file of this kernel with 1 tiles done: expected \`resume\`, or no such file`,
      hint: "add `resume` to go on with it, or delete the two .part files",
    });
    expect((await rejectionOf(written("stopped.npy", { resume: true, output: 0 }))).message).toContain(
      "which was begun with another model, other inputs or options",
    );
    expect((await written("stopped.npy", { resume: true })).bytes.equals(bytes)).toBe(true);
  });

  it("between two sets of inputs, in float32, rounded once", async () => {
    const { summary, bytes } = await written("between.npy", { inputs2, dtype: "float32" });
    const wanted = await model.tangentKernel(inputs, { output: 1, inputs2 });
    const kernel = readNpy(bytes);
    expect([kernel.dtype, kernel.shape]).toEqual(["float32", [N, 7]]);
    expectClose(kernel, wanted, { relative: 1e-7, absolute: 1e-8 });
    expect(summary).toMatchObject({ shape: [N, 7], trace: null, smallestEigenvalue: null });
    const norm = Math.sqrt(wanted.data.reduce((sum, value) => sum + value * value, 0));
    expectClose(summary.frobenius, norm, { relative: 1e-6 });
  });
});
