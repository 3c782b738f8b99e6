import { existsSync } from "node:fs";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { float32 } from "../../src/graph/index.ts";
import { mapParameters } from "../../src/network/index.ts";
import type { TrialOutcome, TrialProgress } from "../../src/runs/index.ts";
import { folderStore } from "../../src/runs/node/folder-store.ts";
import { readMetrics, readRun } from "../../src/runs/node/index.ts";
import { runTrial } from "../../src/runs/node/run-trial.ts";
import { readCheckpoint, writeCheckpoint } from "../../src/runs/run-files.ts";
import type { TrialRequest } from "../../src/runs/trial-request.ts";
import { optimizer } from "../../src/train/index.ts";
import { rejectionOf } from "../support/error-of.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { contentOf, tinyJob } from "../support/tiny-trials.ts";

const NOW = "2026-01-01T00:00:00.000Z";

/** Runs a trial in this process. */
const run = (
  request: TrialRequest,
  {
    signal = new AbortController().signal,
    report = () => {},
  }: { signal?: AbortSignal; report?: (p: TrialProgress) => void } = {},
): Promise<TrialOutcome> => runTrial(request, { signal, report, clock: () => 0, now: () => NOW });

const withPlan = (request: TrialRequest, plan: Partial<TrialRequest["plan"]>): TrialRequest => ({
  ...request,
  plan: { ...request.plan, ...plan },
});

/** Name, size and time of each file: equal if nothing was written. */
async function stateOf(directory: string) {
  const names = (await readdir(directory)).sort();
  return Promise.all(names.map(async (name) => [name, (await stat(join(directory, name))).mtimeMs] as const));
}

/** What a resumed run must share with the one that the directory holds. */
const OTHERS: readonly { readonly title: string; readonly change: (request: TrialRequest) => TrialRequest }[] = [
  { title: "regime", change: (request) => withPlan(request, { regime: "frnpf-ii" }) },
  { title: "seed", change: (request) => withPlan(request, { seed: 1 }) },
  { title: "learning rate", change: (request) => withPlan(request, { optimizer: optimizer("adam", 2e-3) }) },
  { title: "optimizer", change: (request) => withPlan(request, { optimizer: optimizer("rmsprop", 1e-3) }) },
  { title: "batch", change: (request) => withPlan(request, { batch: 31 }) },
  {
    title: "architecture",
    change: (request) =>
      withPlan(request, {
        architecture: { ...request.plan.architecture, inputShape: [1, 28, 28] },
      }),
  },
  { title: "limit", change: (request) => ({ ...request, data: { ...request.data, limit: 319 } }) },
  { title: "test limit", change: (request) => ({ ...request, data: { ...request.data, testLimit: null } }) },
  {
    title: "source of the gates",
    change: (request) => ({ ...request, learntFrom: { label: "../other", directory: request.directory, until: null } }),
  },
];

describe("a directory that holds a run", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let request: TrialRequest;
  /** One run for all refusals: they leave it as it is. */
  beforeAll(async () => {
    folder = await temporaryFolder();
    ({ request } = tinyJob(folder.path, "relu", 0, 1));
    await run(request);
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  it.each(OTHERS)("is refused to one of another $title", async ({ change }) => {
    const before = await stateOf(request.directory);
    expect(await rejectionOf(run(change(request)))).toEqual({
      message: `${request.directory}, which holds a run of another configuration: expected the configuration that stands in its run.json (only the number of epochs may change)`,
      hint: "repeat the command that made it (it stands in run.json), or choose another directory with `directory`",
    });
    expect(await stateOf(request.directory)).toEqual(before);
  });

  it("is refused where nobody asked to resume", async () => {
    expect(await rejectionOf(run({ ...request, resume: false }))).toEqual({
      message: `${request.directory}, which holds a run already: expected a directory without a run`,
      hint: "choose another with `directory`, or go on with this one: `resume`",
    });
  });

  it("has its result at once if it is complete, and stays untouched", async () => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "relu", 0, 2);
    const first = await run(request);
    const before = await stateOf(request.directory);
    const report = (): never => expect.fail("it trained");
    expect(await run(request, { report })).toEqual(first);
    expect(await stateOf(request.directory)).toEqual(before);
  });

  it("is refused to one that would end before where it stands", async () => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "relu", 0, 3);
    await run(request);
    const before = await stateOf(request.directory);
    expect(await rejectionOf(run(withPlan(request, { epochs: 2 })))).toEqual({
      message: `${request.directory}, trained for 3 epochs: expected a run of at most 2`,
      hint: "ask for at least as many `epochs`, or choose another directory with `directory`",
    });
    expect(await stateOf(request.directory)).toEqual(before);
  });

  it("that lost metrics is marked as failed", async () => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "relu", 0, 2);
    await run(request);
    const file = join(request.directory, "metrics.jsonl");
    await writeFile(file, "");
    const error = {
      message: `${file} with 0 epochs: expected the 2 epochs of last.safetensors beside it`,
      hint: "restore the file, or start a new run",
    };
    expect(await run(withPlan(request, { epochs: 3 }))).toEqual({ status: "failed", code: "damaged-file", ...error });
    expect(await readRun(request.directory)).toMatchObject({ status: "failed", error });
  });
});

describe("a run that two processes have written", () => {
  it.each([
    { epochs: 2, title: "is refused where it would go on" },
    { epochs: 1, title: "is refused where nothing is left to do" },
  ])("$title, and stays as it is", async ({ epochs }) => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "relu", 0, 1);
    await run(request);
    const file = join(request.directory, "metrics.jsonl");
    await writeFile(file, (await readFile(file, "utf8")).repeat(2));
    const before = await stateOf(request.directory);
    expect(await rejectionOf(run(withPlan(request, { epochs })))).toEqual({
      message: `${file}, line 2: epoch 1: expected epoch 2: a line an epoch, in order`,
      hint: "restore the file, or start a new run: perhaps two processes have written it",
    });
    expect(await stateOf(request.directory)).toEqual(before);
  });
});

describe("an interrupted run", () => {
  it("before its first epoch resumes as if new", async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    const { request } = tinyJob(folder.path, "dlnpf", 0, 2);
    expect(await run(request, { signal: AbortSignal.abort() })).toEqual({ status: "interrupted" });
    expect(await readRun(request.directory)).toMatchObject({ status: "interrupted", result: null, error: null });
    expect(existsSync(join(request.directory, "last.safetensors"))).toBe(false);
    expect((await run(request)).status).toBe("completed");
    const whole = tinyJob(other.path, "dlnpf", 0, 2).request;
    await run(whole);
    expect(await contentOf(request.directory)).toEqual(await contentOf(whole.directory));
  });

  it("may be asked to end where it stands", async () => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "relu", 0, 1000);
    const stop = new AbortController();
    const report = (progress: TrialProgress): void => {
      if (progress.kind === "epoch" && progress.metrics.epoch === 2) stop.abort();
    };
    expect(await run(request, { signal: stop.signal, report })).toEqual({ status: "interrupted" });
    const outcome = await run(withPlan(request, { epochs: 2 }));
    const metrics = await readMetrics(request.directory);
    expect(metrics.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(outcome).toMatchObject({ status: "completed", result: { lastTestAccuracy: metrics[1]?.testAccuracy } });
    expect((await readRun(request.directory)).plan.epochs).toBe(2);
  });
});

it("a flnpf whose relu was trained on is trained behind the new gates, as if the relu had always been so", async () => {
  await using grown = await temporaryFolder();
  await using whole = await temporaryFolder();
  const both = async (at: string, epochs: number): Promise<void> => {
    for (const regime of ["relu", "flnpf"] as const) await run(tinyJob(at, regime, 0, epochs).request);
  };
  await both(grown.path, 1);
  const [before] = (await contentOf(join(grown.path, "relu-0"))).checkpoints;
  await both(grown.path, 8);
  const [after] = (await contentOf(join(grown.path, "relu-0"))).checkpoints;
  expect(after, "the relu got better").not.toEqual(before);
  await both(whole.path, 8);
  expect(await contentOf(join(grown.path, "flnpf-0"))).toEqual(await contentOf(join(whole.path, "flnpf-0")));
});

describe("a loss that breaks", () => {
  it("after the last step of an epoch leaves metrics that can be read", async () => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "relu", 0, 3);
    const oneStep = withPlan(request, { batch: 320, optimizer: optimizer("sgd", 1e30) });
    const error = {
      message: "a loss of NaN on the test examples after epoch 1: expected a finite loss",
      hint: "lower the learning rate (it is 1e+30); the epochs before are kept",
    };
    expect(await run(oneStep)).toEqual({ status: "failed", code: "numerical-failure", ...error });
    expect(await readRun(request.directory)).toMatchObject({ status: "failed", error, result: null });
    expect(await readMetrics(request.directory)).toEqual([]);
  });

  it("keeps the epochs and the checkpoints before", async () => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "relu", 0, 2);
    await run(request);
    const before = await contentOf(request.directory);
    // as if the second epoch had made the weights this large
    const last = (await readCheckpoint(folderStore(request.directory), "last")) ?? expect.fail("no checkpoint");
    const parameters = mapParameters(last.parameters, ({ shape, data }) =>
      float32(
        shape,
        data.map((value) => value * 1e30),
      ),
    );
    await writeCheckpoint(folderStore(request.directory), "last", { ...last, parameters });
    expect(await run(withPlan(request, { epochs: 4 }))).toEqual({
      status: "failed",
      code: "numerical-failure",
      message: "a loss of NaN in epoch 3, step 1: expected a finite loss",
      hint: "lower the learning rate (it is 0.001); the epochs before are kept",
    });
    const after = await contentOf(request.directory);
    expect(after.metrics).toEqual(before.metrics);
    expect(after.checkpoints[0]).toEqual(before.checkpoints[0]);
    expect((await readCheckpoint(folderStore(request.directory), "last"))?.epoch).toBe(2);
  });
});
