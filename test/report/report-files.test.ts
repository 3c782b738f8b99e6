import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXPERIMENTS } from "../../src/experiments/index.ts";
import { type ReportFile, reportContent, reportFiles } from "../../src/report/index.ts";
import { writeReport } from "../../src/report/node/index.ts";
import { placeAt, type Store } from "../../src/runs/index.ts";
import { describeMachine, folderStore, gatewiseVersion } from "../../src/runs/node/index.ts";
import { rejectionOf } from "../support/error-of.ts";
import { memoryStore } from "../support/memory-store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { plausibleTrials } from "./fixture.ts";
import { textOf } from "./markup.ts";

const createdAt = "2025-11-24T06:00:00.000Z";
const command = "gatewise report runs";

/** Runs of two regimes with a seed each, and the record of the experiment where it is named. */
async function fill(store: Store, experiment?: string): Promise<void> {
  const definition = EXPERIMENTS.find(({ name }) => name === experiment);
  for (const { id, run, metrics } of plausibleTrials({ regimes: ["relu", "dlnpf"], seeds: 1, epochs: 3 })) {
    await store.at(id).write("run.json", JSON.stringify(run));
    await store.at(id).write("metrics.jsonl", metrics.map((line) => `${JSON.stringify(line)}\n`).join(""));
  }
  if (definition === undefined) return;
  const { kind, name } = definition;
  const options = kind === "regimes" ? { regimes: ["relu", "dlnpf", "flnpf"], seeds: 1, epochs: 3 } : {};
  const record = {
    format: 2,
    gatewise: "0.1.0",
    kind,
    name,
    definition,
    profile: "quick",
    options,
    command,
    machine: null,
  };
  await store.write("experiment.json", JSON.stringify(record));
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
    const directory = join(folder.path, "fc");
    await fill(folderStore(directory), "fc-mnist-adam");
    const memory = memoryStore("fc");
    await fill(memory, "fc-mnist-adam");
    const files = await filesIn([memory]);
    expect(await writeReport([directory], { command, createdAt })).toBe(join(directory, "report.html"));
    const written = await readdir(directory, { recursive: true });
    const made = written.filter((path) => path.startsWith("figures/") || path.endsWith(".html"));
    expect(made.sort()).toEqual(files.map(({ path }) => path).sort());
    for (const { path, text } of files) expect(await readFile(join(directory, path), "utf8")).toBe(text);
    expect(files.at(-1)?.path).toBe("report.html");
    const page = textOf(files.at(-1)?.text ?? "");
    expect(page).toContain("FC on MNIST, Adam 1e-4 (quick profile)");
    expect(page).toContain("1 run was not started");
  });

  it("of runs in several places name them by place", async () => {
    const [a, b] = [memoryStore("runs/a"), memoryStore("runs/b/")];
    await fill(a, "fc-mnist-adam");
    await fill(b);
    const files = await filesIn([a, b.at("relu-seed0")]);
    const page = files.at(-1)?.text ?? "";
    expect(textOf(page)).toContain("a, relu-seed0");
    for (const id of ["a/relu-seed0", "a/dlnpf-seed0", ">relu-seed0<"]) expect(page).toContain(id);
  });

  it.each([
    {
      experiments: ["theorem"],
      message: "theorem, of which nothing is measured yet: expected at least one measurement",
      hint: "go on with it, then make the report",
    },
    {
      experiments: ["fc-mnist-adam", "theorem"],
      message:
        "runs/theorem, an experiment without runs, among others: expected runs, or folders of experiments that have some",
      hint: "make a report of it alone: gatewise report runs/theorem",
    },
  ])("there are none of $experiments", async ({ experiments, message, hint }) => {
    const stores = experiments.map((name) => memoryStore(`runs/${name}`));
    for (const [i, store] of stores.entries()) await fill(store, experiments[i]);
    expect(await rejectionOf(filesIn(stores))).toEqual({ message, hint });
  });
});
