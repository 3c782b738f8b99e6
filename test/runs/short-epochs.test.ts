/** Epochs shorter than the time between two writes: how often the file system is asked, and what a stop or a kill costs. */
import { createHook } from "node:async_hooks";
import { cpSync, rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Store, TrialOutcome, TrialProgress } from "../../src/runs/index.ts";
import { folderStore, readRunKernels } from "../../src/runs/node/index.ts";
import { readCheckpoint } from "../../src/runs/run-files.ts";
import { runTrialWith, type TrialHost } from "../../src/runs/run-trial.ts";
import type { TrialRequest } from "../../src/runs/trial-request.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { contentOf, tinyJob } from "../support/tiny-trials.ts";
import { TRIAL_HOST } from "../support/trials-here.ts";

/** Runs a trial whose epochs last so many seconds, in this process; it is told of each, and stops where that says so. */
async function run(
  request: TrialRequest,
  {
    seconds = 1,
    host = TRIAL_HOST,
    onEpoch = () => {},
  }: {
    readonly seconds?: number;
    readonly host?: TrialHost;
    readonly onEpoch?: (epoch: number) => unknown;
  } = {},
): Promise<TrialOutcome> {
  const stop = new AbortController();
  let now = 0;
  const told: unknown[] = [];
  const report = (progress: TrialProgress): void => {
    if (progress.kind !== "epoch") return;
    now += 1000 * seconds;
    const answer = onEpoch(progress.metrics.epoch);
    if (answer === true) stop.abort();
    else told.push(answer);
  };
  const outcome = await runTrialWith(host, request, {
    signal: stop.signal,
    report,
    clock: () => now,
    now: () => "2026-01-01T00:00:00.000Z",
  });
  await Promise.all(told);
  return outcome;
}

const without = (request: TrialRequest): TrialRequest => ({ ...request, kernels: false });
const lastOf = async (directory: string) => (await readCheckpoint(folderStore(directory), "last"))?.epoch;

/** A host whose stores count what is written. */
function counting(): { readonly host: TrialHost; readonly written: Map<string, number> } {
  const written = new Map<string, number>();
  const count = (name: string): void => void written.set(name, (written.get(name) ?? 0) + 1);
  const store = (directory: string): Store => {
    const own = folderStore(directory);
    return {
      ...own,
      write: (file, content) => {
        count(file);
        return own.write(file, content);
      },
      append: (file, text) => {
        count(file);
        return own.append(file, text);
      },
    };
  };
  return { host: { ...TRIAL_HOST, store }, written };
}

describe("epochs of a second", () => {
  it.each([
    { seconds: 1, times: 3 },
    { seconds: 5, times: 7 },
    { seconds: 10, times: 12 },
  ])("of $seconds s: 12 of them are written $times times", async ({ seconds, times }) => {
    await using folder = await temporaryFolder();
    const { host, written } = counting();
    const request = without(tinyJob(folder.path, "relu", 0, 12).request);
    expect((await run(request, { seconds, host })).status).toBe("completed");
    expect(written.get("last.safetensors")).toBe(times);
    for (const file of ["best.safetensors", "metrics.jsonl", "metrics.csv"]) {
      expect(written.get(file), file).toBeGreaterThan(0);
      expect(written.get(file), file).toBeLessThanOrEqual(times);
    }
  });

  it("are written whatever stops them, and end the same", async () => {
    await using folder = await temporaryFolder();
    const [half, whole] = [
      tinyJob(join(folder.path, "half"), "dlnpf", 0, 9),
      tinyJob(join(folder.path, "whole"), "dlnpf", 0, 9),
    ];
    expect(await run(half.request, { onEpoch: (epoch) => epoch === 6 })).toEqual({ status: "interrupted" });
    expect(await lastOf(half.request.directory)).toBe(6);
    expect(await run(half.request)).toEqual(await run(whole.request));
    expect(await contentOf(half.request.directory)).toEqual(await contentOf(whole.request.directory));
    const kernels = await Promise.all([half, whole].map(({ request }) => readRunKernels(request.directory)));
    expect(kernels[0]).toEqual(kernels[1]);
  });

  it("are computed again where a kill came before, and end the same", async () => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "dlnpf", 0, 9);
    const killed = `${request.directory}-killed`;
    const watched = { ...request, watchGates: true };
    // what stands on the disk at this moment
    const onEpoch = (epoch: number): void => {
      if (epoch !== 6) return;
      cpSync(request.directory, killed, { recursive: true });
      rmSync(join(killed, "lock"));
    };
    await run(watched, { onEpoch });
    expect(await lastOf(killed)).toBe(1);
    await run({ ...watched, directory: killed });
    expect(await contentOf(killed)).toEqual(await contentOf(request.directory));
    expect(await readRunKernels(killed)).toEqual(await readRunKernels(request.directory));
  });

  it("that somebody asked to keep are kept at once", async () => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "relu", 0, 5);
    const seen: unknown[] = [];
    const onEpoch = async (epoch: number) => void seen.push([epoch, await lastOf(request.directory)]);
    await run({ ...without(request), keepEpochs: [3], keepBestUntil: [4] }, { onEpoch });
    const names = await readdir(request.directory);
    expect(names).toEqual(expect.arrayContaining(["epoch-3.safetensors", "best-4.safetensors"]));
    expect(Object.fromEntries(seen as [number, number][])).toMatchObject({ 3: 3, 4: 4 });
  });
});

it("without kernels a run has no file of them, and those behind the epoch that it goes on from are dropped", async () => {
  await using folder = await temporaryFolder();
  const [plain, bare] = ["plain", "bare"].map((name) => tinyJob(join(folder.path, name), "relu", 0, 4).request);
  if (plain === undefined || bare === undefined) return expect.fail("no trials");
  await run(plain, { onEpoch: (epoch) => epoch === 2 });
  // trains the same bits
  expect(await run(without(bare))).toEqual(await run(without(plain)));
  expect((await readRunKernels(plain.directory))?.measurements.map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
  expect((await readdir(bare.directory)).sort()).toEqual([
    "best.safetensors",
    "last.safetensors",
    "metrics.csv",
    "metrics.jsonl",
    "run.json",
  ]);
});

/** Calls of the file system that this process makes while it works, each of which is one or two of the system's. */
async function callsOf(work: () => Promise<unknown>): Promise<number> {
  let calls = 0;
  const hook = createHook({
    init(_, type) {
      if (type === "FSREQPROMISE" || type === "FSREQCALLBACK") calls += 1;
    },
  });
  hook.enable();
  try {
    await work();
  } finally {
    hook.disable();
  }
  return calls;
}

it("a trial asks the file system little: to start, and for each epoch", async () => {
  await using folder = await temporaryFolder();
  const trial = (name: string, epochs: number) => without(tinyJob(join(folder.path, name), "relu", 0, epochs).request);
  // whatever a process loads once
  await run(trial("warm", 1));
  const [one, many] = [await callsOf(() => run(trial("one", 1))), await callsOf(() => run(trial("many", 21)))];
  expect(one).toBeGreaterThan(20);
  expect(one).toBeLessThan(150);
  expect((many - one) / 20).toBeLessThan(5);
});
