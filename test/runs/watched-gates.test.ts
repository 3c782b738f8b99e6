/** Gates over the epochs of a run: which flip in each, by brute force, and the same however often it was stopped. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { gateBytes, readNetworkGates } from "../../src/gates/index.ts";
import { float32 } from "../../src/graph/index.ts";
import { gatedNetwork, initialParameters, regimeOf } from "../../src/network/index.ts";
import type { TrialProgress } from "../../src/runs/index.ts";
import { folderStore } from "../../src/runs/node/folder-store.ts";
import { readMetrics, selectData } from "../../src/runs/node/index.ts";
import { runTrial } from "../../src/runs/node/run-trial.ts";
import { checkpointAt } from "../../src/runs/run-files.ts";
import type { TrialRequest } from "../../src/runs/trial-request.ts";
import { settledEpochs } from "../../src/train/index.ts";
import { rejectionOf } from "../support/error-of.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { contentOf, tinyJob } from "../support/tiny-trials.ts";

/** Four epochs of ten steps, two steps a run of the engine: longer ones would leave float32. */
function trial(folder: string, watchGates: boolean): TrialRequest {
  const { request } = tinyJob(folder, "relu", 0, 4);
  return {
    ...request,
    watchGates,
    keepEpochs: [1, 2, 3, 4],
    plan: { ...request.plan, optimizer: { kind: "rmsprop", learningRate: 1e-3, rho: 1e-9, epsilon: 1e-7 } },
  };
}

type StopAt = { readonly epoch: number; readonly step?: number };

function run(request: TrialRequest, stopAt?: StopAt) {
  const stop = new AbortController();
  const report = (progress: TrialProgress): void => {
    const { epoch, step } = progress.kind === "epoch" ? { epoch: progress.metrics.epoch, step: undefined } : progress;
    if (epoch === stopAt?.epoch && step === stopAt.step) stop.abort();
  };
  return runTrial(request, { signal: stop.signal, report, clock: () => 0, now: () => "2026-01-01T00:00:00.000Z" });
}

it("a watched run trains the same bits, and says which gates flipped", async () => {
  await using folder = await temporaryFolder();
  const [watched, plain] = [trial(join(folder.path, "watched"), true), trial(join(folder.path, "plain"), false)];
  await run(watched);
  await run(plain);
  const metrics = await readMetrics(watched.directory);
  const unwatched = metrics.map((epoch) => ({
    ...epoch,
    gates: epoch.gates.map(({ flippedInEpoch: _, mostFlipped: __, ...gate }) => gate),
  }));
  expect(unwatched).toEqual(await readMetrics(plain.directory));
  expect((await contentOf(watched.directory)).checkpoints).toEqual((await contentOf(plain.directory)).checkpoints);
  const head = (await readFile(join(plain.directory, "metrics.csv"), "utf8")).split("\n")[0];
  expect(head).not.toContain("FlippedInEpoch");

  // by hand: every bit of every example, from the checkpoints
  const { test } = await selectData(watched.data, process.env);
  const inputs = float32(
    [100, 28, 28],
    Float32Array.from(test.inputs.data, (byte) => byte / 255),
  );
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  const store = folderStore(watched.directory);
  const states = [initialParameters(watched.plan)];
  for (const epoch of [1, 2, 3, 4]) states.push((await checkpointAt(store, epoch)).parameters);
  const bits: Uint8Array[] = [];
  for (const parameters of states) {
    const network = gatedNetwork(watched.plan.architecture, regimeOf(watched.plan), parameters);
    bits.push(gateBytes(await readNetworkGates(network, engine, inputs)).data);
  }
  // two layers of 8 units, each in 8 bytes of an example
  const isOn = (epoch: number, layer: number, example: number, unit: number): number =>
    (bits[epoch]![16 * example + 8 * layer]! >> unit) & 1;
  for (const { epoch, gates } of metrics) {
    for (const [layer, { flippedInEpoch, mostFlipped = [] }] of gates.entries()) {
      const counts = Array.from({ length: 8 }, (_, unit) => {
        const flips = Array.from({ length: 100 }, (__, i) =>
          Number(isOn(epoch, layer, i, unit) !== isOn(epoch - 1, layer, i, unit)),
        );
        return { unit, share: flips.reduce((sum, flip) => sum + flip, 0) / 100 };
      });
      expect(flippedInEpoch).toBeCloseTo(counts.reduce((sum, { share }) => sum + share, 0) / 8, 12);
      expect(mostFlipped).toEqual(
        counts
          .filter(({ share }) => share > 0)
          .sort((a, b) => b.share - a.share)
          .slice(0, 5),
      );
    }
  }
  const table = (await readFile(join(watched.directory, "metrics.csv"), "utf8")).trimEnd().split("\n");
  expect(table[0]).toMatch(/gate1FlippedInEpoch,.*gate2FlippedInEpoch$/);
  expect(table[4]?.split(",").at(-1)).toBe(String(metrics[3]?.gates[1]?.flippedInEpoch));
});

it("is the same however often the run was stopped", async () => {
  await using folder = await temporaryFolder();
  const [whole, half] = [trial(join(folder.path, "whole"), true), trial(join(folder.path, "half"), true)];
  await run(whole);
  await run(half, { epoch: 1 });
  // a kill between the checkpoint and the gates
  await rm(join(half.directory, "gates-last.npy"), { force: true });
  await run(half, { epoch: 2, step: 4 });
  await run(half, { epoch: 3, step: 2 });
  expect((await run(half)).status).toBe("completed");
  expect(await readMetrics(half.directory)).toEqual(await readMetrics(whole.directory));
  for (const name of ["metrics.csv", "gates-last.npy"])
    expect(await readFile(join(half.directory, name))).toEqual(await readFile(join(whole.directory, name)));
});

it("is not known of one epoch where its gates are lost, and is told again behind it", async () => {
  await using folder = await temporaryFolder();
  const request = trial(folder.path, true);
  await run(request, { epoch: 2, step: 4 });
  await rm(join(request.directory, "gates-last.npy"));
  await run(request);
  const metrics = await readMetrics(request.directory);
  expect(metrics.map(({ gates }) => gates[0]?.flippedInEpoch === null)).toEqual([false, true, false, false]);
  const [, , second = ""] = (await readFile(join(request.directory, "metrics.csv"), "utf8")).split("\n");
  expect(second.split(",").at(-1)).toBe("");
});

it("of a run that was begun otherwise is refused", async () => {
  await using folder = await temporaryFolder();
  const request = trial(folder.path, false);
  await run(request, { epoch: 1 });
  expect(await rejectionOf(run({ ...request, watchGates: true }))).toEqual({
    message: `${request.directory}, whose gates are not watched since its first epoch: expected no \`watchGates\`, as it was begun`,
    hint: "go on with it as it was, or choose another directory with `directory`",
  });
});

it("a layer has settled where it flips less than 1 % from some epoch on", () => {
  const epochs = [
    [0.5, 0.009],
    [0.02, 0.02],
    [0.005, 0.001],
    [0.004, 0.01],
  ].map((shares, i) => ({
    epoch: i + 1,
    gates: shares.map((flippedInEpoch) => ({
      ...{ layer: 1, units: 8, on: 0.5, dead: 0, alwaysOn: 0, flipped: 0.1 },
      flippedInEpoch,
    })),
  }));
  expect(settledEpochs(epochs)).toEqual([3, null]);
  expect(settledEpochs([])).toEqual([]);
});
