import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readMetrics } from "../../src/runs/node/index.ts";
import { runTrial } from "../../src/runs/node/run-trial.ts";
import type { TrialRequest } from "../../src/runs/trial-request.ts";
import type { EpochMetrics } from "../../src/train/index.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tinyJob } from "../support/tiny-trials.ts";

const run = (request: TrialRequest) =>
  runTrial(request, {
    signal: new AbortController().signal,
    report: () => {},
    clock: () => 0,
    now: () => "2026-01-01T00:00:00.000Z",
  });

/** As a reader of tables has it. */
const rowsOf = (table: string) => {
  const [head = "", ...lines] = table.trimEnd().split("\n");
  const names = head.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((cell, i) => [names[i], Number(cell)])));
};

/** An epoch's numbers by column. */
const flat = ({ gates, ...own }: EpochMetrics) => ({
  ...own,
  ...Object.assign(
    {},
    ...gates.map(({ on, dead, alwaysOn, flipped }, i) => ({
      [`gate${i + 1}On`]: on,
      [`gate${i + 1}Dead`]: dead,
      [`gate${i + 1}AlwaysOn`]: alwaysOn,
      [`gate${i + 1}Flipped`]: flipped,
    })),
  ),
});

it("metrics.csv says what metrics.jsonl says, also after a run was gone on with", async () => {
  await using folder = await temporaryFolder();
  const trial = (epochs: number): TrialRequest => {
    const { request } = tinyJob(folder.path, "relu", 0, epochs);
    return { ...request, plan: { ...request.plan, recipe: { validation: 0.2 } } };
  };
  const { directory } = trial(2);
  const table = async () => rowsOf(await readFile(join(directory, "metrics.csv"), "utf8"));
  await run(trial(2));
  expect(await table()).toEqual((await readMetrics(directory)).map(flat));
  await run(trial(4));
  const rows = await table();
  expect(rows).toHaveLength(4);
  expect(rows).toEqual((await readMetrics(directory)).map(flat));
  expect(Object.keys(rows[0] ?? {}).slice(0, 8)).toEqual([
    ...["epoch", "trainLoss", "trainAccuracy", "validationLoss", "validationAccuracy", "testLoss", "testAccuracy"],
    "seconds",
  ]);
});
