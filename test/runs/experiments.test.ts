/** Experiments of all kinds, defined outside of the package: stopped, gone on with, reported. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSafetensors } from "../../src/data/index.ts";
import { EXPERIMENTS, type Experiment, fcMnistSgd, trialsOf } from "../../src/experiments/index.ts";
import type { ExperimentEvent } from "../../src/runs/index.ts";
import { type ExperimentRequest, findExperiment, findResults, runExperiment } from "../../src/runs/node/index.ts";
import { gatewiseHere as gatewise } from "../support/command-line.ts";
import { rejectionOf } from "../support/error-of.ts";
import { OWN_EXPERIMENTS } from "../support/own-experiments.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tinyJob } from "../support/tiny-trials.ts";
import { trialsHere } from "../support/trials-here.ts";

const OWN: readonly Experiment[] = Object.values(OWN_EXPERIMENTS);

const requestOf = (experiment: Experiment, directory: string, resume = false): ExperimentRequest => ({
  ...{ experiment, profile: "quick", options: {}, directory, resume },
  ...{ places: { dataDir: null, cacheDir: "" }, device: "cpu", command: "node own.ts" },
});

function run(request: ExperimentRequest, onEvent: (event: ExperimentEvent) => void = () => {}, stop?: AbortSignal) {
  const signal = stop ?? new AbortController().signal;
  return runExperiment(request, { executor: trialsHere(2), signal, onEvent, clock: () => performance.now() });
}

/** Runs up to a step that is neither the first nor the last, and stops. */
async function stopHalfway(request: ExperimentRequest): Promise<void> {
  const stop = new AbortController();
  const halfway = (event: ExperimentEvent): void => {
    const isStep =
      event.kind === "count" ? event.done >= 5 : event.kind === "progress" && event.progress.kind === "epoch";
    if (isStep) stop.abort("enough");
  };
  const ended = await run(request, halfway, stop.signal).catch((reason: unknown) => reason);
  if (request.experiment.kind === "regimes" || request.experiment.kind === "arms")
    expect(ended).not.toMatchObject({ missing: [] });
  else expect(ended).toBe("enough");
}

/** All that must not hang on how often an experiment was stopped. */
async function contentOf(directory: string): Promise<ReadonlyMap<string, unknown>> {
  const content = new Map<string, unknown>();
  const names = await readdir(directory, { recursive: true });
  for (const name of names.sort()) {
    const file = join(directory, name);
    if (name.endsWith(".jsonl")) {
      const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
      content.set(
        name,
        lines.map((line) => ({ ...JSON.parse(line), seconds: 0 })),
      );
    }
    if (name.endsWith(".safetensors")) content.set(name, readSafetensors(await readFile(file)).tensors);
  }
  return content;
}

const titleOf = (page: string): string => /<title>(.*?)<\/title>/s.exec(page)?.[1] ?? "";
const headingOf = (page: string): string => /<h1>(.*?)<\/h1>/s.exec(page)?.[1] ?? "";

describe("what an experiment has no use for is refused before anything is written", () => {
  const { watched, trees, theorem, arms } = OWN_EXPERIMENTS;
  it.each([
    { experiment: arms, given: { options: { regimes: ["relu"] } }, received: "regimes" },
    { experiment: watched, given: { options: { regimes: ["relu"] } }, received: "regimes" },
    { experiment: trees, given: { places: { dataDir: "data", cacheDir: "" } }, received: "dataDir" },
    { experiment: theorem, given: { options: { epochs: 3 } }, received: "epochs" },
    { experiment: theorem, given: { device: "webgpu" }, received: "device webgpu" },
  ] as const)("$received with $experiment.kind", async ({ experiment, given, received }) => {
    await using folder = await temporaryFolder();
    const to = join(folder.path, "new");
    const { message } = (await rejectionOf(run({ ...requestOf(experiment, to), ...given }))) ?? expect.fail();
    expect(message).toMatch(new RegExp(`^${received} with ${experiment.name}: expected (no such option|cpu): `));
    expect(await readdir(folder.path)).toEqual([]);
  });
});

describe.each(OWN)("an experiment of kind $kind", (experiment) => {
  it("ends the same stopped and gone on with as never stopped, and is reported at any time", async () => {
    await using folder = await temporaryFolder();
    const [whole, half] = [join(folder.path, "whole"), join(folder.path, "half")];
    const findings = await run(requestOf(experiment, whole));
    expect(findings.missing).toEqual([]);
    await stopHalfway(requestOf(experiment, half));
    const early = await gatewise(["report", half, "--json"]);
    expect(early.code, early.stdout).toBe(0);
    const page = await readFile(JSON.parse(early.stdout).report, "utf8");
    expect(page).toMatch(experiment.kind === "regimes" ? /did not finish|not started/ : /Not complete: /);

    // what a kill left of a line is no line
    const lines = [...(await contentOf(half)).keys()].filter((name) => name.endsWith("measured.jsonl")).at(-1);
    if (lines !== undefined) await writeFile(join(half, lines), '{"epoch": 3', { flag: "a" });
    // by the command line, with the definition that the folder holds
    const args = ["reproduce", experiment.name, "--out", half, "--json"];
    const unknown = await gatewise(args);
    expect(unknown.code).toBe(2);
    expect(JSON.parse(unknown.stdout).error.message).toContain(`experiment "${experiment.name}"`);
    const { code, stdout } = await gatewise([...args, "--resume"]);
    expect(code, stdout).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ experiment: experiment.name, profile: "quick" });
    expect((await findResults(half))?.findings.missing).toEqual([]);
    expect(await contentOf(half)).toEqual(await contentOf(whole));
    expect((await findResults(half))?.findings).toEqual((await findResults(whole))?.findings);

    const late = await gatewise(["report", half, "--json"]);
    expect(late.code, late.stdout).toBe(0);
    const complete = await readFile(JSON.parse(late.stdout).report, "utf8");
    expect(titleOf(complete)).toContain(experiment.title.replace("'", "&#39;"));
    expect(headingOf(complete)).not.toBe("");
    expect(complete.includes("Not complete")).toBe(false);
  });
});

describe("the record of an experiment", () => {
  it.each([...OWN, ...EXPERIMENTS])("$name is kept whole", async (experiment) => {
    await using folder = await temporaryFolder();
    const stopped = AbortSignal.abort("enough");
    const request = { ...requestOf(experiment, folder.path), places: { dataDir: "/nowhere", cacheDir: "/nowhere" } };
    // those whose data are not here are refused before anything is written
    const ended = await run(request, () => {}, stopped).catch((reason: unknown) => reason);
    const record = await findExperiment(folder.path);
    if (ended instanceof Error) expect([record, await readdir(folder.path)]).toEqual([undefined, []]);
    else expect(record).toMatchObject({ kind: experiment.kind, name: experiment.name, definition: experiment });
  });

  it("of gatewise 0.1 is read", async () => {
    await using folder = await temporaryFolder();
    const record = {
      ...{ format: 1, experiment: "fc-mnist-sgd", profile: "full", data: "mnist", command: "gatewise reproduce" },
      ...{ regimes: ["relu"], seeds: 2, epochs: 7 },
    };
    await writeFile(join(folder.path, "experiment.json"), JSON.stringify(record));
    const results = await findResults(folder.path);
    expect(results?.record.options).toEqual({ regimes: ["relu"], seeds: 2, epochs: 7 });
    const trials = trialsOf(fcMnistSgd, fcMnistSgd.profiles.full, { regimes: ["relu"], seeds: 2, epochs: 7 });
    expect(results?.findings).toMatchObject({ kind: "regimes", trials });
  });

  it("keeps other experiments out, also namesakes", async () => {
    await using folder = await temporaryFolder();
    const { theorem, watched } = OWN_EXPERIMENTS;
    await stopHalfway(requestOf(theorem, folder.path));
    const next = "choose another folder with `directory`";
    const out = (experiment: Experiment, resume = true) => rejectionOf(run(requestOf(experiment, folder.path, resume)));
    expect(await out(theorem, false)).toEqual({
      message: `${folder.path}, which holds results already: expected a folder without results`,
      hint: "choose another with `directory`, or go on with this one: `resume`",
    });
    expect(await out(watched)).toEqual({
      message: `${folder.path}, which holds own-theorem, quick profile: expected a folder for own-watched, quick profile`,
      hint: next,
    });
    const { series } = theorem;
    const deeper = { ...theorem, series: { ...series, convolutional: { ...series.convolutional, depth: 4 } } };
    expect(await out(deeper)).toEqual({
      message: `${folder.path}, which holds own-theorem, quick profile, defined otherwise: expected a folder for own-theorem, quick profile`,
      hint: next,
    });
    // words are no part of what is run
    expect((await run(requestOf({ ...theorem, title: "A better title" }, folder.path, true))).missing).toEqual([]);
  });

  it("of a folder that holds a run is refused", async () => {
    await using folder = await temporaryFolder();
    const { request } = tinyJob(folder.path, "relu", 0, 1);
    await writeFile(join(folder.path, "experiment.json"), "{");
    expect(await rejectionOf(run({ ...requestOf(OWN_EXPERIMENTS.theorem, folder.path), resume: true }))).toMatchObject({
      hint: "restore the file, or start a new run",
    });
    expect(request.directory).toBe(join(folder.path, "relu-0"));
  });

  it("is not begun of a definition that could not be read again", async () => {
    await using folder = await temporaryFolder();
    const { theorem, arms } = OWN_EXPERIMENTS;
    const next = "correct the field";
    const of = (experiment: Experiment) => rejectionOf(run(requestOf(experiment, join(folder.path, "x"))));
    expect(await of({ ...theorem, name: "My experiment" })).toEqual({
      message:
        'experiment "My experiment", name: a name of lower-case letters, digits and hyphens: expected a definition that can be kept as JSON',
      hint: next,
    });
    expect(await of({ ...theorem, name: "experiment" })).toEqual({
      message:
        'experiment "experiment", name: a name that no other file of the folder has: expected a definition that can be kept as JSON',
      hint: next,
    });
    const [arm] = arms.profiles.quick.arms;
    const quick = { ...arms.profiles.quick, arms: arm === undefined ? [] : [arm, arm] };
    expect(await of({ ...arms, profiles: { quick, full: quick } })).toEqual({
      message:
        'experiment "own-arms", profiles.quick.arms: arms of different names: expected a definition that can be kept as JSON',
      hint: next,
    });
    expect(await readdir(folder.path)).toEqual([]);
  });

  it.each([
    { first: undefined, second: 2, kept: undefined },
    { first: 2, second: undefined, kept: undefined },
    { first: 2, second: 4, kept: 4 },
    { first: 4, second: 2, kept: 4 },
    { first: undefined, second: 4, kept: 4 },
  ])("of draws: $first, then $second", async ({ first, second, kept }) => {
    await using folder = await temporaryFolder();
    const options = (seeds: number | undefined) => (seeds === undefined ? {} : { seeds });
    const stopped = AbortSignal.abort("enough");
    for (const [seeds, resume] of [
      [first, false],
      [second, true],
    ] as const) {
      const request = { ...requestOf(OWN_EXPERIMENTS.theorem, folder.path, resume), options: options(seeds) };
      await run(request, () => {}, stopped).catch(() => {});
    }
    expect((await findExperiment(folder.path))?.options.seeds).toBe(kept);
  });
});
