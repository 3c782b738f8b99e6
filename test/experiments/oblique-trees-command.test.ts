import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { gatewise } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

it("gatewise reproduce oblique-trees writes runs, figures and report, and goes on with a run", async () => {
  await using folder = await temporaryFolder();
  const out = join(folder.path, "out");
  const args = ["reproduce", "oblique-trees", "--out", out, "--json"];
  const first = await gatewise([...args, "--epochs", "1"]);
  expect(first.code, first.stdout + first.stderr).toBe(0);
  expect((await readdir(out)).sort()).toEqual([
    "dlgn-seed0",
    "dlgn-sf-seed0",
    "experiment.json",
    "normals-dlgn-sf.svg",
    "normals-dlgn-sf.vl.json",
    "normals-dlgn.svg",
    "normals-dlgn.vl.json",
    "oblique-trees.json",
    "report.html",
  ]);
  const { experiment, rows, report } = JSON.parse(first.stdout);
  expect(experiment).toBe("oblique-trees");
  expect(rows).toMatchObject([
    { regime: "dlgn", std: 0, published: { paper: 96.05, independent: 95.4 } },
    { regime: "dlgn-sf", std: 0, published: { paper: 97.43, independent: 97.6 } },
  ]);
  expect(/<h1>(.*)<\/h1>/.exec(await readFile(report, "utf8"))?.[1]).toMatch(
    /^Of the tree.*s 15 hyperplanes, gates find /,
  );

  const again = await gatewise([...args, "--epochs", "2"]);
  expect(again.code).toBe(1);
  expect(JSON.parse(again.stdout).error).toMatchObject({
    message: `${out}, which holds results already: expected a folder without results`,
    hint: "choose another with --out, or go on with this one: --resume",
  });
  const longer = await gatewise([...args, "--epochs", "2", "--resume"]);
  expect(longer.code, longer.stdout).toBe(0);
  const lines = (await readFile(join(out, "dlgn-seed0", "measured.jsonl"), "utf8")).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).epoch)).toEqual([0, 1, 2]);

  const text = await gatewise([...args.filter((word) => word !== "--json"), "--epochs", "2", "--resume"]);
  expect(text.stdout).toMatch(
    /^network +test accuracy % +runs +paper +independent +difference\nDLGN [^\n]+\nDLGN-SF [^\n]+\n\nreport {2}/,
  );

  const shorter = await gatewise([...args, "--epochs", "1", "--resume"]);
  expect(shorter.code).toBe(1);
  expect(JSON.parse(shorter.stdout).error).toMatchObject({
    message: `${join(out, "dlgn-seed0")}, trained for 2 epochs: expected a run of at most 1`,
    hint: "ask for at least as many --epochs, or choose another directory with --out",
  });
});
