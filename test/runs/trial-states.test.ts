import { join } from "node:path";
import { expect, it } from "vitest";
import { fcMnistSgd, trialsOf } from "../../src/experiments/index.ts";
import { missingLines, type TrialState } from "../../src/runs/index.ts";
import { folderStore } from "../../src/runs/node/folder-store.ts";
import { readRun, trialStates } from "../../src/runs/node/index.ts";
import { runTrial } from "../../src/runs/node/run-trial.ts";
import { appendMetrics, writeRecord } from "../../src/runs/run-files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tinyJob } from "../support/tiny-trials.ts";

const state = (seed: number, status: TrialState["status"], epochs = 0, regime: TrialState["regime"] = "relu") =>
  ({ id: `${regime}-seed${seed}`, regime, seed, status, epochs, of: 100, bestTestAccuracy: null }) as const;

it.each([
  { title: "complete", states: [state(0, "completed", 100)], lines: [] },
  {
    title: "nothing yet",
    states: [state(0, "not-started"), state(1, "not-started")],
    lines: ["relu: none of 2 seeds"],
  },
  {
    title: "one seed",
    states: [state(0, "interrupted", 3)],
    lines: ["relu: none of 1 seed; seed 0 at epoch 3 of 100"],
  },
  {
    title: "some of each",
    states: [
      state(0, "completed", 100),
      state(1, "interrupted", 13),
      state(2, "running", 7),
      state(3, "failed", 2),
      state(4, "not-started"),
      state(0, "completed", 100, "frnpf-ii"),
      state(0, "not-started", 0, "dlnpf"),
    ],
    lines: [
      "relu: 1 of 5 seeds; seed 1 at epoch 13 of 100; seed 2 at epoch 7 of 100; seed 3 failed after epoch 2 of 100; 1 not started",
      "dlnpf: none of 1 seed",
    ],
  },
])("what is missing, $title", ({ states, lines }) => {
  expect(missingLines(states)).toEqual(lines);
});

it("states are read from the run directories", async () => {
  await using folder = await temporaryFolder();
  const trials = trialsOf(fcMnistSgd, fcMnistSgd.profiles.quick, { regimes: ["relu"], seeds: 4, epochs: 1 });
  const { request } = tinyJob(folder.path, "relu", 0, 1);
  const quiet = { signal: new AbortController().signal, report: () => {}, clock: () => 0 };
  await runTrial(
    { ...request, directory: join(folder.path, "relu-seed0") },
    { ...quiet, now: () => "2026-01-01T00:00:00Z" },
  );
  const run = await readRun(join(folder.path, "relu-seed0"));
  await writeRecord(folderStore(join(folder.path, "relu-seed1")), { ...run, status: "running", result: null });
  await writeRecord(folderStore(join(folder.path, "relu-seed2")), { ...run, plan: { ...run.plan, epochs: 5 } });
  const metrics = { epoch: 1, trainLoss: 1, trainAccuracy: 1, testLoss: 1, testAccuracy: 1, seconds: 1, gates: [] };
  await appendMetrics(folderStore(join(folder.path, "relu-seed1")), [metrics]);
  const states = await trialStates(folder.path, trials);
  expect(states.map(({ status, epochs, bestTestAccuracy }) => [status, epochs, bestTestAccuracy])).toEqual([
    ["completed", 1, run.result?.bestTestAccuracy],
    ["running", 1, null],
    ["interrupted", 0, null],
    ["not-started", 0, null],
  ]);
  expect(states.map(({ seed, of }) => [seed, of])).toEqual([0, 1, 2, 3].map((seed) => [seed, 1]));
});
