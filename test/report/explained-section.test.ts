import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { explainedSection } from "../../src/report/explained-section.ts";
import { writeReport } from "../../src/report/node/index.ts";
import { explainRun } from "../../src/runs/node/index.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tinyJob } from "../support/tiny-trials.ts";
import { trialsHere } from "../support/trials-here.ts";

const places = { environment: {}, cacheDir: "" };
const createdAt = "2026-01-01T00:00:00Z";
const folder = await temporaryFolder();
const jobs = (["relu", "frnpf-ii", "dlnpf"] as const).map((regime) => tinyJob(folder.path, regime, 0, 12));
const runOf = (regime: string): string => join(folder.path, `${regime}-0`);

beforeAll(async () => {
  const watch = { signal: new AbortController().signal, onEvent: () => {} };
  await trialsHere(1).run(jobs, watch);
  return () => folder[Symbol.asyncDispose]();
});

describe("what decides, in the report of runs", () => {
  it("is of the run of the last regime, its errors first", async () => {
    const found = await explainRun(runOf("relu"), places);
    if (found.kind !== "told") return expect.fail(found.reason);
    const { images, removal, monitor } = found.explanation;
    expect(images.map(({ label, decision }) => label === decision)).toEqual([false, false, false, true, true, true]);
    for (const { label, decision, against, margin, flow } of images) {
      if (label !== decision) expect(against).toBe(label);
      expect(margin).toBeGreaterThanOrEqual(0);
      expect(flow.length).toBe(784);
    }
    expect(removal?.examples).toBe(40);
    expect(monitor?.errors).toBeGreaterThan(10);
    const file = await writeReport([runOf("frnpf-ii"), runOf("relu")], {
      ...{ createdAt, places, out: join(folder.path, "all", "report.html") },
    });
    const page = await readFile(file, "utf8");
    expect(page).toContain("Of relu-0, its best network");
    expect(page.match(/, is \d</g)?.length).toBe(3);
    expect(page).toContain(`${monitor?.errors} errors among 100 test examples`);
    expect(await readFile(join(folder.path, "all", "figures", "decides.svg"), "utf8")).toContain("0: ");
  });

  it("leaves the monitor of soft gates out, and says where data are not at hand", async () => {
    const soft = await explainRun(runOf("dlnpf"), places);
    expect(soft).toMatchObject({ kind: "told", explanation: { monitor: null } });
    const record = join(runOf("dlnpf"), "run.json");
    await writeFile(record, (await readFile(record, "utf8")).replace('"digits"', '"cifar10"'));
    const other = await explainRun(runOf("dlnpf"), places);
    expect(other).toMatchObject({ kind: "untold", reason: expect.stringMatching(/^data set cifar10/) });
    if (other.kind !== "untold") return;
    const page = explainedSection({ id: "a", told: { untold: other.reason } }).text;
    expect(page).toContain("Not told of a: data set cifar10");
    expect(explainedSection(undefined).text).toBe("");
  });
});
