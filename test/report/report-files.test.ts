import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Experiment, fcMnistAdam, theorem } from "../../src/experiments/index.ts";
import { type ReportFile, reportContent, reportFiles } from "../../src/report/index.ts";
import { writeReport } from "../../src/report/node/index.ts";
import { placeAt, type Store } from "../../src/runs/index.ts";
import { describeMachine, folderStore, gatewiseVersion } from "../../src/runs/node/index.ts";
import { rejectionOf } from "../support/error-of.ts";
import { memoryStore } from "../support/memory-store.ts";
import { OWN_EXPERIMENTS } from "../support/own-experiments.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { plausibleTrials } from "./fixture.ts";
import { textOf } from "./markup.ts";

const createdAt = "2025-11-24T06:00:00.000Z";
const command = "gatewise report runs";

/** Two runs, in places of these names, and the record of the experiment that they are of. */
async function fill(store: Store, experiment?: Experiment, ids = ["relu-seed0", "dlnpf-seed0"]): Promise<void> {
  const trials = plausibleTrials({ regimes: ["relu", "dlnpf"], seeds: 1, epochs: 2 });
  for (const [i, { run, metrics }] of trials.entries()) {
    const place = store.at(ids[i] ?? "");
    await place.write("run.json", JSON.stringify(run));
    await place.write("metrics.jsonl", metrics.map((line) => `${JSON.stringify(line)}\n`).join(""));
  }
  if (experiment === undefined) return;
  const { kind, name } = experiment;
  const options = kind === "regimes" ? { regimes: ["relu", "dlnpf", "flnpf"], seeds: 1, epochs: 2 } : {};
  const told = { format: 2, gatewise: "0.1.0", kind, name, definition: experiment, profile: "quick", options };
  await store.write("experiment.json", JSON.stringify({ ...told, command, machine: null }));
}

async function filesIn(stores: readonly Store[]): Promise<readonly ReportFile[]> {
  const content = await reportContent(await Promise.all(stores.map(placeAt)));
  const making = { command, createdAt, version: gatewiseVersion(), machine: describeMachine() };
  const files: ReportFile[] = [];
  for await (const file of reportFiles(content, making)) files.push(file);
  return files;
}

describe("the files of a report", () => {
  it("of an experiment are the same from a folder and from a store without a disk", async () => {
    await using folder = await temporaryFolder();
    const directory = join(folder.path, "arms");
    await fill(folderStore(directory), OWN_EXPERIMENTS.arms, ["soft-seed0", "steep-seed0"]);
    const memory = memoryStore("arms");
    await fill(memory, OWN_EXPERIMENTS.arms, ["soft-seed0", "steep-seed0"]);
    const files = await filesIn([memory]);
    expect(await writeReport([directory], { createdAt })).toBe(join(directory, "report.html"));
    const written = await readdir(directory, { recursive: true });
    const made = written.filter((path) => /^\w[\w-]*\.(html|svg|vl\.json)$/.test(path));
    expect(made.sort()).toEqual(files.map(({ path }) => path).sort());
    for (const { path, text } of files) expect(await readFile(join(directory, path), "utf8")).toBe(text);
    expect(files.at(-1)?.path).toBe("report.html");
  });

  it("of a comparison of regimes tell what is missing, and whether the published figures are of it", async () => {
    const memory = memoryStore("fc");
    await fill(memory, fcMnistAdam);
    const content = await reportContent([await placeAt(memory)]);
    expect(content).toMatchObject({
      kind: "runs",
      command: "gatewise report runs",
      told: { title: "FC on MNIST, Adam 1e-4 (quick profile)", comparable: false, missing: ["flnpf-seed0"] },
    });
    expect(content.kind === "runs" && content.told.runs.listed.map(({ id }) => id)).toEqual([
      "relu-seed0",
      "dlnpf-seed0",
    ]);
  });

  it("of runs in several places name them by place", async () => {
    const [a, b] = [memoryStore("runs/a"), memoryStore("runs/b/")];
    await fill(a, fcMnistAdam);
    await fill(b);
    const files = await filesIn([a, b.at("relu-seed0")]);
    const page = files.at(-1)?.text ?? "";
    expect(textOf(page)).toContain("a, relu-seed0");
    for (const id of ["a/relu-seed0", "a/dlnpf-seed0", ">relu-seed0<"]) expect(page).toContain(id);
  });

  it.each([
    {
      experiments: [theorem],
      message: "theorem, of which nothing is measured yet: expected at least one measurement",
      hint: "go on with it, then make the report",
    },
    {
      experiments: [fcMnistAdam, theorem],
      message:
        "runs/theorem, an experiment without runs, among others: expected runs, or folders of experiments that have some",
      hint: "make a report of it alone: gatewise report runs/theorem",
    },
  ])("there are none where $hint", async ({ experiments, message, hint }) => {
    const stores = experiments.map(({ name }) => memoryStore(`runs/${name}`));
    for (const [i, store] of stores.entries()) await fill(store, experiments[i]);
    expect(await rejectionOf(filesIn(stores))).toEqual({ message, hint });
  });
});
