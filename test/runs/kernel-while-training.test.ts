import { existsSync } from "node:fs";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeNpy } from "../../src/data/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { denseArray, float64 } from "../../src/graph/index.ts";
import { neuralPathKernelByPairs } from "../../src/kernels/index.ts";
import { gatedNetwork, initialParameters, REGIME_NAMES, regimeOf } from "../../src/network/index.ts";
import type { TrialOutcome, TrialProgress } from "../../src/runs/index.ts";
import { folderStore } from "../../src/runs/node/folder-store.ts";
import { readRunKernels, selectData } from "../../src/runs/node/index.ts";
import { runTrial } from "../../src/runs/node/run-trial.ts";
import { readCheckpoint } from "../../src/runs/run-files.ts";
import type { TrialRequest } from "../../src/runs/trial-request.ts";
import { train } from "../../src/train/index.ts";
import { rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tinyJob } from "../support/tiny-trials.ts";

/** Runs a trial in this process; the signal comes after an epoch, if one is given. */
function run(request: TrialRequest, stopAfter?: number): Promise<TrialOutcome> {
  const stop = new AbortController();
  const report = (progress: TrialProgress): void => {
    if (progress.kind === "epoch" && progress.metrics.epoch === stopAfter) stop.abort();
  };
  return runTrial(request, { signal: stop.signal, report, clock: () => 0, now: () => "2026-01-01T00:00:00.000Z" });
}

const kernelsOf = async (directory: string) => (await readRunKernels(directory)) ?? expect.fail("no kernels");
const epochsOf = async (directory: string) => (await kernelsOf(directory)).measurements.map(({ epoch }) => epoch);
/** The bytes of all that the watch writes. */
const filesOf = (directory: string) =>
  Promise.all(
    ["kernels.jsonl", "kernel-start.npy", "kernel-last.npy"].map(async (name) =>
      (await readFile(join(directory, name))).toString("latin1"),
    ),
  );

describe("a run writes its kernel", () => {
  it.each(REGIME_NAMES)("%s", async (regime) => {
    await using folder = await temporaryFolder();
    if (regime === "flnpf") await run(tinyJob(folder.path, "relu", 0, 1).request);
    const { request } = tinyJob(folder.path, regime, 0, 3);
    expect((await run(request)).status).toBe("completed");
    const { measurements, unmeasured, start, last } = await kernelsOf(request.directory);
    const moves = !regime.startsWith("f");
    expect(unmeasured).toEqual([]);
    expect(measurements.map(({ epoch }) => epoch)).toEqual(moves ? [0, 1, 2, 3] : [0]);
    for (const { classes, gates, eigenvalues } of measurements) {
      expect(classes).toEqual(Array.from({ length: 10 }, (_, label) => ({ label, examples: 10 })));
      expect(gates).toBe("exact");
      expect(eigenvalues).toHaveLength(100);
    }
    const trace = ({ data }: { readonly data: Float64Array }): number =>
      Array.from({ length: 100 }, (_, i) => data[101 * i]!).reduce((sum, value) => sum + value, 0);
    expectClose(trace(start ?? expect.fail("no matrix")), 1, { relative: 1e-12 });
    if (moves) expect(last?.data).not.toEqual(start?.data);
    else expect(last).toBeUndefined();
  });

  it("of its last epoch, sorted by class, as the path sums over its checkpoint have it", async () => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "relu", 0, 2);
    await run(request);
    const { train: examples } = await selectData(request.data, process.env);
    const labels = [...examples.labels.data];
    const chosen = Array.from({ length: 10 }, (_, k) =>
      [...labels.keys()].filter((at) => labels[at] === k).slice(0, 10),
    );
    const pixels = chosen.flat().flatMap((at) => [...examples.inputs.data.subarray(784 * at, 784 * (at + 1))]);
    const inputs = denseArray(
      "float32",
      [100, 28, 28],
      Float32Array.from(pixels, (byte) => byte / 255),
    );
    const { parameters } =
      (await readCheckpoint(folderStore(request.directory), "last")) ?? expect.fail("no checkpoint");
    const network = gatedNetwork(request.plan.architecture, regimeOf(request.plan), parameters);
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const { data } = await neuralPathKernelByPairs(network, engine, inputs, undefined, { shortcuts: false });
    const trace = Array.from({ length: 100 }, (_, i) => data[101 * i]!).reduce((sum, value) => sum + value, 0);
    const { last } = await kernelsOf(request.directory);
    expectClose(
      last?.data ?? [],
      data.map((value) => value / trace),
      { relative: 1e-6 },
    );
  });

  it("of a convolutional network with global average pooling", async () => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "relu", 0, 1);
    const convolution = { kind: "convolution", channels: 3, kernel: 3, stride: 1, padding: "same" } as const;
    const plan = {
      ...request.plan,
      architecture: {
        inputShape: [1, 28, 28],
        layers: [
          { ...convolution, bias: true, gated: true },
          { kind: "global-average-pool" },
          { kind: "dense", units: 10, bias: true, gated: false },
        ],
      },
    } as const;
    const outcome = await run({ ...request, plan, data: { ...request.data, limit: 40, testLimit: 10 } });
    expect(outcome.status).toBe("completed");
    expect(await epochsOf(request.directory)).toEqual([0, 1]);
  });

  it("and trains the same bits as without", async () => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "dlnpf", 0, 2);
    await run(request);
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const data = await selectData(request.data, process.env);
    const states = [];
    for await (const event of train(request.plan, data, initialParameters(request.plan), { engine, clock: () => 0 })) {
      if (event.kind === "epoch") states.push(event.checkpoint);
    }
    expect(await readCheckpoint(folderStore(request.directory), "last")).toEqual(states.at(-1));
  });

  it("or why there is none, and trains on", async () => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "relu", 0, 2);
    const outcome = await run({ ...request, data: { ...request.data, limit: 1 } });
    expect(outcome.status).toBe("completed");
    expect(await kernelsOf(request.directory)).toEqual({
      measurements: [],
      unmeasured: ["the training examples are of one class"],
      start: undefined,
      last: undefined,
    });
  });
});

describe("a resumed run", () => {
  let other: Awaited<ReturnType<typeof temporaryFolder>>;
  let whole: TrialRequest;
  beforeAll(async () => {
    other = await temporaryFolder();
    whole = tinyJob(other.path, "relu", 0, 5).request;
    await run(whole);
  });
  afterAll(() => other[Symbol.asyncDispose]());

  it.each([0, 1, 3])("stopped after epoch %i ends with the files of one that was not", async (epoch) => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "relu", 0, 5);
    if (epoch > 0) expect((await run(request, epoch)).status).toBe("interrupted");
    await run(request);
    expect(await epochsOf(request.directory)).toEqual([0, 1, 2, 4, 5]);
    expect(await filesOf(request.directory)).toEqual(await filesOf(whole.directory));
  });

  it("cuts what a kill left behind the last checkpoint", async () => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "relu", 0, 5);
    await run(request, 3);
    const ahead = (await readFile(join(whole.directory, "kernels.jsonl"), "utf8")).split("\n")[3] ?? "";
    // killed after the line of epoch 4, within the next
    await appendFile(join(request.directory, "kernels.jsonl"), `${ahead}\n{"epoch":`);
    await run(request);
    expect(await filesOf(request.directory)).toEqual(await filesOf(whole.directory));
  });

  it("that goes on to more epochs keeps what it measured", async () => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "relu", 0, 3);
    await run(request);
    await run({ ...request, plan: { ...request.plan, epochs: 6 } });
    expect(await epochsOf(request.directory)).toEqual([0, 1, 2, 3, 4, 6]);
  });

  it("of an older version is measured from here", async () => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "relu", 0, 3);
    await run(request, 1);
    await writeFile(join(request.directory, "kernels.jsonl"), "");
    await run(request);
    expect(await epochsOf(request.directory)).toEqual([0, 2, 3]);
  });
});

describe("readKernels", () => {
  it("gives nothing where nothing was measured", async () => {
    await using folder = await temporaryFolder();
    expect(await readRunKernels(folder.path)).toBeUndefined();
  });

  it("refuses files that gatewise does not write", async () => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "relu", 0, 1);
    await run(request);
    const matrix = join(request.directory, "kernel-last.npy");
    expect(existsSync(matrix)).toBe(true);
    await writeFile(matrix, writeNpy(float64([2, 2], [1, 0, 0, 1])));
    expect(await rejectionOf(readRunKernels(request.directory))).toEqual({
      message: `${matrix}: float64 of shape [2, 2]: expected float64 of shape [100, 100], as kernels.jsonl beside it says`,
      hint: "restore the two files, or delete both",
    });
    const lines = join(request.directory, "kernels.jsonl");
    await writeFile(lines, '{"epoch":-1,"unmeasured":"x"}\n');
    expect(await rejectionOf(readRunKernels(request.directory))).toEqual({
      message: `${lines}, line 1, epoch: Too small: expected number to be >=0: expected a file as this version of gatewise writes it`,
      hint: "use the version that wrote it, or start a new run",
    });
  });
});
