import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Lock, lockDirectory } from "../../src/data/node/index.ts";
import type { PoolEvent } from "../../src/runs/index.ts";
import { readRun, runTrials } from "../../src/runs/node/index.ts";
import { ELSEWHERE } from "../support/lock-hosts.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tinyJob } from "../support/tiny-trials.ts";

const never = new AbortController().signal;

/** The worker processes of this process, as Linux tells them. */
const workers = (): readonly number[] =>
  readdirSync("/proc/self/task").flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );

/** Sends `signal` to the one worker in its first moments, before it can handle anything. */
const strikeAtStart =
  (signal: NodeJS.Signals) =>
  ({ kind }: PoolEvent): void => {
    const strike = (): void => {
      for (const pid of workers()) process.kill(pid, signal);
    };
    // the worker is forked right after its event
    if (kind === "started") setImmediate(strike);
  };

describe.skipIf(process.platform !== "linux")("a worker that ends while it starts", () => {
  it("by Ctrl-C, which reaches the whole process group, is interrupted", async () => {
    await using folder = await temporaryFolder();
    const outcomes = await runTrials([tinyJob(folder.path, "relu", 0, 1)], {
      workers: 1,
      signal: never,
      onEvent: strikeAtStart("SIGINT"),
    });
    expect([...outcomes]).toEqual([["relu-0", { status: "interrupted" }]]);
  });

  it("by a kill has failed, and a complete run stays complete", async () => {
    await using folder = await temporaryFolder();
    const job = tinyJob(folder.path, "relu", 0, 1);
    await runTrials([job], { workers: 1, signal: never, onEvent: () => {} });
    const before = await readRun(join(folder.path, "relu-0"));
    expect(before.status).toBe("completed");
    const outcomes = await runTrials([job], { workers: 1, signal: never, onEvent: strikeAtStart("SIGKILL") });
    expect([...outcomes]).toEqual([
      [
        "relu-0",
        {
          status: "failed",
          code: "worker-ended",
          message: "a worker process that ended: SIGKILL: expected a worker that runs its trial to the end",
          hint: "resume to go on from its last checkpoint; if memory was short, with fewer workers",
        },
      ],
    ]);
    expect(await readRun(join(folder.path, "relu-0"))).toEqual(before);
  });
});

describe.skipIf(process.platform !== "linux")("a worker that was stopped, then killed", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("leaves the record of its run to whoever has taken that over", async () => {
    vi.stubEnv("GATEWISE_LEASE", "0.3");
    await using folder = await temporaryFolder();
    const job = tinyJob(folder.path, "relu", 0, 100_000);
    const { directory } = job.request;
    let taken: Promise<void> | undefined;
    let held: readonly [Lock, string] | undefined;
    const takeOver = async (): Promise<readonly [Lock, string]> => {
      const lock = await lockDirectory(directory, {}, ELSEWHERE);
      const record = await readFile(join(directory, "run.json"), "utf8");
      for (const pid of workers()) process.kill(pid, "SIGKILL");
      return [lock, record];
    };
    const outcomes = await runTrials([job], {
      workers: 1,
      signal: never,
      onEvent: ({ kind }) => {
        if (kind !== "progress" || taken !== undefined) return;
        for (const pid of workers()) process.kill(pid, "SIGSTOP");
        taken = takeOver().then((all) => {
          held = all;
        });
      },
    });
    await taken;
    const [lock, record] = held ?? expect.fail("nothing was taken over");
    expect(outcomes.get("relu-0")).toMatchObject({ status: "failed", code: "worker-ended" });
    expect(await readFile(join(directory, "run.json"), "utf8")).toBe(record);
    await lock.check();
    await lock[Symbol.asyncDispose]();
  });
});

describe("the order of a pool", () => {
  it("starts what is ready, in order, as many as there are workers", async () => {
    await using folder = await temporaryFolder();
    const events: string[] = [];
    let running = 0;
    let most = 0;
    const onEvent = ({ kind, id }: PoolEvent): void => {
      if (kind === "progress") return;
      running += kind === "started" ? 1 : -1;
      most = Math.max(most, running);
      events.push(`${kind} ${id}`);
    };
    const jobs = [
      tinyJob(folder.path, "flnpf", 0, 1),
      tinyJob(folder.path, "relu", 0, 1),
      tinyJob(folder.path, "frnpf-ii", 0, 1),
    ];
    await runTrials(jobs, { workers: 2, signal: never, onEvent });
    expect(most).toBe(2);
    expect(events.slice(0, 2)).toEqual(["started relu-0", "started frnpf-ii-0"]);
    expect(events.indexOf("started flnpf-0")).toBeGreaterThan(events.indexOf("ended relu-0"));
  });

  it("does not start anything behind an aborted signal", async () => {
    await using folder = await temporaryFolder();
    const events: string[] = [];
    const jobs = [tinyJob(folder.path, "relu", 0, 1), tinyJob(folder.path, "flnpf", 0, 1)];
    await runTrials(jobs, {
      workers: 2,
      signal: AbortSignal.abort(),
      onEvent: ({ kind, id }) => events.push(`${kind} ${id}`),
    });
    expect(events).toEqual(["ended relu-0", "ended flnpf-0"]);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it("a job that waits for none of the others is our bug, and does not hang", async () => {
    await using folder = await temporaryFolder();
    const alone = tinyJob(folder.path, "flnpf", 0, 1);
    const running = runTrials([alone], { workers: 1, signal: never, onEvent: () => {} });
    await expect(running).rejects.toThrow("unreachable: flnpf-0 waits for a job that is not there");
  });
});
