/** What `train` made in memory, saved as a run, is one to every command. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeNpy } from "../../src/data/index.ts";
import { loadDataset, writeWhole } from "../../src/data/node/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { float32 } from "../../src/graph/index.ts";
import { fullyConnected, initialParameters } from "../../src/network/index.ts";
import { openModel, readRun, saveRun, type TrainedRun } from "../../src/runs/node/index.ts";
import { type Checkpoint, type EpochMetrics, optimizer, type TrainingPlan, train } from "../../src/train/index.ts";
import { gatewise } from "../support/command-line.ts";
import { rejectionOf } from "../support/error-of.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { contentOf } from "../support/tiny-trials.ts";

const PLAN: TrainingPlan = {
  architecture: fullyConnected({ inputShape: [28, 28], depth: 3, width: 8, outputs: 10 }),
  regime: "relu",
  initializer: { kind: "glorot-uniform" },
  optimizer: optimizer("adam", 1e-3),
  loss: "softmax-cross-entropy",
  batch: 500,
  epochs: 3,
  seed: 0,
};

const digits = await loadDataset("digits", { environment: {}, cacheDir: "" });

/** Trains in memory up to an epoch. */
async function trainedTo(epochs: number): Promise<TrainedRun> {
  await using engine = await openNodeEngine("cpu", { threads: 1, denormals: "flushed" });
  const metrics: EpochMetrics[] = [];
  let [last, best]: (Checkpoint | undefined)[] = [];
  for await (const event of train(PLAN, digits, initialParameters(PLAN), { engine, clock: () => 0 })) {
    if (event.kind !== "epoch") continue;
    metrics.push(event.metrics);
    last = event.checkpoint;
    if (event.improved) best = event.checkpoint;
    if (event.metrics.epoch === epochs) break;
  }
  if (last === undefined || best === undefined) return expect.fail("no epoch");
  return { plan: PLAN, data: digits, metrics, last, best, finishedAt: "2026-01-02T03:04:05Z", command: "node own.ts" };
}

describe("a training in memory, saved", () => {
  it("is read by evaluate, gates, inspect, report, export and openModel", async () => {
    await using folder = await temporaryFolder();
    const [run, inputs] = [join(folder.path, "run"), join(folder.path, "x.npy")];
    const trained = await trainedTo(3);
    await saveRun(run, trained);
    expect(await readRun(run)).toMatchObject({ status: "completed", plan: PLAN, command: "node own.ts" });
    const first = digits.test.inputs.data.subarray(0, 5 * 784);
    const x = float32(
      [5, 28, 28],
      Float32Array.from(first, (byte) => byte / 255),
    );
    await writeWhole(inputs, writeNpy(x));
    const json = async (...args: readonly string[]) => {
      const { code, stdout } = await gatewise([...args, "--json"]);
      expect(code, stdout).toBe(0);
      return JSON.parse(stdout);
    };
    const best = Math.max(...[0, 1, 2].map((i) => trained.metrics[i]?.testAccuracy ?? 0));
    expect((await json("evaluate", "--model", run)).accuracy).toBeCloseTo(best, 10);
    expect(await json("gates", "--model", run, "--inputs", inputs)).toMatchObject({ examples: 5 });
    expect((await json("report", run)).report).toBe(join(run, "report.html"));
    await json("inspect", "--model", run);
    const onnx = join(folder.path, "net.onnx");
    await json("export", run, "--onnx", onnx);
    expect((await json("evaluate", "--model", onnx, "--data", "digits")).accuracy).toBeCloseTo(best, 10);
    await using model = await openModel(run);
    expect(model.source).toEqual({ kind: "run", regime: "relu" });
  });

  it("goes on by train --resume, to the bits of a run of the command line", async () => {
    await using folder = await temporaryFolder();
    const [half, whole] = [join(folder.path, "half"), join(folder.path, "whole")];
    await saveRun(half, await trainedTo(2));
    expect(await readRun(half)).toMatchObject({ status: "interrupted", result: null });
    const args = ["train", "--width", "8", "--depth", "3", "--batch", "500", "--lr", "1e-3", "--epochs", "3"];
    expect((await gatewise([...args, "--out", half, "--resume"])).code).toBe(0);
    expect((await gatewise([...args, "--out", whole])).code).toBe(0);
    expect(await contentOf(half)).toEqual(await contentOf(whole));
  });

  it("that is none of one training is refused, with nothing written", async () => {
    await using folder = await temporaryFolder();
    const trained = await trainedTo(2);
    const save = (changes: Partial<TrainedRun>) =>
      rejectionOf(saveRun(join(folder.path, "x"), { ...trained, ...changes }));
    const hint =
      "collect them from the events of one training: metrics and checkpoint of each, the best where it improved";
    const { bestEpoch } = trained.last;
    expect(await save({ metrics: trained.metrics.slice(1) })).toEqual({
      message: `metrics of epochs 2, checkpoints of epoch 2 (last) and ${bestEpoch} (best): expected metrics of the epochs 1, 2, 3, …`,
      hint,
    });
    expect(await save({ metrics: trained.metrics.slice(0, 1) })).toEqual({
      message: `metrics of epochs 1, checkpoints of epoch 2 (last) and ${bestEpoch} (best): expected the last of epoch 1, the best of epoch 1, in a plan of 3 epochs`,
      hint,
    });
    expect((await save({ finishedAt: "yesterday" }))?.message).toContain("run.json, startedAt: ");
    expect(await readdir(folder.path)).toEqual([]);
    await saveRun(join(folder.path, "x"), trained);
    expect(await save({})).toEqual({
      message: `${join(folder.path, "x")}, which holds results already: expected a folder without results`,
      hint: "save the run to another folder",
    });
  });
});
