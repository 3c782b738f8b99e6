/** How far trials are, by what stands in their folders. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RunRecord } from "../../src/runs/index.ts";
import { gatherTrials, sweepStatus, type TrainingTrial } from "../../src/sweeps/index.ts";
import { lookAtAll, trialLooker } from "../../src/sweeps/node/index.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tinyJob } from "../support/tiny-trials.ts";

const { plan, data } = tinyJob("", "relu", 0, 4).request;
const trialOf = (trial: string, more: Partial<TrainingTrial> = {}): TrainingTrial => ({
  kind: "training",
  ...{
    trial,
    identity: `sha256:${trial}`,
    settings: { regime: "relu" },
    seed: 0,
    asked: true,
    after: null,
    family: trial,
  },
  cost: { seconds: 100, memoryBytes: 1, diskBytes: 1 },
  ...{ plan, data: { name: "digits", limit: null, testLimit: null }, gates: null, given: [] },
  ...{ keep: [], keepBestUntil: [], watchGates: false, device: "cpu", threads: 1 },
  ...more,
});

const MACHINE = { platform: "linux x64", processor: "P1", cores: 2, memoryGiB: 4, node: "22", onnxruntime: "1.30" };
const RESULT = { bestTestAccuracy: 50, bestEpoch: 2, lastTestAccuracy: 40, secondsPerEpoch: 50, epochs: 4 };
const recordOf = (more: Partial<RunRecord> = {}): RunRecord => ({
  ...{ format: 1, gatewise: "1.0.0", status: "completed", plan, learntFrom: null, device: "cpu", threads: 1 },
  data: { name: data.name, source: "", trainExamples: 10, testExamples: 10, limit: null, testLimit: null },
  ...{
    machine: MACHINE,
    command: "",
    startedAt: "2026-01-01T00:00:00.000Z",
    finishedAt: null,
    result: RESULT,
    error: null,
  },
  ...more,
});

const HERE = { host: "elsewhere", pid: 7, started: "1", boot: "b", pidNamespace: "p", leaseMs: 1000 };

describe("looks", () => {
  it("tell done, running, stalled, failed and waiting, and the time that is left", async () => {
    await using folder = await temporaryFolder();
    const made = async (name: string, record: RunRecord | string | undefined, epochs: number, lock = false) => {
      const at = join(folder.path, name);
      await mkdir(at);
      if (record !== undefined)
        await writeFile(join(at, "run.json"), typeof record === "string" ? record : JSON.stringify(record));
      const lines = Array.from({ length: epochs }, (_, i) => `{"epoch":${i + 1},"trainLoss":1}\n`);
      await writeFile(join(at, "metrics.jsonl"), `${lines.join("")}{"epo`);
      if (lock) await writeFile(join(at, "lock"), JSON.stringify({ id: "x", ...HERE }));
    };
    const failure = { message: "a loss of NaN", hint: "" };
    await made("done", recordOf(), 4);
    await made("longer", recordOf({ plan: { ...plan, epochs: 2 } }), 2);
    await made("running", recordOf({ status: "running", result: null }), 3, true);
    await made("killed", recordOf({ status: "running", result: null }), 1);
    await made("stopped", recordOf({ status: "interrupted", result: null }), 1);
    await made("failed", recordOf({ status: "failed", result: null, error: failure }), 1);
    await made("damaged", "{", 1);
    const names = ["done", "longer", "running", "killed", "stopped", "failed", "damaged", "new"];
    const trials = names.map((name) => trialOf(name));
    const statesAt = async (now: number) => {
      const looks = await lookAtAll(trials, await trialLooker(folder.path, () => now));
      return { looks, states: looks.map(({ status, epochs }) => [status, epochs]) };
    };
    const { looks, states } = await statesAt(Date.now());
    expect(states).toEqual([
      ["done", 4],
      ["waiting", 2],
      ["running", 3],
      ["stalled", 1],
      ["waiting", 1],
      ["failed", 1],
      ["failed", 0],
      ["waiting", 0],
    ]);
    expect(looks[2]?.by).toBe("elsewhere, process 7");
    expect(looks[5]?.reason).toBe("a loss of NaN");
    expect(looks[6]?.reason).toContain("run.json: ");
    // a lock that has not been touched for a lease
    expect((await statesAt(Date.now() + 5000)).states[2]).toEqual(["stalled", 3]);
    // twice as slow as planned: 200 s instead of 100; a half, a quarter, three quarters twice and a whole are left
    const status = sweepStatus(trials, looks);
    expect(status).toMatchObject({ trials: 8, done: 1, running: 1, stalled: 1, failed: 2, waiting: 3 });
    expect(status.coreHoursLeft).toBeCloseTo((200 * (0.5 + 0.25 + 0.75 + 0.75 + 1)) / 3600, 12);
    expect(status.hoursLeft).toBeCloseTo(status.coreHoursLeft, 12);
    expect(status.failures.map(({ trial }) => trial)).toEqual(["failed", "damaged"]);
  });

  it("of 1,000 trials", async () => {
    await using folder = await temporaryFolder();
    const trials = Array.from({ length: 1000 }, (_, i) => trialOf(`trial${i}`));
    const record = JSON.stringify(recordOf());
    for (const { trial } of trials.slice(0, 600)) {
      await mkdir(join(folder.path, trial));
      await writeFile(join(folder.path, trial, "run.json"), record);
    }
    const looks = await lookAtAll(trials, await trialLooker(folder.path, () => Date.now()));
    expect(sweepStatus(trials, looks)).toMatchObject({ trials: 1000, done: 600, waiting: 400 });
  });
});

describe("gathered", () => {
  it("are means over the seeds, and what is mixed is said", () => {
    const run = (seed: number, lr: number, best: number, more: Partial<RunRecord> = {}) => ({
      trial: trialOf(`lr${lr}-${seed}`, { seed, settings: { lr, name: 'a "b", c' } }),
      record: recordOf({ result: { ...RESULT, bestTestAccuracy: best }, ...more }),
    });
    const other = { machine: { ...MACHINE, processor: "P2" }, gatewise: "2.0.0" };
    const gathered = gatherTrials([run(1, 0.1, 60), run(0, 0.1, 50), run(0, 0.2, 70, other)]);
    expect(gathered.rows).toEqual([
      { settings: { lr: 0.1, name: 'a "b", c' }, mean: 55, std: Math.sqrt(50), runs: [50, 60] },
      { settings: { lr: 0.2, name: 'a "b", c' }, mean: 70, std: 0, runs: [70] },
    ]);
    expect(gathered.csv.split("\n")[1]).toBe('lr0.1-1,0.1,"a ""b"", c",1,false,60,2,40,4,50');
    expect(gathered.warnings).toEqual([
      "runs of different versions of gatewise, whose last bits may differ (1.0.0: 2 runs; 2.0.0: 1 run)",
      "runs of different processors, whose last bits may differ (P1 (linux x64): 2 runs; P2 (linux x64): 1 run)",
    ]);
    expect(gatherTrials([run(0, 0.1, 60)]).warnings).toEqual([]);
    const { data } = recordOf();
    const on = (digest: string) => ({ data: { ...data, name: "mnist", digest } });
    expect(gatherTrials([run(0, 0.1, 60, on("sha256:a")), run(1, 0.1, 60, on("sha256:b"))]).warnings).toEqual([
      "runs on different bytes of data set mnist, whose figures cannot be compared (sha256:a: 1 run; sha256:b: 1 run)",
    ]);
  });
});
