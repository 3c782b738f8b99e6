import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { PoolEvent, TrialJob } from "../../src/runs/index.ts";
import { readMetrics, readRun, runTrials } from "../../src/runs/node/index.ts";
import { optimizer } from "../../src/train/index.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { contentOf, tinyJob } from "../support/tiny-trials.ts";
import { trialsHere } from "../support/trials-here.ts";

/** Milliseconds from the first epoch of a process to its end: into an epoch, a metric or a checkpoint. */
const MOMENTS = [0, 20];

/** The epoch that an event tells of. */
const epochOf = (event: PoolEvent): number | undefined =>
  event.kind === "progress" && event.progress.kind === "epoch" ? event.progress.metrics.epoch : undefined;

const never = new AbortController().signal;

describe("a run that is killed", () => {
  it("resumes and ends with the metrics and checkpoints of an uninterrupted one", async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    const job = tinyJob(folder.path, "dlnpf", 0, 30);
    const directory = join(folder.path, "dlnpf-0");
    const kills: number[] = [];
    for (const delay of MOMENTS) {
      const before = (await metricsSoFar(directory)).length;
      const kill = async (event: PoolEvent): Promise<void> => {
        if (epochOf(event) !== before + 1) return;
        const { pid } = JSON.parse(await readFile(join(directory, "lock"), "utf8"));
        await wait(delay);
        process.kill(pid, "SIGKILL");
      };
      const outcomes = await runTrials([job], { workers: 1, signal: never, onEvent: (event) => void kill(event) });
      expect(outcomes.get("dlnpf-0")?.status).toBe("failed");
      kills.push((await metricsSoFar(directory)).length);
    }
    expect(kills.at(-1)).toBeLessThan(30);
    for (const whole of [job, tinyJob(other.path, "dlnpf", 0, 30)])
      await runTrials([whole], { workers: 1, signal: never, onEvent: () => {} });
    expect(await contentOf(directory)).toEqual(await contentOf(join(other.path, "dlnpf-0")));
  });

  it("is reported when its worker dies; the others go on, and it can be resumed", async () => {
    await using folder = await temporaryFolder();
    const jobs = [tinyJob(folder.path, "relu", 0, 2000), tinyJob(folder.path, "relu", 1, 2)];
    const killOnce = async (event: PoolEvent): Promise<void> => {
      if (!("id" in event) || event.id !== "relu-0" || epochOf(event) !== 5) return;
      const lock = JSON.parse(await readFile(join(folder.path, "relu-0", "lock"), "utf8"));
      process.kill(lock.pid, "SIGKILL");
    };
    const outcomes = await runTrials(jobs, { workers: 2, signal: never, onEvent: (event) => void killOnce(event) });
    expect(outcomes.get("relu-1")?.status).toBe("completed");
    expect(outcomes.get("relu-0")).toEqual({
      status: "failed",
      code: "worker-ended",
      message: "a worker process that ended: SIGKILL: expected a worker that runs its trial to the end",
      hint: "resume to go on from its last checkpoint; if memory was short, with fewer workers",
    });
    expect((await readRun(join(folder.path, "relu-0"))).status).toBe("failed");

    const epochs = (await metricsSoFar(join(folder.path, "relu-0"))).length + 2;
    const again = await runTrials([tinyJob(folder.path, "relu", 0, epochs)], {
      workers: 1,
      signal: never,
      onEvent: () => {},
    });
    expect(again.get("relu-0")?.status).toBe("completed");
  });
});

const metricsSoFar = async (directory: string) =>
  existsSync(join(directory, "metrics.jsonl")) ? await readMetrics(directory) : [];

describe("a pool", () => {
  it("gives the same bits with one worker and with two, flnpf behind its relu", async () => {
    await using one = await temporaryFolder();
    await using two = await temporaryFolder();
    const regimes = ["flnpf", "relu"] as const;
    for (const [folder, workers] of [
      [one, 1],
      [two, 2],
    ] as const) {
      const jobs = regimes.map((regime) => tinyJob(folder.path, regime, 0, 2));
      const outcomes = await runTrials(jobs, { workers, signal: never, onEvent: () => {} });
      expect([...outcomes.values()].map(({ status }) => status)).toEqual(["completed", "completed"]);
    }
    for (const regime of regimes) {
      expect(await contentOf(join(two.path, `${regime}-0`))).toEqual(await contentOf(join(one.path, `${regime}-0`)));
    }
  });

  it("does not start a flnpf whose relu failed", async () => {
    await using folder = await temporaryFolder();
    const relu = tinyJob(folder.path, "relu", 0, 2);
    const broken: TrialJob = {
      ...relu,
      request: { ...relu.request, plan: { ...relu.request.plan, optimizer: optimizer("sgd", 1e30) } },
    };
    const jobs = [broken, tinyJob(folder.path, "flnpf", 0, 2)];
    const outcomes = await trialsHere(2).run(jobs, { signal: never, onEvent: () => {} });
    expect(outcomes.get("relu-0")).toMatchObject({
      status: "failed",
      message: expect.stringMatching(/^a loss of (NaN|Infinity) in epoch 1, step \d+: expected a finite loss$/),
    });
    expect(outcomes.get("flnpf-0")).toEqual({
      status: "failed",
      message: "not started: relu-0, whose trained gates it needs, failed",
      hint: "mend what stopped that trial, then resume",
    });
    expect(existsSync(join(folder.path, "flnpf-0"))).toBe(false);
  });

  it("extends a finished run to more epochs as if it had been asked for them at once", async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    const run = (at: string, epochs: number) =>
      trialsHere(1).run([tinyJob(at, "relu", 0, epochs)], { signal: never, onEvent: () => {} });
    await run(folder.path, 2);
    await run(folder.path, 5);
    await run(other.path, 5);
    expect(await contentOf(join(folder.path, "relu-0"))).toEqual(await contentOf(join(other.path, "relu-0")));
  });

  it("stops at the signal and leaves runs that say so", async () => {
    await using folder = await temporaryFolder();
    const stop = new AbortController();
    const onEvent = (event: PoolEvent): void => {
      if (event.kind === "progress" && event.progress.kind === "epoch" && event.progress.metrics.epoch === 3)
        stop.abort();
    };
    const outcomes = await runTrials([tinyJob(folder.path, "relu", 0, 100_000), tinyJob(folder.path, "flnpf", 0, 2)], {
      workers: 1,
      signal: stop.signal,
      onEvent,
    });
    expect([...outcomes]).toEqual([
      ["relu-0", { status: "interrupted" }],
      ["flnpf-0", { status: "interrupted" }],
    ]);
    expect((await readRun(join(folder.path, "relu-0"))).status).toBe("interrupted");
    expect(existsSync(join(folder.path, "relu-0", "lock"))).toBe(false);
  });
});
