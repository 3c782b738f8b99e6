/** What a scheduler's signals do: who is waited for, who is cut short, and which task goes back into its queue. */
import { existsSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { requeued, slurmTask } from "../../src/cli/requeue.ts";
import type { StopSignal, ToCommand } from "../../src/cli/supervision.ts";
import { Supervisor } from "../../src/cli/supervisor.ts";
import { endOf, startGatewise, TINY } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ARRAY = { SLURM_JOB_ID: "9", SLURM_ARRAY_JOB_ID: "7", SLURM_ARRAY_TASK_ID: "3" };

describe("the task that is requeued", () => {
  it.each([
    { environment: ARRAY, task: "7_3" },
    { environment: { SLURM_JOB_ID: "9" }, task: "9" },
    { environment: { ...ARRAY, SLURM_ARRAY_TASK_ID: "0" }, task: "7_0" },
    { environment: { SLURM_JOB_ID: "9", SLURM_ARRAY_JOB_ID: "" }, task: "9" },
    { environment: { SLURM_JOB_ID: "9; rm x" }, task: undefined },
    { environment: { PBS_JOBID: "4" }, task: undefined },
  ])("of $environment is $task", ({ environment, task }) => expect(slurmTask(environment)).toBe(task));
});

/** A command as it stands when its time was up. */
const TIMED_OUT = {
  args: ["train", "--out", "x", "--resume"],
  resumption: "gatewise train --out x --resume",
  hasKept: true,
  isCanceled: () => false,
};
const refusal = (how: object) => async () => {
  throw Object.assign(new Error("Command failed"), how);
};

describe("a task whose time is up", () => {
  it("is put back by its own number alone", async () => {
    const asked: unknown[] = [];
    const told = await requeued(TIMED_OUT, ARRAY, async (...call) => asked.push(call));
    expect(asked).toEqual([["scontrol", ["requeue", "7_3"]]]);
    expect(told).toBe("job 7_3 is requeued: it goes on when Slurm starts it again");
  });

  it.each([
    { title: "outside Slurm", change: {}, environment: {}, told: undefined },
    { title: "that was canceled meanwhile", change: { isCanceled: () => true }, environment: ARRAY, told: undefined },
    {
      title: "without a checkpoint",
      change: { hasKept: false },
      environment: ARRAY,
      told: "job 7_3 is not requeued: nothing was kept that it could go on from",
    },
    {
      title: "whose line would be refused",
      change: { args: ["train", "--out", "x"] },
      environment: ARRAY,
      told: "job 7_3 is not requeued: started again, its command would not go on; add to it what the line above has more",
    },
  ])("$title is not", async ({ change, environment, told }) => {
    const run = async () => expect.fail("asked Slurm");
    expect(await requeued({ ...TIMED_OUT, ...change }, environment, run)).toBe(told);
  });

  it.each([
    { how: { code: "ENOENT" }, reason: "there is no scontrol here" },
    {
      how: { code: 1, stderr: "x\nRequested operation is presently disabled\n" },
      reason: "Requested operation is presently disabled",
    },
    { how: { killed: true, stderr: "" }, reason: "scontrol did not answer in 20 s" },
    { how: { code: 1, stderr: "" }, reason: "scontrol refused" },
  ])("is told why it is not: $reason", async ({ how, reason }) => {
    expect(await requeued(TIMED_OUT, ARRAY, refusal(how))).toBe(
      `job 7_3 is not requeued: ${reason}; submit it again to go on`,
    );
  });
});

describe("a command that does not end by itself", () => {
  const pid = 4_000_000;
  const struck: unknown[] = [];
  beforeEach(() => {
    struck.length = 0;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    vi.spyOn(process, "kill").mockImplementation((to, signal) => {
      struck.push([to, signal]);
      return true;
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  /** A supervisor that has heard the signals, so many milliseconds apart, and what it has told the command. */
  function heard(signals: readonly StopSignal[], apart: number, isScheduled = true) {
    const told: ToCommand[] = [];
    const supervisor = new Supervisor({ pid, tell: (message) => told.push(message) }, isScheduled);
    for (const name of signals) {
      vi.advanceTimersByTime(apart);
      supervisor.hear(name);
    }
    return { supervisor, told };
  }
  const isCut = (): boolean => struck.some((one) => String(one) === `${pid},SIGKILL`);

  it.each([
    { signals: ["SIGTERM", "SIGTERM"], apart: 500, cut: false },
    { signals: ["SIGTERM", "SIGTERM", "SIGTERM"], apart: 1000, cut: false },
    { signals: ["SIGUSR2", "SIGUSR2", "SIGTERM", "SIGTERM"], apart: 1000, cut: false },
    { signals: ["SIGTERM", "SIGINT"], apart: 500, cut: false },
    // of one press, to the process and to its group
    { signals: ["SIGINT", "SIGINT"], apart: 100, cut: false },
    { signals: ["SIGINT", "SIGINT"], apart: 500, cut: true },
    { signals: ["SIGTERM", "SIGINT", "SIGINT"], apart: 500, cut: true },
  ] as const)("is cut short by $signals, $apart ms apart: $cut", ({ signals, apart, cut }) => {
    const { supervisor, told } = heard(signals, apart);
    expect(isCut()).toBe(cut);
    expect(told).toHaveLength(1);
    supervisor.close();
  });

  it.each([
    { signal: "SIGINT", isScheduled: true, least: 1000, most: 1500 },
    { signal: "SIGTERM", isScheduled: false, least: 1000, most: 1500 },
    { signal: "SIGTERM", isScheduled: true, least: 5000, most: 10_000 },
    { signal: "SIGHUP", isScheduled: true, least: 5000, most: 10_000 },
    { signal: "SIGUSR2", isScheduled: false, least: 5000, most: 10_000 },
  ] as const)("at $signal, scheduled $isScheduled, has $least to $most ms", ({ signal, isScheduled, least, most }) => {
    const { supervisor } = heard([signal], 0, isScheduled);
    vi.advanceTimersByTime(least);
    expect(isCut()).toBe(false);
    vi.advanceTimersByTime(most - least);
    expect(isCut()).toBe(true);
    supervisor.close();
  });

  it("is stopped at its time limit, too", () => {
    const { supervisor, told } = heard([], 0);
    supervisor.receive({ kind: "limit", milliseconds: 60_000, timeIsUp: "the time limit of 1m" });
    vi.advanceTimersByTime(59_999);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual([{ kind: "stop", code: 75, timeIsUp: "the time limit of 1m" }]);
    expect(supervisor.isToGoOn).toBe(false);
    vi.advanceTimersByTime(10_000);
    expect(isCut()).toBe(true);
    supervisor.close();
  });

  it.each([
    { signals: ["SIGUSR2"], isToGoOn: true },
    { signals: ["SIGUSR2", "SIGUSR2"], isToGoOn: true },
    { signals: ["SIGTERM"], isToGoOn: false },
    { signals: ["SIGUSR2", "SIGTERM"], isToGoOn: false },
    { signals: ["SIGTERM", "SIGUSR2"], isToGoOn: false },
    { signals: ["SIGUSR2", "SIGINT"], isToGoOn: false },
  ] as const)("behind $signals is to go on: $isToGoOn", ({ signals, isToGoOn }) => {
    const { supervisor } = heard(signals, 10);
    expect(supervisor.isToGoOn).toBe(isToGoOn);
    supervisor.close();
  });
});

describe.skipIf(process.platform === "win32")("a process", () => {
  it("that gets USR2, as all of its step do, keeps its state and asks Slurm once for its task", async () => {
    await using folder = await temporaryFolder();
    const [scontrol, asked] = [join(folder.path, "scontrol"), join(folder.path, "asked")];
    await writeFile(scontrol, `#!/bin/sh\necho "$@" >> '${asked}'\n`);
    await chmod(scontrol, 0o755);
    const args = ["train", ...TINY, "--epochs", "100000", "--out", "run", "--resume"];
    const child = startGatewise(folder.path, args, {
      environment: { ...ARRAY, PATH: `${folder.path}:${process.env.PATH}` },
      detached: true,
    });
    const end = endOf(child);
    const pid = child.pid ?? expect.fail("no process");
    while (!existsSync(join(folder.path, "run", "last.safetensors"))) await wait(20);
    process.kill(-pid, "SIGUSR2");
    const { code, stdout, stderr } = await end;
    expect({ code, stdout }).toEqual({ code: 75, stdout: "" });
    expect(stderr).toBe(
      `stopped at the end of its time (SIGUSR2); to go on:\n  gatewise ${args.join(" ")}\njob 7_3 is requeued: it goes on when Slurm starts it again\n`,
    );
    expect(await readFile(asked, "utf8")).toBe("requeue 7_3\n");
    expect(JSON.parse(await readFile(join(folder.path, "run", "run.json"), "utf8"))).toMatchObject({
      status: "interrupted",
    });
  });
});
