/** Places for runs: the same suite for all, and experiments that run in one that is no disk. */
import { describe, expect, it } from "vitest";
import { loadDataset } from "../../src/data/node/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { type Executor, runTrialWith } from "../../src/runs/index.ts";
import {
  describeMachine,
  folderStore,
  gatewiseVersion,
  runExperiment,
  selectedData,
} from "../../src/runs/node/index.ts";
import { runTrial } from "../../src/runs/node/run-trial.ts";
import type { RunnerHost } from "../../src/runs/runners/runner.ts";
import { runOf } from "../../src/runs/runners/runners.ts";
import { storeConformance } from "../conformance/store.ts";
import { memoryStore } from "../support/memory-store.ts";
import { OWN_EXPERIMENTS } from "../support/own-experiments.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tinyJob } from "../support/tiny-trials.ts";

storeConformance("a folder", async () => {
  const folder = await temporaryFolder();
  return {
    store: folderStore(folder.path, { patienceMs: 0 }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});
storeConformance("memory", async () => ({ store: memoryStore("memory"), [Symbol.asyncDispose]: async () => {} }));

/** Says that all trials were stopped; keeps what it was asked for. */
function refusingExecutor() {
  const asked: string[] = [];
  const executor: Executor = {
    run: async (jobs) => {
      for (const { id, after, request } of jobs) asked.push(`${id} after ${after} in ${request.directory}`);
      return new Map(jobs.map(({ id }) => [id, { status: "interrupted" }] as const));
    },
  };
  return { asked, executor };
}

const hostOf = (executor: Executor): RunnerHost => ({
  executor,
  openEngine: (device) => openNodeEngine(device, { threads: 1 }),
  loadData: (name) => loadDataset(name, { environment: {}, cacheDir: "" }),
  clock: () => 0,
});

describe("an experiment in memory", () => {
  const common = () => {
    const store = memoryStore("page");
    return {
      profile: "quick",
      options: {},
      store,
      device: "cpu",
      command: "test",
      places: { dataDir: null, cacheDir: "" },
      claim: () => store.lock(),
    } as const;
  };
  const watch = { signal: new AbortController().signal, onEvent: () => {} };

  it.each(["watched", "trees", "theorem"] as const)("%s finds what it finds on disk", async (kind) => {
    await using folder = await temporaryFolder();
    const { executor } = refusingExecutor();
    const experiment = OWN_EXPERIMENTS[kind];
    const onDisk = await runExperiment(
      { ...common(), experiment, directory: folder.path, resume: false },
      { ...watch, executor, clock: () => 0 },
    );
    expect(await runOf(experiment.kind, { ...common(), experiment }, hostOf(executor), watch)).toEqual(onDisk);
    expect(onDisk.missing).toEqual([]);
  });

  it("regimes hand their trials to whatever runs them", async () => {
    const { asked, executor } = refusingExecutor();
    const experiment = OWN_EXPERIMENTS.regimes;
    const found = await runOf("regimes", { ...common(), experiment }, hostOf(executor), watch);
    expect(asked).toEqual([
      "relu-seed0 after undefined in page/relu-seed0",
      "flnpf-seed0 after relu-seed0 in page/flnpf-seed0",
    ]);
    expect(found.states.map(({ status }) => status)).toEqual(["not-started", "not-started"]);
    expect([...found.outcomes.values()]).toEqual([{ status: "interrupted" }, { status: "interrupted" }]);
  });

  it("a trial leaves the files that it leaves on disk", async () => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "dlnpf", 0, 2);
    const context = {
      signal: new AbortController().signal,
      report: () => {},
      clock: () => 0,
      now: () => "2026-01-01T00:00:00Z",
    };
    const store = memoryStore("page");
    const ended = await runTrialWith(
      {
        store: (name) => store.at(name),
        loadData: (selection) => selectedData(selection, {}),
        openEngine: openNodeEngine,
        givenNetwork: ({ path }) => expect.fail(`no plan names ${path}`),
        describe: () => ({ machine: describeMachine(), gatewise: gatewiseVersion() }),
      },
      { ...request, directory: "run" },
      context,
    );
    expect(ended).toEqual(await runTrial(request, context));
    expect(ended.status).toBe("completed");
    const [run, disk] = [store.at("run"), folderStore(request.directory)];
    const names = (await disk.list()).filter((name) => name !== "lock");
    expect([...(await run.list())].sort()).toEqual([...names].sort());
    expect(names).toContain("kernels.jsonl");
    for (const name of names) expect(await run.read(name), name).toEqual(new Uint8Array((await disk.read(name)) ?? []));
  });
});
