/** `gates --nearest`, `--towards` and `--training`: the contract of their JSON, what they say to people, what they refuse. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { examplesOf } from "../../src/models/index.ts";
import { openModel, readArray, readMetrics } from "../../src/runs/node/index.ts";
import { gatewiseHere as gatewise, TINY } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const GOLDEN = "test/golden/flow";
const [MODEL, INPUTS] = [join(GOLDEN, "conv-maxpool.onnx"), join(GOLDEN, "conv-maxpool.x.npy")];
const asked = (...more: readonly string[]) => gatewise(["gates", "--model", MODEL, "--inputs", INPUTS, ...more]);

describe("gatewise gates --json", () => {
  it("--nearest has what the model says", async () => {
    await using model = await openModel(MODEL);
    const inputs = examplesOf(await readArray(INPUTS));
    const { code, stdout } = await asked("--nearest", "4", "--json");
    expect(code).toBe(0);
    const answer = JSON.parse(stdout);
    expect(answer).toEqual({ example: 0, ...(await model.nearestFlips(inputs.example(0), { top: 4 })) });
    expect(answer.nearest).toHaveLength(4);
    const [first] = answer.nearest;
    const layer = answer.layers.find((one: { readonly layer: string }) => one.layer === first.layer);
    expect(layer).toMatchObject({ kind: first.kind, distance: first.distance, unit: first.unit });
  });

  it("--towards has every flip, in order", async () => {
    await using model = await openModel(MODEL);
    const inputs = examplesOf(await readArray(INPUTS));
    const { code, stdout } = await asked("--example", "0", "--towards", "1", "--json");
    expect(code).toBe(0);
    const { example, towards, count, layers, flips } = JSON.parse(stdout);
    expect({ example, towards, count }).toEqual({ example: 0, towards: 1, count: flips.length });
    expect({ layers, flips }).toEqual(await model.flipsBetween(inputs.example(0), inputs.example(1)));
    expect(count).toBeGreaterThan(0);
    expect(layers.reduce((sum: number, layer: { readonly flips: number }) => sum + layer.flips, 0)).toBe(count);
  });
});

it("gatewise gates tells people where the gates flip", async () => {
  const near = await asked("--nearest", "2");
  expect(near.stdout).toMatch(/^example 0: the nearest flip is [\d.]+ away, the (gate|selection) of unit \d+ of /);
  const way = await asked("--towards", "1");
  expect(way.stdout).toMatch(/^example 0 to example 1: \d+ flips?\n/);
  expect(way.stdout).toContain("differ at the ends");
});

it.each([
  {
    args: ["--example", "1"],
    message: "--example 1 without --nearest or --towards: expected a question about one example",
    hint: "add one of them, or leave --example out",
  },
  {
    args: ["--nearest", "3", "--towards", "1"],
    message: "--nearest with --towards: expected one question at a time",
    hint: "leave one of them out",
  },
  {
    args: ["--towards", "1", "--out", "g.npy"],
    message: "--towards with --out: expected one question at a time",
    hint: "leave one of them out",
  },
  {
    args: ["--nearest", "0"],
    message: "--nearest 0: expected a whole number of at least 1",
    hint: "give another --nearest",
  },
  {
    args: ["--towards", "99"],
    code: 1,
    message: `--towards 99: expected 0 to 1, the examples of ${INPUTS}`,
    hint: "examples are counted from 0",
  },
])("gatewise gates $args is refused", async ({ args, code = 2, message, hint }) => {
  const { code: ended, stdout } = await asked(...args, "--json");
  expect(JSON.parse(stdout)).toMatchObject({ error: { message, hint } });
  expect(ended).toBe(code);
});

describe("gatewise gates --training", () => {
  it("tells a watched run's flips, epoch by epoch, and says where there are none", async () => {
    await using folder = await temporaryFolder();
    const run = join(folder.path, "run");
    const train = (...more: readonly string[]) => gatewise(["train", ...TINY, "--epochs", "3", ...more]);
    expect((await train("--watch-gates", "--out", run)).code).toBe(0);
    const told = await gatewise(["gates", "--model", run, "--training", "--json"]);
    const { epochs, settled } = JSON.parse(told.stdout);
    const wanted = (await readMetrics(run)).map(({ epoch, gates }) => ({
      epoch,
      layers: gates.map(({ on: _, alwaysOn: __, flipped: ___, ...layer }) => layer),
    }));
    expect(epochs).toEqual(wanted);
    expect(settled.map(({ layer }: { readonly layer: number }) => layer)).toEqual([1, 2]);
    const { stdout } = await gatewise(["gates", "--model", run, "--training"]);
    expect(stdout).toContain("% (units dead after it), by layer; epochs 1, 2, 3 of 3");
    expect(stdout).toMatch(/^ +3 +[\d.]+ \(\d\) +[\d.]+ \(\d\)$/m);
    // its report has a row of it
    const report = await gatewise(["report", run, "--out", join(folder.path, "r.html")]);
    expect(report.code).toBe(0);

    const plain = join(folder.path, "plain");
    expect((await train("--out", plain)).code).toBe(0);
    const none = await gatewise(["gates", "--model", plain, "--training", "--json"]);
    expect(none.code).toBe(1);
    expect(JSON.parse(none.stdout).error).toMatchObject({
      message: `${plain}, whose gates were not watched: expected a run of a network with gates that was trained with --watch-gates`,
      hint: "train it anew with --watch-gates; how many units are dead after each epoch stands in its metrics.csv",
    });
    const empty = join(folder.path, "empty");
    await mkdir(empty);
    const missing = await gatewise(["gates", "--model", empty, "--training", "--json"]);
    expect(JSON.parse(missing.stdout).error.message).toContain("without a run.json");
    const both = await gatewise(["gates", "--model", run, "--training", "--inputs", INPUTS, "--json"]);
    expect([both.code, JSON.parse(both.stdout).error.message]).toEqual([
      2,
      "--training with --inputs: expected a run alone: its metrics say what its gates did",
    ]);
    const neither = await gatewise(["gates", "--model", run, "--json"]);
    expect([neither.code, JSON.parse(neither.stdout).error.message]).toEqual([
      2,
      "no --inputs: expected .npy, float32 or float64, [n, …input shape]",
    ]);
  });
});
