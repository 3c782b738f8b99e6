/** Runs that begin from other networks: models of any framework, runs at an epoch; and from labels that were changed. */
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../src/data/index.ts";
import { GatewiseError } from "../../src/errors.ts";
import { readTrainingOptions, trainingOf } from "../../src/experiments/index.ts";
import { exportedModel, readRun, runTraining, withFiles } from "../../src/runs/node/index.ts";
import { rejectionOf } from "../support/error-of.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { contentOf } from "../support/tiny-trials.ts";
import { trialsHere } from "../support/trials-here.ts";

const layer = (units: number, gated: boolean) => ({ kind: "dense", units, gated });
const NET = JSON.stringify({ layers: [{ kind: "flatten" }, layer(8, true), layer(6, true), layer(10, false)] });
const folder = await temporaryFolder();
const at = (name: string): string => join(folder.path, name);
afterAll(async () => await folder[Symbol.asyncDispose]());

/** A training of milliseconds, as its options tell it. */
async function trained(name: string, options: Readonly<Record<string, unknown>>, resume = false) {
  const written = { limit: 128, testLimit: 50, lr: 0.01, epochs: 2, ...options };
  const training = trainingOf(await withFiles(readTrainingOptions(written)));
  const places = { dataDir: null, cacheDir: "" };
  const request = { training, directory: at(name), places, command: "test", resume };
  const watch = { signal: new AbortController().signal, onEvent: () => {} };
  const outcome = await runTraining(request, watch, trialsHere(1));
  if (outcome.status === "failed") throw GatewiseError.of(outcome.message, outcome.hint, outcome.code);
}

const tensorsOf = async (name: string) => readSafetensors(await readFile(at(name))).tensors;

beforeAll(async () => {
  await trained("relu", { arch: { file: "net.json", text: NET }, keep: "1" });
  await writeFile(at("net.onnx"), (await exportedModel(at("relu"))).bytes);
});

describe("gates of a model", () => {
  it("are fixed, known by its digest, and those of the run that it was made of", async () => {
    await trained("from-model", { regime: "flnpf", from: at("net.onnx") });
    await trained("by-model", { gates: [`all=${at("net.onnx")}`] });
    await trained("by-run", { gates: [{ layer: "all", from: at("relu"), trains: false }] });
    await trained("from-run", { regime: "flnpf", from: at("relu") });
    const { plan, learntFrom } = await readRun(at("from-model"));
    expect(learntFrom).toBeNull();
    expect(plan.gates).toEqual([
      { layer: "all", from: { network: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) }, trains: false },
    ]);
    const content = await contentOf(at("from-model"));
    for (const other of ["by-model", "by-run", "from-run"]) expect(await contentOf(at(other))).toEqual(content);
    const [best, last] = [await tensorsOf("relu/best.safetensors"), await tensorsOf("from-model/last.safetensors")];
    expect(last["feature.2.weight"]).toEqual(best["value.2.weight"]);
  });

  it("train along where they are told to", async () => {
    await trained("trained", { gates: `1=${at("net.onnx")}:trained 2=own` });
    const [best, last] = [await tensorsOf("relu/best.safetensors"), await tensorsOf("trained/last.safetensors")];
    expect(last["feature.1.weight"]).not.toEqual(best["value.1.weight"]);
    expect(Object.keys(last)).toContain("feature.1.weight:first-moment");
  });

  it("are gone on with as if nothing had stopped, and refused once the file holds another network", async () => {
    await trained("part", { regime: "flnpf", from: at("net.onnx"), epochs: 1 });
    await trained("part", { regime: "flnpf", from: at("net.onnx") }, true);
    expect(await contentOf(at("part"))).toEqual(await contentOf(at("from-model")));
    await trained("other", { arch: { file: "net.json", text: NET }, seed: 1 });
    const model = await readFile(at("net.onnx"));
    await writeFile(at("net.onnx"), (await exportedModel(at("other"))).bytes);
    const error = await rejectionOf(trained("part", { regime: "flnpf", from: at("net.onnx"), epochs: 3 }, true));
    await writeFile(at("net.onnx"), model);
    expect(error).toEqual({
      message: `${at("part")}, which holds a run of another configuration: expected the configuration that stands in its run.json (only the number of epochs may change)`,
      hint: "repeat the command that made it (it stands in run.json), or choose another directory with `directory`",
    });
  });
});

describe("weights of a model", () => {
  it("are what values start from, and gates in dependent initialization", async () => {
    await trained("di", { regime: "frnpf-di", from: at("net.onnx") });
    await trained("init", { regime: "frnpf-di", init: at("relu") });
    const [best, last] = [await tensorsOf("relu/best.safetensors"), await tensorsOf("di/last.safetensors")];
    expect(last["feature.1.weight"]).toEqual(best["value.1.weight"]);
    expect(await contentOf(at("init"))).toEqual(await contentOf(at("di")));
  });
});

describe("a run at an epoch", () => {
  it("is one that it has kept, its best or its last", async () => {
    await trained("at-1", { regime: "flnpf", from: `${at("relu")}@1` });
    expect((await readRun(at("at-1"))).learntFrom).toBe("../relu@1");
    const [kept, own] = [await tensorsOf("relu/epoch-1.safetensors"), await tensorsOf("at-1/last.safetensors")];
    expect(own["feature.1.weight"]).toEqual(kept["value.1.weight"]);
    await trained("at-last", { regime: "flnpf", from: `${at("relu")}@last` });
    const [end, learnt] = [await tensorsOf("relu/last.safetensors"), await tensorsOf("at-last/last.safetensors")];
    expect(learnt["feature.1.weight"]).toEqual(end["value.1.weight"]);
  });

  it("that nobody kept is refused, with those that there are", async () => {
    expect(await rejectionOf(trained("at-9", { regime: "flnpf", from: `${at("relu")}@9` }))).toEqual({
      message: `${at("relu")} at epoch 9: expected an epoch that it keeps: 1, 2`,
      hint: "choose one of them, or train again with the epoch among `keep`",
    });
  });

  it("that has passed is kept no more, and one beyond the end never", async () => {
    const arch = { file: "net.json", text: NET };
    const error = {
      message: `epoch 2 to keep of ${at("passed")}, trained for 3 epochs: expected epochs that are to come, or that it has kept`,
      hint: "leave 2 out, or train again in another directory with `directory`",
    };
    await trained("passed", { arch, epochs: 3, keep: "1" });
    expect(await rejectionOf(trained("passed", { arch, epochs: 3, keep: "2" }, true))).toEqual(error);
    expect(await rejectionOf(trained("passed", { arch, epochs: 5, keep: "2" }, true))).toEqual(error);
    await trained("passed", { arch, epochs: 4, keep: "1,4" }, true);
    expect(await tensorsOf("passed/epoch-4.safetensors")).toBeDefined();
    expect(await rejectionOf(trained("beyond", { arch, epochs: 3, keep: "2,4" }))).toEqual({
      message: "keep 4 in 3 epochs: expected epochs from 1 to 3",
      hint: "ask for more epochs, or leave 4 out",
    });
  });

  it("is none of a model, and none of gates that another network makes", async () => {
    expect(await rejectionOf(trained("new", { regime: "flnpf", from: `${at("net.onnx")}@3` }))).toEqual({
      message: `${at("net.onnx")}@3, a model: expected an epoch only of a run: a model is as it is`,
      hint: `give ${at("net.onnx")}`,
    });
    expect(await rejectionOf(trained("new", { regime: "flnpf", from: at("di") }))).toEqual({
      message: `${at("di")}, a run of regime frnpf-di: expected a run of regime relu, or a model`,
      hint: "name such a run",
    });
  });
});

describe("a run that is not at its end", () => {
  beforeAll(async () => {
    for (const status of ["interrupted", "running", "failed"]) {
      await cp(at("relu"), at(status), { recursive: true });
      const record = JSON.parse(await readFile(at("relu/run.json"), "utf8"));
      const plan = { ...record.plan, epochs: 400 };
      await writeFile(at(`${status}/run.json`), JSON.stringify({ ...record, plan, status, result: null }));
    }
  });

  const refused = (place: string, next: string) => ({
    message: `${at(place)} of 400: expected a run that has come to its end`,
    hint: `go on with it first (\`resume\`)${next}`,
  });
  it.each([
    { run: "interrupted", option: "from", place: "interrupted, stopped at epoch 2" },
    { run: "interrupted@last", option: "from", place: "interrupted, stopped at epoch 2" },
    { run: "interrupted@best", option: "from", place: "interrupted, stopped at epoch 2" },
    { run: "running", option: "from", place: "running, not at its end at epoch 2" },
    { run: "failed", option: "init", place: "failed, failed at epoch 2" },
    { run: "interrupted", option: "gates", place: "interrupted, stopped at epoch 2" },
  ])("gives nothing to --$option: $run", async ({ run, option, place }) => {
    const value = option === "gates" ? `all=${at(run)}` : at(run);
    const regime = option === "from" ? { regime: "flnpf" } : {};
    const named = option === "gates" ? "" : `\`${option}\` `;
    const next = `, or take it at an epoch: ${named}${at(place.split(",")[0] ?? "")}@2 (it has 1, 2)`;
    expect(await rejectionOf(trained("new", { ...regime, [option]: value }))).toEqual(refused(place, next));
  });

  it("is taken at an epoch by its number", async () => {
    await trained("of-2", { regime: "flnpf", from: `${at("interrupted")}@2` });
    await trained("at-2", { regime: "flnpf", from: `${at("relu")}@2` });
    expect(await contentOf(at("of-2"))).toEqual(await contentOf(at("at-2")));
  });

  it("is not gone on behind either, once it was asked for more epochs", async () => {
    await cp(at("relu"), at("longer"), { recursive: true });
    await trained("behind", { regime: "flnpf", from: at("longer"), epochs: 1 });
    const training = trainingOf(
      await withFiles(
        readTrainingOptions({ limit: 128, testLimit: 50, lr: 0.01, epochs: 2, regime: "flnpf", from: at("longer") }),
      ),
    );
    await cp(at("interrupted/run.json"), at("longer/run.json"));
    const request = {
      training,
      directory: at("behind"),
      places: { dataDir: null, cacheDir: "" },
      command: "",
      resume: true,
    };
    const watch = { signal: new AbortController().signal, onEvent: () => {} };
    expect(await runTraining(request, watch, trialsHere(1))).toMatchObject({
      status: "failed",
      message: refused("longer, stopped at epoch 2", "").message,
    });
  });

  it("gives nothing at all before its first epoch", async () => {
    for (const name of ["best", "last", "epoch-1"]) await rm(at(`running/${name}.safetensors`));
    const error = await rejectionOf(trained("new", { regime: "flnpf", from: at("running") }));
    expect(error).toEqual(refused("running, not at its end before its first epoch", ""));
  });

  it("gives its architecture", async () => {
    const { plan } = await readRun(at("relu"));
    const options = await withFiles(readTrainingOptions({ arch: at("interrupted") }));
    expect(trainingOf(options).plan.architecture).toEqual(plan.architecture);
  });
});

describe("one output of a model", () => {
  it("is named behind the file, and told by an error where there are several", async () => {
    // a tensor inside the model is one too: what the last layer gives is that of the whole
    const bytes = await readFile(at("net.onnx"));
    const name = /logits/.exec(bytes.toString("latin1"))?.[0] ?? "";
    await trained("by-output", { gates: `all=${at("net.onnx")}#${name}` });
    const [own, whole] = await Promise.all(
      ["by-output", "by-model"].map((run) => tensorsOf(`${run}/last.safetensors`)),
    );
    expect(own?.["feature.1.weight"]).toEqual(whole?.["feature.1.weight"]);
    const error = await rejectionOf(trained("new", { gates: `all=${at("net.onnx")}#nothing` }));
    expect(error.message).toContain("nothing");
  });
});

describe("labels that were changed", () => {
  it("stand in the run, and must be the same to go on", async () => {
    const arch = { file: "net.json", text: NET };
    await trained("shuffled", { arch, labelsTransform: "shuffle:3" });
    expect((await readRun(at("shuffled"))).data.labels).toEqual({ kind: "shuffle", seed: 3 });
    expect(await contentOf(at("shuffled"))).not.toEqual(await contentOf(at("relu")));
    const error = await rejectionOf(trained("shuffled", { arch, labelsTransform: "shuffle:4", epochs: 3 }, true));
    expect(error.message).toContain("holds a run of another configuration");
  });
});
