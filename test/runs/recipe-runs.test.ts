/** Runs with a recipe: stopped anywhere they end the same, and early stopping is an end as any other. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { LayeredArchitecture } from "../../src/network/index.ts";
import type { TrialOutcome } from "../../src/runs/index.ts";
import { readMetrics, readRun } from "../../src/runs/node/index.ts";
import { runTrial } from "../../src/runs/node/run-trial.ts";
import type { TrialRequest } from "../../src/runs/trial-request.ts";
import type { Recipe, TrainingPlan } from "../../src/train/index.ts";
import { rejectionOf } from "../support/error-of.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { contentOf, tinyJob } from "../support/tiny-trials.ts";

const changed = (request: TrialRequest, changes: Partial<TrainingPlan>): TrialRequest => ({
  ...request,
  plan: { ...request.plan, ...changes },
});

/** @param stopAt epoch and step at which the signal comes */
function run(request: TrialRequest, stopAt?: string): Promise<TrialOutcome> {
  const stop = new AbortController();
  return runTrial(request, {
    signal: stop.signal,
    report: (progress) => {
      if (progress.kind === "steps" && `${progress.epoch}.${progress.step}` === stopAt) stop.abort();
    },
    clock: () => 0,
    now: () => "2026-01-01T00:00:00.000Z",
  });
}

const NORMED: LayeredArchitecture = {
  inputShape: [28, 28],
  layers: [
    { kind: "flatten" },
    { kind: "dense", units: 8, bias: true, gated: true, batchNorm: true },
    { kind: "dense", units: 8, bias: true, gated: true },
    { kind: "dense", units: 10, bias: true, gated: false },
  ],
};

const EVERYTHING: Recipe = {
  schedule: { kind: "cosine", epochs: 3, warmup: 0.7 },
  clipNorm: 0.5,
  labelSmoothing: 0.1,
  classWeights: "balanced",
  validation: 0.1,
  dropout: 0.2,
  augment: { crop: 2, flip: true },
};

describe("a run with everything", () => {
  it.each([
    ["1.3", "dlnpf"],
    ["2.5", "frnpf-ii"],
    ["2.9", "relu"],
  ] as const)("stopped at %s loses nothing and ends the same: %s", async (stopAt, regime) => {
    await using folder = await temporaryFolder();
    const trial = (name: string): TrialRequest =>
      changed(tinyJob(join(folder.path, name), regime, 0, 3).request, {
        // two steps a run of the engine: longer ones would leave float32
        optimizer: { kind: "rmsprop", learningRate: 1e-3, rho: 1e-9, epsilon: 1e-7, weightDecay: 1e-3 },
        recipe: EVERYTHING,
        architecture: NORMED,
      });
    expect(await run(trial("half"), stopAt)).toEqual({ status: "interrupted" });
    const outcome = await run(trial("half"));
    expect(outcome).toEqual(await run(trial("whole")));
    expect(await contentOf(trial("half").directory)).toEqual(await contentOf(trial("whole").directory));
  });
});

it("a run whose learning rate follows its epochs goes on to no other end", async () => {
  await using folder = await temporaryFolder();
  const trial = (epochs: number): TrialRequest =>
    changed(tinyJob(folder.path, "relu", 0, epochs).request, {
      recipe: { schedule: { kind: "cosine", epochs, warmup: 0 } },
    });
  await run(trial(1));
  expect(await rejectionOf(run(trial(3)))).toEqual({
    message: `${trial(1).directory}, whose learning rate follows 1 epochs: expected the same 1: a schedule for 3 would have had other rates from the start`,
    hint: "ask for 1 `epochs`, or choose another directory with `directory`",
  });
});

describe("early stopping", () => {
  it("completes a run before its last epoch, and it stays so", async () => {
    await using folder = await temporaryFolder();
    const trial = (epochs: number): TrialRequest =>
      changed(tinyJob(folder.path, "relu", 0, epochs).request, {
        optimizer: { kind: "sgd", learningRate: 1, momentum: 0.5 },
        recipe: { validation: 0.2, earlyStopping: 2 },
      });
    const outcome = await run(trial(60));
    const { directory } = trial(60);
    const metrics = await readMetrics(directory);
    if (outcome.status !== "completed") throw new Error(outcome.status);
    expect(metrics.length).toBeLessThan(60);
    expect(outcome.result).toMatchObject({ epochs: metrics.length, bestEpoch: metrics.length - 2 });
    expect(await readRun(directory)).toMatchObject({ status: "completed", result: outcome.result });
    // asked again, and asked for more
    expect(await run(trial(60))).toEqual(outcome);
    expect(await run(trial(70))).toEqual(outcome);
    expect(await readMetrics(directory)).toEqual(metrics);
    expect(await rejectionOf(run(changed(trial(60), { recipe: { validation: 0.2, earlyStopping: 3 } })))).toMatchObject(
      {
        message: expect.stringContaining("which holds a run of another configuration"),
      },
    );
  });
});
