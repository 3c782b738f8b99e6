/** Runs that stop in the midst of an epoch, and go on there: here, or as a copy somewhere else. */
import { existsSync, readFileSync } from "node:fs";
import { cp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSafetensors } from "../../src/data/index.ts";
import type { TrialOutcome, TrialProgress } from "../../src/runs/index.ts";
import { folderStore } from "../../src/runs/node/folder-store.ts";
import { readMetrics, readRun } from "../../src/runs/node/index.ts";
import { runTrial } from "../../src/runs/node/run-trial.ts";
import { readCheckpoint } from "../../src/runs/run-files.ts";
import type { TrialRequest } from "../../src/runs/trial-request.ts";
import { rejectionOf } from "../support/error-of.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { contentOf, tinyJob } from "../support/tiny-trials.ts";

const times = (i: number): string => `2026-01-01T00:00:0${i}.000Z`;

/** A trial of 10 steps an epoch, two steps a run of the engine: longer ones would leave float32. */
function trial(folder: string, regime: "relu" | "dlnpf" | "flnpf", epochs = 3): TrialRequest {
  const { request } = tinyJob(folder, regime, 0, epochs);
  return {
    ...request,
    plan: { ...request.plan, optimizer: { kind: "rmsprop", learningRate: 1e-3, rho: 1e-9, epsilon: 1e-7 } },
  };
}

interface Circumstances {
  /** Where the signal comes. */
  readonly stopAt?: { readonly epoch: number; readonly step: number };
  readonly onProgress?: (progress: TrialProgress) => void;
  /** Milliseconds between two looks at the clock. */
  readonly tick?: number;
  readonly now?: string;
}

/** Runs a trial in this process. */
function run(
  request: TrialRequest,
  { stopAt, onProgress = () => {}, tick = 0, now = times(0) }: Circumstances = {},
): Promise<TrialOutcome> {
  const stop = new AbortController();
  let clock = 0;
  const report = (progress: TrialProgress): void => {
    const here = progress.kind === "steps" && progress.epoch === stopAt?.epoch && progress.step === stopAt.step;
    if (here) stop.abort();
    onProgress(progress);
  };
  return runTrial(request, { signal: stop.signal, report, clock: () => (clock += tick), now: () => now });
}

/** Where a directory's last checkpoint stands: finished epochs, and steps of the next. */
async function placeOf(directory: string): Promise<readonly [number, number]> {
  const last = await readCheckpoint(folderStore(directory), "last");
  return [last?.epoch ?? 0, last?.part?.steps ?? 0];
}

it.each([
  { epoch: 1, step: 4 },
  { epoch: 2, step: 2 },
  { epoch: 2, step: 10 },
])("a run stopped in epoch $epoch at step $step loses nothing and ends the same", async ({ epoch, step }) => {
  await using folder = await temporaryFolder();
  const [whole, half] = [trial(join(folder.path, "whole"), "dlnpf"), trial(join(folder.path, "half"), "dlnpf")];
  expect(await run(half, { stopAt: { epoch, step } })).toEqual({ status: "interrupted" });
  expect(await placeOf(half.directory)).toEqual([epoch - 1, step]);
  expect((await readRun(half.directory)).status).toBe("interrupted");
  const seen: string[] = [];
  const onProgress = (progress: TrialProgress): void => {
    if (progress.kind === "steps") seen.push(`${progress.epoch}.${progress.step}`);
  };
  const outcome = await run(half, { onProgress });
  expect(seen[0]).toBe(step === 10 ? `${epoch + 1}.2` : `${epoch}.${step + 2}`);
  expect(outcome).toEqual(await run(whole));
  expect(await contentOf(half.directory)).toEqual(await contentOf(whole.directory));
});

describe("the clock", () => {
  /** Places of the last checkpoint as they are seen behind each run of steps. */
  async function placesAt(tick: number): Promise<readonly string[]> {
    await using folder = await temporaryFolder();
    const request = trial(folder.path, "relu", 2);
    const file = join(request.directory, "last.safetensors");
    const places: string[] = [];
    const onProgress = ({ kind }: TrialProgress): void => {
      if (kind !== "steps" || !existsSync(file)) return;
      const { metadata } = readSafetensors(readFileSync(file));
      const { epoch, part } = JSON.parse(metadata.gatewise ?? "");
      places.push(`${epoch}.${part?.steps ?? 0}`);
    };
    await run(request, { tick, onProgress });
    return places;
  }

  it("asks for a checkpoint every half a minute", async () => {
    // a run looks at the clock three times, twice around its steps: 22.5 s; and once when a checkpoint is written
    expect(await placesAt(7500)).toEqual(["0.4", "0.4", "0.8", "0.8", "1.0", "1.4", "1.4", "1.8", "1.8"]);
  });

  it("does not where epochs are short", async () => {
    expect(await placesAt(1)).toEqual(Array.from({ length: 5 }, () => "1.0"));
  });
});

describe("a directory that was copied while its run was in the midst of an epoch", () => {
  it("goes on elsewhere, with gates and data at other places, and ends with the same metrics", async () => {
    await using here = await temporaryFolder();
    await using there = await temporaryFolder();
    const [relu, flnpf] = [trial(here.path, "relu"), trial(here.path, "flnpf")];
    await run(relu);
    await run(flnpf, { stopAt: { epoch: 2, step: 6 } });
    await cp(here.path, there.path, { recursive: true });
    await rename(join(there.path, "relu-0"), join(there.path, "gates"));
    const whole = await run(flnpf);
    await rename(here.path, `${here.path}-gone`);
    try {
      const moved: TrialRequest = {
        ...flnpf,
        directory: join(there.path, "flnpf-0"),
        learntFrom: { label: "../gates", directory: join(there.path, "gates"), until: null },
        data: { ...flnpf.data, dataDir: join(there.path, "data") },
        threads: 1,
      };
      expect(await run(moved, { now: times(7) })).toEqual(whole);
      const record = await readRun(moved.directory);
      expect(record.learntFrom).toBe("../gates");
      expect(record.segments).toEqual([
        { machine: record.machine, device: "cpu", threads: 1, epoch: 0, step: 0, startedAt: times(0) },
        { machine: record.machine, device: "cpu", threads: 1, epoch: 1, step: 6, startedAt: times(7) },
      ]);
      const gone = join(`${here.path}-gone`, "flnpf-0");
      expect(await contentOf(moved.directory)).toEqual(await contentOf(gone));
    } finally {
      await rm(`${here.path}-gone`, { recursive: true });
    }
  });

  it("with the lock of the other machine says what to do", async () => {
    await using folder = await temporaryFolder();
    const request = trial(folder.path, "relu", 1);
    await run(request, { stopAt: { epoch: 1, step: 2 } });
    const lock = join(request.directory, "lock");
    await writeFile(lock, JSON.stringify({ id: "x", host: `not-${hostname()}`, pid: 7, started: "1" }));
    expect(await rejectionOf(run(request))).toEqual({
      message: `${request.directory}, in use by process 7 on not-${hostname()}: expected a directory that no other process writes`,
      hint: `stop it there; if that machine is gone or this is a copy of its directory, delete ${lock}`,
    });
    await rm(lock);
    expect((await run(request)).status).toBe("completed");
  });

  it("is refused beside other gates than it was trained behind", async () => {
    await using folder = await temporaryFolder();
    const [relu, flnpf] = [trial(folder.path, "relu", 1), trial(folder.path, "flnpf", 2)];
    const other = trial(join(folder.path, "other"), "relu", 1);
    await run(relu);
    await run({ ...other, plan: { ...other.plan, seed: 5 } });
    await run(flnpf, { stopAt: { epoch: 1, step: 4 } });
    const learntFrom = { label: "../other/relu-0", directory: other.directory, until: null };
    expect(await rejectionOf(run({ ...flnpf, learntFrom }))).toEqual({
      message: `${flnpf.directory}, which holds a run of another configuration: expected the configuration that stands in its run.json (only the number of epochs may change)`,
      hint: "repeat the command that made it (it stands in run.json), or choose another directory with `directory`",
    });
  });

  it("is refused to a data set of another size", async () => {
    await using folder = await temporaryFolder();
    const request = trial(folder.path, "relu", 2);
    await run(request, { stopAt: { epoch: 1, step: 4 } });
    const file = join(request.directory, "run.json");
    await writeFile(file, (await readFile(file, "utf8")).replace('"trainExamples": 320', '"trainExamples": 321'));
    const { source } = (await readRun(request.directory)).data;
    expect(await rejectionOf(run(request))).toEqual({
      message: `data set digits of 320 and 100 examples, from ${source}: expected the 321 and 100 that ${request.directory} was trained and tested on`,
      hint: "name the folder of those with `dataDir`",
    });
  });
});

it("a run of gatewise 0.1, which wrote no segments, begins with one", async () => {
  await using folder = await temporaryFolder();
  const request = trial(folder.path, "relu", 1);
  await run(request, { stopAt: { epoch: 1, step: 4 } });
  const file = join(request.directory, "run.json");
  const { segments: _, ...old } = await readRun(request.directory);
  await writeFile(file, JSON.stringify(old));
  await run(request, { now: times(3) });
  const { segments } = await readRun(request.directory);
  expect(segments?.map(({ epoch, step, startedAt }) => ({ epoch, step, startedAt }))).toEqual([
    { epoch: 0, step: 0, startedAt: times(0) },
    { epoch: 0, step: 4, startedAt: times(3) },
  ]);
  expect((await readMetrics(request.directory)).length).toBe(1);
});
