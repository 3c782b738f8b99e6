/** Experiments without run directories, stopped by a limit and by a kill: they go on and end with the same numbers. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { endOf, gatewise, startGatewise } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Each takes some seconds; `part` is the file of its first measurements. */
const ROWS = [
  { args: ["reproduce", "theorem", "--seeds", "2"], part: "fully-connected" },
  { args: ["reproduce", "oblique-trees", "--epochs", "20"], part: "dlgn-seed0" },
  { args: ["reproduce", "binary-mnist", "--seeds", "1", "--epochs", "4"], part: "seed0" },
];

/** The result but for where it stands. */
const resultOf = (stdout: string): unknown => ({ ...JSON.parse(stdout), report: "" });

const linesOf = (file: string): Promise<number> =>
  readFile(file, "utf8").then(
    (text) => text.split("\n").length - 1,
    () => 0,
  );

describe.each(ROWS)("gatewise $args.1", ({ args, part }) => {
  it("stopped at a time limit and killed, goes on and ends the same", async () => {
    await using folder = await temporaryFolder();
    const [whole, half] = [join(folder.path, "whole"), join(folder.path, "half")];
    const straight = await gatewise([...args, "--out", whole, "--json"]);
    expect(straight.code, straight.stdout).toBe(0);

    const begun = startGatewise(folder.path, [...args, "--out", half, "--json"]);
    const killed = endOf(begun);
    const file = join(half, part, "measured.jsonl");
    while ((await linesOf(file)) < 2 && begun.exitCode === null) await wait(5);
    begun.kill("SIGKILL");
    expect((await killed).code).toBe(null);
    const before = await linesOf(file);

    const limited = [...args, "--out", half, "--resume", "--time-limit", "1s", "--json"];
    const stopped = await gatewise(limited);
    if (stopped.code !== 0) {
      expect(stopped.code).toBe(75);
      expect(JSON.parse(stopped.stdout)).toMatchObject({
        error: {
          message: "stopped at the time limit of 1s: expected to run to its end",
          hint: `to go on: gatewise ${limited.join(" ")}`,
        },
      });
    }
    // a line that has no checkpoint behind it is measured again
    expect(await linesOf(file)).toBeGreaterThanOrEqual(before - 1);
    const resumed = await gatewise([...args, "--out", half, "--resume", "--json"]);
    expect(resumed.code, resumed.stdout).toBe(0);
    expect(resultOf(resumed.stdout)).toEqual(resultOf(straight.stdout));
  });
});
