/** `gatewise monitor`: the contract of its JSON, what moves with it, what it refuses. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { writeNpy } from "../../src/data/index.ts";
import { float32 } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";
import { gatewiseHere as gatewise, TINY } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (name: string): string => join(folder.path, name);
const COUNT = 150;

beforeAll(async () => {
  folder = await temporaryFolder();
  await mkdir(at("a"));
  for (const seed of [0, 1]) {
    const args = ["train", ...TINY, "--epochs", "1", "--seed", String(seed), "--out", at(`a/run${seed}`)];
    expect((await gatewise(args)).code).toBe(0);
  }
  /** Noise in the upper half of an image, or in the lower. */
  const noise = (name: string, isOdd: boolean): Promise<void> => {
    const pixels = randomStream(3, name).uniform(COUNT * 784, 0, 1);
    const halves = Float32Array.from(pixels, (pixel, i) => (i % 784 < 392 === isOdd ? 0 : pixel));
    return writeFile(at(`${name}.npy`), writeNpy(float32([COUNT, 28, 28], halves)));
  };
  await noise("known", false);
  await noise("clean", false);
  await noise("new", false);
  await noise("odd", true);
});
afterAll(() => folder[Symbol.asyncDispose]());

const quantile = z.number().min(0).max(1);
/** The names that the issue fixes, and those that stand beside. */
const Result = z.strictObject({
  examples: z.array(
    z.strictObject({
      predicted: z.int(),
      score: z.number().max(0).nullable(),
      gates: quantile,
      softmax: quantile,
      pixels: quantile,
      alarm: quantile,
      raised: z.boolean(),
      nearest: z.int().min(0).max(COUNT).nullable(),
    }),
  ),
  alarms: z.int(),
  level: z.number(),
  threshold: quantile,
  heldOut: z.literal(COUNT),
  drift: z.strictObject({
    ...{ share: quantile, low: quantile, high: quantile, expected: z.number(), p: quantile },
    ...{ tested: z.int(), moved: z.int() },
    gates: z.array(
      z.strictObject({
        ...{ layer: z.int().min(1), node: z.string(), unit: z.int().min(0) },
        ...{ before: quantile, now: quantile, p: z.number().max(0.05) },
      }),
    ),
  }),
});

async function scored(monitor: string, inputs: string, ...more: readonly string[]) {
  const { code, stdout, stderr } = await gatewise([
    ...["monitor", "score", "--monitor", monitor, "--inputs", at(`${inputs}.npy`), ...more, "--json"],
  ]);
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: "" });
  return Result.parse(JSON.parse(stdout));
}

describe("monitor", () => {
  it("tells inputs of another kind from those of the same, wherever it and its model lie", async () => {
    const fit = await gatewise([
      ...["monitor", "fit", "--model", at("a/run0"), "--inputs", at("known.npy"), "--clean", at("clean.npy")],
      ...["--references", "5", "--out", at("a/m.monitor"), "--json"],
    ]);
    expect(fit.code, fit.stderr).toBe(0);
    expect(JSON.parse(fit.stdout)).toMatchObject({ monitor: at("a/m.monitor"), heldOut: COUNT });
    const [same, other] = [await scored(at("a/m.monitor"), "new"), await scored(at("a/m.monitor"), "odd")];
    for (const { alarm, gates, softmax, raised } of [...same.examples, ...other.examples]) {
      expect(alarm).toBe(Math.max(gates, softmax));
      expect(raised).toBe(alarm > same.threshold);
    }
    for (const { examples, alarms, drift } of [same, other]) {
      expect(alarms).toBe(examples.filter(({ raised }) => raised).length);
      expect(drift.share).toBe(alarms / COUNT);
    }
    expect(other.alarms).toBeGreaterThan(2 * same.alarms);
    expect(other.drift.moved).toBeGreaterThan(same.drift.moved);
    await rename(at("a"), at("b"));
    expect(await scored(at("b/m.monitor"), "new")).toEqual(same);
    expect(await scored(at("b/m.monitor"), "new", "--model", at("b/run0"))).toEqual(same);
    const words = await gatewise(["monitor", "score", "--monitor", at("b/m.monitor"), "--inputs", at("odd.npy")]);
    expect(words.stdout).toContain(`${other.alarms} of ${COUNT} inputs raise an alarm`);
    expect(words.stdout).toContain("Attacks are not claimed");
    const { code, stderr } = await gatewise([
      ...["monitor", "score", "--monitor", at("b/m.monitor"), "--inputs", at("new.npy"), "--model", at("b/run1")],
    ]);
    expect({ code, lines: stderr.trim().split("\n").length }).toEqual({ code: 1, lines: 2 });
    expect(stderr).toContain("other weights have other gates");
  });

  it.each([
    {
      args: ["score", "--monitor", "m", "--inputs", "x.npy", "--level", "1"],
      message: "--level 1: expected a number above 0 and below 1",
    },
    {
      args: ["fit", "--model", "m", "--inputs", "x.npy", "--out", "o", "--clean", "c.npy", "--held-out", "3"],
      message: "--clean with --held-out: expected clean inputs of their own, or a number of --inputs that are held out",
    },
    {
      args: ["score", "--monitor", "m", "--inputs", "x.npy", "--model-output", "1"],
      message:
        "a choice of the model's outputs, inputs or sizes without --model: expected the model that it is of: the monitor knows the choice of its own",
    },
  ])("refuses $args", async ({ args, message }) => {
    const { code, stdout } = await gatewise(["monitor", ...args, "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error.message).toBe(message);
  });
});
