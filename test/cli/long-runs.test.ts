/** Time limits, the estimate in a pipe, and what is said of a table that is not complete. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { CliContext } from "../../src/cli/context.ts";
import { endInterrupted } from "../../src/cli/interruption.ts";
import { trialProgress } from "../../src/cli/progress.ts";
import { parseDuration, TimeIsUp, withTimeLimit } from "../../src/cli/time-limit.ts";
import { readMetrics } from "../../src/runs/node/index.ts";
import { gatewise, gatewiseHere, TINY } from "../support/command-line.ts";
import { errorOf } from "../support/error-of.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tinyPlan } from "../support/tiny-training.ts";
import { contentOf } from "../support/tiny-trials.ts";

class Collected extends Writable {
  text = "";
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

function contextOf(changes: Partial<CliContext> = {}) {
  const [stdout, stderr] = [new Collected(), new Collected()];
  const signal = new AbortController().signal;
  const context: CliContext = {
    ...{ stdout, stderr, environment: {}, cacheDir: "", command: "gatewise x", json: false, signal },
    ...changes,
  };
  return { context, stdout, stderr };
}

describe("--time-limit", () => {
  it.each([
    ["45s", 45_000],
    ["90m", 5_400_000],
    ["2h", 7_200_000],
    ["1h30m", 5_400_000],
    ["1d2h3m4s", 93_784_000],
    ["24d", 2_073_600_000],
  ])("%s", (text, milliseconds) => {
    expect(parseDuration("--time-limit", text)).toBe(milliseconds);
  });

  it.each(["", "0s", "90", "1.5h", "-1m", "30m1h", "25d", "1 h", "h"])('"%s" is refused', (text) => {
    expect(errorOf(() => parseDuration("--time-limit", text))).toEqual({
      message: `--time-limit ${text}: expected a duration such as 45s, 90m, 2h or 1h30m, at most 24d`,
      hint: "give another --time-limit",
    });
  });

  it("is wrong usage where it cannot be read", async () => {
    await using folder = await temporaryFolder();
    const { code } = await gatewise(["train", ...TINY, "--out", join(folder.path, "x"), "--time-limit", "soon"]);
    expect(code).toBe(2);
  });

  it("aborts the signal, which tells why; Ctrl-C still does", async () => {
    const { context } = contextOf();
    using limit = withTimeLimit(context, "1s");
    await new Promise((resolve) => limit.context.signal.addEventListener("abort", resolve));
    expect(limit.context.signal.reason).toEqual(new TimeIsUp("the time limit of 1s"));
    const stop = new AbortController();
    using both = withTimeLimit(contextOf({ signal: stop.signal }).context, "1h");
    stop.abort(130);
    expect(both.context.signal.reason).toBe(130);
  });

  it.each([
    { reason: new TimeIsUp("the time limit of 2h"), code: 75, what: "stopped at the time limit of 2h" },
    { reason: 75, code: 75, what: "interrupted" },
    { reason: 130, code: 130, what: "interrupted" },
  ])("ends with $code: $what", ({ reason, code, what }) => {
    const { context, stderr } = contextOf({ signal: AbortSignal.abort(reason) });
    expect(endInterrupted(context, "gatewise x --resume")).toBe(code);
    expect(stderr.text).toBe(`${what}; to go on:\n  gatewise x --resume\n`);
  });

  it("train stops, says how to go on, and a resumed run ends the same", async () => {
    await using folder = await temporaryFolder();
    const [half, whole] = [join(folder.path, "half"), join(folder.path, "whole")];
    // a limit that falls into an epoch: 20,000 of one step
    const args = (out: string, epochs: string) => [
      "train",
      ...TINY,
      "--batch",
      "320",
      "--epochs",
      epochs,
      "--out",
      out,
    ];
    const limited = [...args(half, "20000"), "--time-limit", "2s", "--json"];
    const stopped = await gatewise(limited);
    expect(stopped.code).toBe(75);
    expect(JSON.parse(stopped.stdout)).toMatchObject({
      error: {
        message: "stopped at the time limit of 2s: expected to run to its end",
        hint: `to go on: gatewise ${limited.join(" ")} --resume`,
      },
    });
    const epochs = String((await readMetrics(half)).length + 2);
    const end = (out: string) => [...args(out, epochs), "--resume"];
    expect((await gatewise(end(half))).code).toBe(0);
    expect((await gatewise(end(whole))).code).toBe(0);
    expect(await contentOf(half)).toEqual(await contentOf(whole));
  });
});

describe("in a pipe", () => {
  const steps = (step: number) =>
    ({
      kind: "progress",
      id: "relu",
      progress: { kind: "steps", epoch: 1, step, steps: 100, loss: 1.5, accuracy: 50 },
    }) as const;

  /** What is written when a trial of 3 epochs takes a second a step. */
  function written(json: boolean): string {
    const { context, stderr } = contextOf({ json });
    let now = 0;
    const trials = [{ id: "relu", plan: tinyPlan({ epochs: 3 }), after: undefined }];
    const view = trialProgress(context, trials, { workers: 1, clock: () => now });
    view.onEvent({ kind: "started", id: "relu" });
    for (let step = 1; step <= 100; step++) {
      now += 1000;
      view.onEvent(steps(step));
    }
    view.close();
    return stderr.text;
  }

  it("one line tells the time in all, after the first minute", () => {
    expect(written(false)).toBe("after 1 min: about 5 min in all\n");
  });

  it("not with --json", () => {
    expect(written(true)).toBe("");
  });
});

describe("a table that is not complete", () => {
  it("shows what is done and says what is missing, and goes on from there", async () => {
    await using folder = await temporaryFolder();
    const out = join(folder.path, "table");
    const args = ["reproduce", "fc-mnist-sgd", "--epochs", "1", "--out", out, "--workers", "2"];
    expect((await gatewiseHere([...args, "--regimes", "relu", "--seeds", "1"])).code).toBe(0);
    const more = [...args, "--regimes", "relu,dlnpf", "--seeds", "2", "--resume"];
    const text = await gatewiseHere(more, AbortSignal.abort(130));
    expect(text.code).toBe(130);
    expect(text.stdout).toContain(
      "\nmissing\n  relu: 1 of 2 seeds; 1 not started\n  dlnpf: none of 2 seeds\n\nreport  ",
    );
    expect(text.stderr).toContain("interrupted\n3 of 4 trials are not done; to go on:\n  gatewise reproduce ");
    const { code, stdout } = await gatewiseHere(
      [...more, "--json"],
      AbortSignal.abort(new TimeIsUp("the time limit of 1h")),
    );
    expect(code).toBe(75);
    const result = JSON.parse(stdout);
    expect(result.rows).toMatchObject([{ regime: "relu", runs: [expect.any(Number)] }]);
    const missing = { status: "not-started", epochs: 0, of: 1 };
    expect(result.missing).toEqual([
      { id: "dlnpf-seed0", regime: "dlnpf", seed: 0, ...missing },
      { id: "relu-seed1", regime: "relu", seed: 1, ...missing },
      { id: "dlnpf-seed1", regime: "dlnpf", seed: 1, ...missing },
    ]);
    const before = await readFile(join(out, "relu-seed0", "run.json"), "utf8");
    // without the longer trials
    const whole = await gatewiseHere([...args, "--regimes", "relu", "--seeds", "2", "--resume", "--json"]);
    expect(whole.code).toBe(0);
    expect(JSON.parse(whole.stdout).missing).toEqual([]);
    expect(await readFile(join(out, "relu-seed0", "run.json"), "utf8"), "what was done was not done again").toBe(
      before,
    );
  });
});
