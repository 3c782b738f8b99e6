/** Sweeps on a real Slurm, and what becomes of their tasks: in the end each has the bits of the sweep that was run here. */
import { chmod, cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findRun, readRun } from "../../src/runs/node/index.ts";
import { gatewise } from "../support/command-line.ts";
import { BASE, copyPlan, planSweep, trialsOf } from "../support/planned-sweep.ts";
import { appearance, inItsMidst, isSlurmHere, partitionsOf, type Slowed, SlurmLab } from "../support/slurm-lab.ts";
import { contentOf } from "../support/tiny-trials.ts";

/** Four families; the second has a ReLU network whose gates the other takes. */
const SWEEP = {
  base: { ...BASE, epochs: 200 },
  list: [{ seed: 1 }, { regime: "flnpf", seed: 0 }, { seed: 2 }, { seed: 3 }],
};

/** Nodes of each test, which waits for the most part; of one that loses a node, one more than tasks. */
const NODES = { disturbed: 5, ended: 3, between: 1, rounds: 4, one: 2 } as const;
type Partition = keyof typeof NODES;

let lab: SlurmLab;
let planned: string;
/** One after the other, by family. */
let trials: readonly string[];
let whole: Awaited<ReturnType<typeof outcomeOf>>;
let environment: Readonly<Record<string, string>>;

const at = (...names: readonly string[]): string => join(lab.folder, ...names);
/** The gathered table, and what the runs hold. */
async function outcomeOf(directory: string) {
  const { stdout } = await gatewise(["sweep", "gather", directory, "--json"]);
  const { rows, missing, warnings } = JSON.parse(stdout);
  const runs = await Promise.all(trials.map((trial) => contentOf(join(directory, trial))));
  return { table: { rows, missing, warnings }, runs };
}
/** A trial of a folder has finished an epoch, and goes on slowly. */
const underWay = (directory: string, trial: number): Promise<Slowed> =>
  inItsMidst(join(directory, trials[trial] ?? ""));

/** A copy of the plan, whose tasks go to the nodes of its test. */
const sweepOf = (partition: Partition): Promise<string> => copyPlan(planned, at(partition));

/** The numbers of the arrays that are sent: of tasks 0 to 2, and of task 3. */
async function submit(directory: string, ...options: readonly string[]) {
  const own = { ...environment, SBATCH_PARTITION: basename(directory) };
  const args = ["sweep", "submit", directory, "--on", "slurm", ...options, "--json"];
  const { code, stdout, stderr } = await gatewise(args, undefined, undefined, own);
  expect(code, stdout + stderr).toBe(0);
  const { jobs, ...rest } = JSON.parse(stdout);
  return { jobs: jobs.map(({ job }: { readonly job: string }) => job), arrays: jobs, ...rest };
}

/** The tasks of an array that was sent. */
function indicesOf({ array, first }: { readonly array: string; readonly first: number }): readonly number[] {
  return array.split(",").flatMap((run) => {
    const [from = 0, to = from] = run.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => first + from + i);
  });
}

/** The end of all tasks of some arrays. */
const statesOf = async (jobs: readonly string[]): Promise<readonly string[]> =>
  (await Promise.all(jobs.map((job) => lab.over(job)))).flatMap((tasks) => tasks.map(({ state }) => state));

describe.skipIf(!isSlurmHere()).concurrent("a sweep on Slurm", () => {
  beforeAll(async () => {
    // arrays of three
    lab = await SlurmLab.start({ ...partitionsOf(NODES), CPUS: "1", MAX_ARRAY: "3" });
    environment = { ...lab.environment, GATEWISE_LEASE: "4", PATH: `${await noAccounting()}:${lab.environment.PATH}` };
    planned = await planSweep(lab.folder, "planned", SWEEP, 0.9);
    trials = await trialsOf(planned);
    const here = await copyPlan(planned, at("here"));
    const { code, stderr } = await gatewise(["sweep", "run", here, "--workers", "2"]);
    expect(code, stderr).toBe(0);
    whole = await outcomeOf(here);
    expect(whole.table).toMatchObject({ missing: [], warnings: [] });
  });
  afterAll(async () => {
    if (lab === undefined) return;
    await using _lab = lab;
    // nothing has asked the accounting
    await expect(readFile(at("asked"), "utf8")).rejects.toThrow(/ENOENT/);
  });

  it("goes on: requeued by USR2, that task alone; preempted; without the node that it was on; arrays of few tasks", async () => {
    const sweep = await sweepOf("disturbed");
    const { jobs, arrays, tasks } = await submit(sweep);
    expect({ tasks, arrays }).toMatchObject({ tasks: 4, arrays: [{ array: "0-2" }, { array: "0", first: 3 }] });
    const [few, one] = jobs;
    const timeIsUp = async (): Promise<void> => {
      await underWay(sweep, 0);
      await lab.call("scancel", "--batch", "--signal=USR2", `${few}_0`);
    };
    const nodeDies = async (): Promise<void> => {
      await underWay(sweep, 1);
      await lab.kill((await lab.taskOf(`${few}_1`)).node);
      // its ReLU run is in its midst, and another's waits for its gates
      expect((await findRun(join(sweep, trials[1] ?? "")))?.status).toBe("running");
    };
    const preempted = async (): Promise<string> => {
      await underWay(sweep, 4);
      const { node } = await lab.taskOf(`${one}_0`);
      const options = ["--partition=urgent", `--nodelist=${node}`];
      return await lab.submit("urgent", [`until [ -e ${at("calm")} ]; do sleep 0.2; done`], ...options);
    };
    const [, , urgent] = await Promise.all([timeIsUp(), nodeDies(), preempted()]);
    await lab.until(urgent, "RUNNING");
    expect(await statesOf(jobs), await lab.logsOf(sweep)).toEqual(Array(4).fill("COMPLETED"));
    await writeFile(at("calm"), "");
    expect(await outcomeOf(sweep)).toEqual(whole);
    const restarts = await Promise.all(
      [`${few}_0`, `${few}_1`, `${few}_2`, `${one}_0`].map((task) => lab.restartsOf(task)),
    );
    expect(restarts).toEqual([1, 1, 0, 1]);
  });

  it("ends where it is told to, keeps what it has, and sends the rest when it is submitted again", async () => {
    const sweep = await sweepOf("ended");
    const { jobs } = await submit(sweep, "--max-running", "1");
    const [few] = jobs;
    // of the second family, by the first task, beside which no other may run
    await underWay(sweep, 1);
    expect((await lab.tasksOf(few)).map(({ state }) => state).sort()).toEqual(["PENDING", "PENDING", "RUNNING"]);
    // each to all processes of the task; it may have ended by the second
    const term = (): Promise<string> => lab.call("scancel", "--full", "--signal=TERM", `${few}_0`);
    await Promise.allSettled([term(), term()]);
    await lab.over(`${few}_0`);
    await lab.until(`${few}_1`, "RUNNING");
    await lab.call("scancel", ...jobs);
    expect(await statesOf(jobs)).toEqual(["FAILED", "CANCELLED", "CANCELLED", "CANCELLED"]);
    const done = await Promise.all(
      trials.map(async (trial) => (await findRun(join(sweep, trial)))?.status === "completed"),
    );
    const again = await submit(sweep);
    // what was not done by then, a task a family, and no more
    const left = [[0], [1, 2], [3], [4]].flatMap((family, task) => (family.some((i) => !done[i]) ? [task] : []));
    expect(left).not.toEqual([]);
    expect(left).not.toContain(0);
    expect(again).toMatchObject({
      queued: 0,
      done: done.filter((one) => one).length,
      sent: done.filter((one) => !one).length,
    });
    expect(again.arrays.flatMap(indicesOf)).toEqual(left);
    expect(await submit(sweep)).toMatchObject({ sent: 0, arrays: [] });
    expect(await statesOf(again.jobs), await lab.logsOf(sweep)).toEqual(Array(left.length).fill("COMPLETED"));
    expect(await outcomeOf(sweep)).toEqual(whole);
    // who came next began where it was stopped
    const runs = await Promise.all(trials.map((trial) => readRun(join(sweep, trial))));
    const next = runs.flatMap(({ segments = [] }) => segments.slice(1));
    expect(next.map(({ epoch, step }) => epoch + step > 0)).toContain(true);
    expect(await statesOf(jobs)).toEqual(["FAILED", "CANCELLED", "CANCELLED", "CANCELLED"]);
  });

  it("goes on with a family whose task was killed between its ReLU run and the one that waits for its gates", async () => {
    const sweep = await sweepOf("between");
    const [, learnt = "", waiting = ""] = trials;
    const others = trials.filter((trial) => trial !== learnt && trial !== waiting);
    for (const trial of others) await cp(at("here", trial), join(sweep, trial), { recursive: true });
    const { jobs, sent } = await submit(sweep);
    expect(sent).toBe(2);
    await appearance(join(sweep, learnt, "lock"));
    // the process that runs the one starts the other: while it is stopped the first one ends, and nothing follows
    const task = await parentOf(JSON.parse(await readFile(join(sweep, learnt, "lock"), "utf8")).pid);
    process.kill(task, "SIGSTOP");
    while ((await findRun(join(sweep, learnt)))?.status !== "completed") await wait(50);
    expect(await findRun(join(sweep, waiting))).toBeUndefined();
    process.kill(task, "SIGKILL");
    expect(await statesOf(jobs)).toEqual(["FAILED"]);
    const again = await submit(sweep);
    expect(again).toMatchObject({ sent: 1, done: 4 });
    expect(await statesOf(again.jobs), await lab.logsOf(sweep)).toEqual(["COMPLETED"]);
    expect(await outcomeOf(sweep)).toEqual(whole);
  });

  it("goes on in the next round where nothing may be requeued", async () => {
    const sweep = await sweepOf("rounds");
    const { jobs } = await submit(sweep, "--rounds", "2");
    const [few, one, ...next] = jobs;
    const timeIsUp = async (task: string, trial: number): Promise<void> => {
      await underWay(sweep, trial);
      await lab.call("scancel", "--batch", "--signal=USR2", task);
    };
    await Promise.all(
      [0, 1, 3, 4].map((trial, i) => timeIsUp([`${few}_0`, `${few}_1`, `${few}_2`, `${one}_0`][i] ?? "", trial)),
    );
    // one that was done before its time was up has ended well
    const states = await statesOf([few, one]);
    expect(states).toContain("FAILED");
    expect(states.filter((state) => state !== "FAILED" && state !== "COMPLETED")).toEqual([]);
    expect(await statesOf(next), await lab.logsOf(sweep)).toEqual(Array(4).fill("COMPLETED"));
    expect(await outcomeOf(sweep)).toEqual(whole);
  });

  it("has one writer a trial", async () => {
    const sweep = await sweepOf("one");
    const [line] = (await readFile(join(sweep, "trials.jsonl"), "utf8")).split("\n");
    await writeFile(join(sweep, "trials.jsonl"), `${line}\n`);
    const command = `exec ${process.execPath} ${resolve("dist/main.js")} sweep run ${sweep}`;
    const job = await lab.submit("one", [command], "--array=0-1", "--partition=one");
    const first = await underWay(sweep, 0);
    while (!OTHERS.test(await lab.outputOf("one"))) await wait(50);
    await first.release();
    expect(await statesOf([job]), await lab.outputOf("one")).toEqual(["COMPLETED", "COMPLETED"]);
    expect((await readRun(join(sweep, trials[0] ?? ""))).segments).toHaveLength(1);
    expect(await contentOf(join(sweep, trials[0] ?? ""))).toEqual(whole.runs[0]);
  });
});

/** A task that finds its trial held. */
const OTHERS = /other processes run|is held by process/;

/** The process that started another. */
async function parentOf(pid: number): Promise<number> {
  return Number(/^PPid:\s*(\d+)/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** A folder with a `sacct` that tells on who calls it. */
async function noAccounting(): Promise<string> {
  await mkdir(at("bin"));
  await writeFile(at("bin", "sacct"), `#!/bin/sh\ntouch '${at("asked")}'\nexit 1\n`);
  await chmod(at("bin", "sacct"), 0o755);
  return at("bin");
}
