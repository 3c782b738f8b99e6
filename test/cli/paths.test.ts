import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { writeNpy } from "../../src/data/index.ts";
import { float32, float64 } from "../../src/graph/index.ts";
import { activate, kBestPaths, pathStatistics } from "../../src/paths/index.ts";
import { randomStream } from "../../src/random.ts";
import { loadNetwork } from "../../src/runs/node/index.ts";
import { gatewiseHere as gatewise, TINY } from "../support/command-line.ts";
import { expectClose } from "../support/expect-close.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const Result = z.looseObject({
  output: z.int(),
  logit: z.number(),
  sum: z.number(),
  paths: z.string().regex(/^\d+$/),
  activePaths: z.string().regex(/^\d+$/),
  absoluteMass: z.number(),
  participation: z.number(),
  entropy: z.number(),
  effectivePaths: z.number(),
  gini: z.number(),
  topShare: z.number(),
  top: z.array(
    z.object({
      contribution: z.number(),
      units: z.array(z.int()),
      startsAtBiasOfLayer: z.int().nullable(),
    }),
  ),
});

const WithBundles = Result.extend({
  bundles: z.array(
    z.object({
      contribution: z.number(),
      weights: z.array(
        z.object({
          layer: z.int(),
          from: z.int(),
          to: z.int(),
          offset: z.tuple([z.int(), z.int()]).nullable(),
        }),
      ),
      start: z.object({ kind: z.enum(["input", "bias", "saturation"]) }),
      paths: z.int(),
      positions: z.int(),
    }),
  ),
  bundleSearch: z.object({ exact: z.boolean(), othersAtMost: z.number() }),
});

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (name: string): string => join(folder.path, name);
const x = float32([3, 28, 28], randomStream(1, "paths inputs").uniform(3 * 784, 0, 1));

beforeAll(async () => {
  folder = await temporaryFolder();
  const { code, stderr } = await gatewise(["train", "--regime", "relu", ...TINY, "--epochs", "1", "--out", at("run")]);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  await writeFile(at("x.npy"), writeNpy(x));
});
afterAll(() => folder[Symbol.asyncDispose]());

const paths = (...args: readonly string[]) =>
  gatewise(["paths", "--model", at("run"), "--inputs", at("x.npy"), ...args]);

describe("gatewise paths", () => {
  it("gives what the library gives, for the largest logit unless told otherwise", async () => {
    const { code, stdout } = await paths("--example", "2", "--top", "4", "--json");
    expect(code).toBe(0);
    const result = Result.parse(JSON.parse(stdout));
    const { network } = await loadNetwork(at("run"));
    const active = activate(network, x.data.slice(2 * 784));
    const output = active.logits.indexOf(Math.max(...active.logits));
    const statistics = pathStatistics(active, output);
    expect(result).toMatchObject({
      ...statistics,
      paths: String(statistics.paths),
      activePaths: String(statistics.activePaths),
    });
    expect(result.top).toMatchObject(
      kBestPaths(active, output, 4).map(({ contribution, units }) => ({ contribution, units })),
    );
    expectClose(result.sum, result.logit, { relative: 1e-10 });
    // 784 inputs, two hidden layers of 8, biases of three layers
    expect(result.paths).toBe(String(784 * 64 + 64 + 8 + 1));
  });

  it("prints tables and draws the active network", async () => {
    const { code, stdout } = await paths("--output", "7", "--svg", at("active.svg"));
    expect(code).toBe(0);
    expect(stdout).toContain("example 0, output 7");
    expect(stdout).toMatch(/\nthe \d+ paths below hold [\d.e-]+ % of the mass; .*: gatewise flow\n/);
    expect(stdout).toMatch(/active paths +\d+/);
    expect(stdout.split("\n").filter((line) => line.includes(" → "))).not.toHaveLength(0);
    const svg = await readFile(at("active.svg"), "utf8");
    expect(svg.match(/<polyline /g)).toHaveLength(10);
    // 28 × 28 pixels, and marks that name no pixel twice
    expect((svg.match(/fill="rgb\(/g) ?? []).length).toBe(784);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("tells bundles beside the paths", async () => {
    const { code, stdout } = await paths("--bundles", "--top", "3", "--json");
    expect(code).toBe(0);
    const { bundles, bundleSearch, top } = WithBundles.parse(JSON.parse(stdout));
    // without a convolution no two paths go through the same weights
    expect(bundleSearch.exact).toBe(true);
    expectClose(
      bundles.map(({ contribution }) => contribution),
      top.map(({ contribution }) => contribution),
      { relative: 1e-12 },
    );
    expectClose(bundleSearch.othersAtMost, Math.abs(top[2]?.contribution ?? 0), { relative: 1e-12 });
    for (const [i, { weights, paths: count }] of bundles.entries()) {
      expect([weights[0]?.from, ...weights.map(({ to }) => to)]).toEqual(top[i]?.units);
      expect(count).toBe(1);
    }
    const table = await paths("--bundles", "--top", "3");
    expect(table.stdout).toContain("These are the largest bundles, exactly. No other contributes more than ");
  });

  it.each([
    {
      args: ["--example", "3"],
      code: 1,
      message: () => `--example 3: expected 0 to 2, the examples of ${at("x.npy")}`,
      hint: "examples are counted from 0",
    },
    {
      args: ["--output", "10"],
      code: 1,
      message: () => "output 10: expected 0 to 9",
      hint: "outputs are counted from 0",
    },
    {
      args: ["--top", "0"],
      code: 2,
      message: () => "--top 0: expected a whole number of at least 1",
      hint: "give another --top",
    },
  ])("refuses $args", async ({ args, code, message, hint }) => {
    const finished = await paths(...args, "--json");
    expect(finished.code).toBe(code);
    expect(JSON.parse(finished.stdout)).toMatchObject({ error: { message: message(), hint } });
  });

  it("refuses inputs of another shape", async () => {
    await writeFile(at("flat.npy"), writeNpy(float64([1, 3], [1, 2, 3])));
    const { code } = await gatewise(["paths", "--model", at("run"), "--inputs", at("flat.npy"), "--json"]);
    expect(code).toBe(1);
  });
});
