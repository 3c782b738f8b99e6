import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { gatewise } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

it.each([
  {
    args: ["theorem", "--seeds", "1"],
    files: [
      "convolutional",
      "experiment.json",
      "fully-connected",
      "report.html",
      "theorem.json",
      "theorem.svg",
      "theorem.vl.json",
    ],
    heading: /^The (tangent kernel comes|error of the tangent kernel)/,
  },
  {
    args: ["binary-mnist", "--seeds", "1", "--epochs", "1"],
    files: ["binary-mnist.svg", "binary-mnist.vl.json", "experiment.json", "report.html", "seed0"],
    heading: /^The gates /,
  },
])("gatewise reproduce $args.0 names the report that it has written", async ({ args, files, heading }) => {
  await using folder = await temporaryFolder();
  const out = join(folder.path, "out");
  const { code, stdout, stderr } = await gatewise(["reproduce", ...args, "--out", out, "--json"]);
  expect(code, stdout + stderr).toBe(0);
  const { report, series } = JSON.parse(stdout);
  expect(report).toBe(join(out, "report.html"));
  expect((await readdir(out)).sort()).toEqual(files);
  const page = await readFile(report, "utf8");
  expect(/<h1>(.*)<\/h1>/.exec(page)?.[1]).toMatch(heading);
  expect(page).toContain(`gatewise reproduce ${args.join(" ")}`);
  if (series === undefined) return;
  const names = series.map(({ network }: { readonly network: string }) => network);
  expect(names).toEqual(["fully-connected", "convolutional"]);
  expect(JSON.parse(await readFile(join(out, "theorem.json"), "utf8")).series).toEqual(series);
});
