/** `sweep plan` and `sweep run`, in this process. */
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lockDirectory } from "../../src/data/node/index.ts";
import { gatewise, gatewiseHere } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { contentOf } from "../support/tiny-trials.ts";

const folder = await temporaryFolder();
const at = (...names: readonly string[]): string => join(folder.path, ...names);
afterAll(async () => await folder[Symbol.asyncDispose]());

const BASE = { data: "digits", arch: "fc", width: 8, depth: 3, limit: 160, testLimit: 100, epochs: 2, lr: 1e-2 };
const SWEEP = { base: BASE, grid: { regime: ["flnpf", "dlnpf"] } };

async function planned(name: string, specification: unknown = SWEEP) {
  await writeFile(at("s.json"), JSON.stringify(specification));
  const { code, stdout, stderr } = await gatewiseHere(["sweep", "plan", at("s.json"), "--out", at(name), "--json"]);
  expect(code, stdout + stderr).toBe(0);
  return JSON.parse(stdout);
}

/** The sweep that was run whole, planned into another folder. */
async function copied(name: string): Promise<readonly string[]> {
  await mkdir(at(name));
  for (const file of ["sweep.json", "trials.jsonl"]) await copyFile(at("whole", file), at(name, file));
  return await trialsOf(name);
}

async function ran(name: string, ...args: readonly string[]) {
  const { code, stdout, stderr } = await gatewiseHere(["sweep", "run", at(name), "--workers", "2", ...args, "--json"]);
  return { code, stderr, ...JSON.parse(stdout) };
}

const linesOf = async (name: string) =>
  (await readFile(at(name, "trials.jsonl"), "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
const trialsOf = async (name: string): Promise<readonly string[]> => (await linesOf(name)).map(({ trial }) => trial);
const runsIn = async (name: string): Promise<readonly string[]> =>
  (await readdir(at(name), { withFileTypes: true }))
    .flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
    .sort();

beforeAll(async () => {
  await planned("whole");
  const { code, completed, done, trials } = await ran("whole");
  expect({ code, completed, done, trials }).toEqual({ code: 0, completed: 3, done: 3, trials: 3 });
}, 300_000);

describe("sweep plan", () => {
  it("plans again: what is there stays, what is new is added, what is no longer in is listed", async () => {
    const first = await planned("again");
    expect(first).toMatchObject({ trials: 3, families: 2, forGates: 1, added: 3, kept: 0, gone: [] });
    const before = await trialsOf("again");
    const next = { base: { ...BASE, regime: "dlnpf", epochs: 3 }, seeds: 2 };
    const second = await planned("again", next);
    expect(second).toMatchObject({ trials: 2, added: 1, kept: 1 });
    const now = await trialsOf("again");
    expect(second.gone).toEqual(before.filter((name) => !now.includes(name)));
  });

  it("tells what it will take", async () => {
    const { estimate } = JSON.parse(await readFile(at("whole", "sweep.json"), "utf8"));
    expect(estimate.coreHours).toBeGreaterThan(0);
    expect(estimate.memoryBytes).toBeGreaterThan(1e7);
    const seconds = (await linesOf("whole")).reduce((sum, { cost }) => sum + cost.seconds, 0);
    expect(estimate.coreHours).toBeCloseTo(seconds / 3600, 12);
  });

  it.each([
    [{ base: BASE, grid: { regime: ["dlnfp"] } }, 's.json, trial 1 (regime "dlnfp"): regime "dlnfp": expected', 2],
    [{ base: { ...BASE, lr: -1 } }, "s.json: lr -1: expected a number above 0", 2],
    [{ base: { ...BASE, nesterov: true } }, "s.json: nesterov without momentum: expected", 2],
    [{ base: { ...BASE, regime: "flnpf", from: "nowhere.onnx" } }, "s.json: nowhere.onnx", 1],
  ])("refuses %j and leaves nothing", async (specification, message, code) => {
    await writeFile(at("wrong.json"), JSON.stringify(specification).replaceAll("s.json", "wrong.json"));
    const found = await gatewiseHere(["sweep", "plan", at("wrong.json"), "--out", at("wrong"), "--json"]);
    expect(JSON.parse(found.stdout).error.message).toContain(message.replace("s.json", "wrong.json"));
    expect(found.code).toBe(code);
    await expect(readdir(at("wrong"))).rejects.toThrow("ENOENT");
  });

  it("refuses a folder that holds a run, and to run what was not planned", async () => {
    const [trial = ""] = await trialsOf("whole");
    const plan = await gatewiseHere(["sweep", "plan", at("s.json"), "--out", at("whole", trial), "--json"]);
    expect(JSON.parse(plan.stdout).error.message).toContain("which holds a single run: expected a new folder");
    expect(plan.code).toBe(1);
    const run = await gatewiseHere(["sweep", "run", at("whole", trial), "--json"]);
    expect(JSON.parse(run.stdout).error.message).toContain("without a sweep.json: expected a folder that");
    expect(run.code).toBe(1);
  });
});

describe("sweep status and sweep gather", () => {
  it("of a sweep that is done: a row a setting, a line a trial, a report", async () => {
    const status = JSON.parse((await gatewiseHere(["sweep", "status", at("whole"), "--json"])).stdout);
    expect(status).toMatchObject({ trials: 3, done: 3, running: 0, stalled: 0, failed: 0, waiting: 0, hoursLeft: 0 });
    const { code, stdout, stderr } = await gatewiseHere(["sweep", "gather", at("whole"), "--json"]);
    expect(code, stdout + stderr).toBe(0);
    const { rows, missing, csv, report, warnings } = JSON.parse(stdout);
    expect({ missing, warnings }).toEqual({ missing: [], warnings: [] });
    const results = await Promise.all(
      (await linesOf("whole")).map(async ({ trial, settings: { regime } }) => {
        const { result } = JSON.parse(await readFile(at("whole", trial, "run.json"), "utf8"));
        return { trial, regime, best: result.bestTestAccuracy };
      }),
    );
    const bestOf = (regime: string) => results.find((one) => one.regime === regime)?.best;
    // the ReLU run is there for the gates of the other alone
    expect(rows).toEqual(
      ["flnpf", "dlnpf"].map((regime) => ({ regime, mean: bestOf(regime), std: 0, runs: [bestOf(regime)] })),
    );
    const lines = (await readFile(csv, "utf8")).trimEnd().split("\n");
    expect(lines[0]).toBe(
      "trial,regime,seed,forGates,bestTestAccuracy,bestEpoch,lastTestAccuracy,epochs,secondsPerEpoch",
    );
    expect(lines.slice(1).map((line) => line.split(",").slice(0, 5))).toEqual(
      results.map(({ trial, regime, best }) => [trial, regime, "0", String(regime === "relu"), String(best)]),
    );
    expect(await readFile(report, "utf8")).toContain("<html");
  }, 300_000);

  it("of one that nobody has begun: what is missing, and no report", async () => {
    const names = await copied("unbegun");
    const { stdout } = await gatewiseHere(["sweep", "gather", at("unbegun"), "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ rows: [], missing: names, report: null });
    const status = await gatewiseHere(["sweep", "status", at("unbegun")]);
    expect(status.stdout).toMatch(
      /trials +done +running +stalled +failed +waiting\n +3 +0 +0 +0 +0 +3\n\nabout \d+ s of one core left/,
    );
  });
});

describe("sweep run", () => {
  it("as tasks side by side: each trial once, with the bits of one process", async () => {
    await copied("tasks");
    const results = await Promise.all(["0", "1"].map((task) => ran("tasks", "--task", task, "--tasks", "2")));
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect(results.reduce((sum, { completed }) => sum + completed, 0)).toBe(3);
    for (const name of await trialsOf("whole"))
      expect(await contentOf(at("tasks", name))).toEqual(await contentOf(at("whole", name)));
    // a trial of a sweep is what train makes of its options
    const args = ["train", "--regime", "flnpf", "--lr", "0.01", "--width", "8", "--depth", "3", "--limit", "160"];
    const { code } = await gatewiseHere([...args, "--test-limit", "100", "--epochs", "2", "--out", at("train")]);
    expect(code).toBe(0);
    const lines = await linesOf("whole");
    const own = lines.find(({ settings }) => settings.regime === "flnpf");
    expect(await contentOf(at("train"))).toEqual(await contentOf(at("whole", own.trial)));
    expect(await contentOf(at("train", "relu"))).toEqual(await contentOf(at("whole", own.after)));
  }, 300_000);

  it("leaves to others what they run, and what waits for that; it goes on where they have stopped", async () => {
    const [relu = "", flnpf = ""] = await copied("busy");
    await mkdir(at("busy", relu));
    {
      await using _lock = await lockDirectory(at("busy", relu));
      const result = await ran("busy");
      expect(result).toMatchObject({ code: 0, completed: 1, done: 1, running: 1, waiting: 1, failures: [] });
      expect(result.stderr).toBe("");
      const { stderr } = await gatewiseHere(["sweep", "run", at("busy")]);
      expect(stderr).toContain(`1 trial not done yet, which other processes run, and 1 wait for them:\n  ${relu}: `);
    }
    expect(await runsIn("busy")).not.toContain(flnpf);
    expect(await ran("busy")).toMatchObject({ code: 0, completed: 2, done: 3, running: 0 });
  }, 300_000);

  it("goes on where a trial is planned longer, and tells why a trial failed until it is asked to run it again", async () => {
    const one = { base: { ...BASE, regime: "dlnpf" } };
    await planned("longer", one);
    expect((await ran("longer")).code).toBe(0);
    await planned("longer", { base: { ...one.base, epochs: 4 } });
    const [name = ""] = await trialsOf("longer");
    expect(await ran("longer")).toMatchObject({ code: 0, completed: 1 });
    expect((await contentOf(at("longer", name))).metrics).toHaveLength(4);
    expect((await contentOf(at("longer", name))).metrics.slice(0, 2)).toEqual(
      (await contentOf(at("whole", name))).metrics,
    );

    await planned("longer", { base: { ...one.base, optimizer: "sgd", lr: 1e30 } });
    const [failing = ""] = await trialsOf("longer");
    for (const args of [[], [], ["--retry-failed"]]) {
      const { code, failed, failures } = await ran("longer", ...args);
      expect({ code, failed, trial: failures[0].trial }).toEqual({ code: 1, failed: 1, trial: failing });
      expect(failures[0].message).toContain("a loss of NaN");
    }
  }, 300_000);

  it("stops where it is told to, and says how to go on", async () => {
    await copied("stopped");
    const stop = new AbortController();
    stop.abort(75);
    const { code, stderr } = await gatewise(["sweep", "run", at("stopped")], stop.signal);
    expect(code).toBe(75);
    expect(stderr).toContain(`interrupted; to go on:\n  gatewise sweep run ${at("stopped")}`);
  });
});
