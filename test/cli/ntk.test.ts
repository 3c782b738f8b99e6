import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { readNpy, writeNpy } from "../../src/data/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { float32 } from "../../src/graph/index.ts";
import { tangentKernels } from "../../src/kernels/index.ts";
import { randomStream } from "../../src/random.ts";
import { loadNetwork } from "../../src/runs/node/index.ts";
import { gatewise, TINY } from "../support/command-line.ts";
import { expectClose } from "../support/expect-close.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const Size = z.strictObject({ trace: z.number(), frobenius: z.number() });
const Result = z.strictObject({
  examples: z.int(),
  output: z.int(),
  part: z.enum(["value", "feature", "all"]),
  ...Size.shape,
  smallestEigenvalue: z.number(),
  parts: z.strictObject({ value: Size, feature: Size }).optional(),
  out: z.string().nullable(),
});

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (name: string): string => join(folder.path, name);
const x = float32([6, 28, 28], randomStream(1, "ntk inputs").uniform(6 * 784, 0, 1));

beforeAll(async () => {
  folder = await temporaryFolder();
  for (const regime of ["relu", "dlnpf"]) {
    const { code, stderr } = await gatewise([
      "train",
      "--regime",
      regime,
      ...TINY,
      "--epochs",
      "1",
      "--out",
      at(regime),
    ]);
    expect(code, stderr).toBe(0);
  }
  await writeFile(at("x.npy"), writeNpy(x));
}, 60_000);
afterAll(() => folder[Symbol.asyncDispose]());

async function ntk(...args: readonly string[]) {
  const { code, stdout, stderr } = await gatewise(["ntk", "--inputs", at("x.npy"), ...args, "--json"]);
  expect(code, stderr + stdout).toBe(0);
  return Result.parse(JSON.parse(stdout));
}

describe("ntk", () => {
  it("tells value and feature part of a network with both, and writes their sum", async () => {
    const result = await ntk("--model", at("dlnpf"), "--output", "3", "--out", at("k.npy"));
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const { network } = await loadNetwork(at("dlnpf"));
    const { value, feature } = await tangentKernels(network, engine, x, { output: 3 });
    const sum = value.data.map((one, i) => one + (feature.data[i] ?? Number.NaN));
    const written = readNpy(await readFile(at("k.npy")));
    expect([written.dtype, written.shape]).toEqual(["float64", [6, 6]]);
    expectClose(written, { shape: [6, 6], data: sum }, { relative: 1e-13 });
    expect(result).toMatchObject({ examples: 6, output: 3, part: "all", out: at("k.npy") });
    const trace = (kernel: ArrayLike<number>) =>
      [0, 7, 14, 21, 28, 35].reduce((total, i) => total + (kernel[i] ?? Number.NaN), 0);
    expectClose(
      [result.trace, result.parts?.value.trace ?? 0, result.parts?.feature.trace ?? 0],
      [trace(sum), trace(value.data), trace(feature.data)],
      { relative: 1e-12 },
    );
    expect(result.parts?.feature.trace).toBeGreaterThan(0);
    expect(result.frobenius).toBeLessThanOrEqual(result.trace);
    expect(result.smallestEigenvalue).toBeGreaterThan(0);
    expect((await readdir(folder.path)).filter((file) => file.endsWith(".tmp"))).toEqual([]);
  });

  it("tells one part alone, and all of a ReLU network at once", async () => {
    const both = await ntk("--model", at("dlnpf"));
    const feature = await ntk("--model", at("dlnpf"), "--part", "feature");
    expect(feature).toMatchObject({ output: 0, part: "feature", trace: both.parts?.feature.trace, out: null });
    const relu = await ntk("--model", at("relu"));
    expect(relu.parts).toBeUndefined();
    expect(await ntk("--model", at("relu"), "--part", "value")).toEqual({ ...relu, part: "value" });
  });

  it("writes the same by tiles with --threads, and between two sets of inputs", async () => {
    const model = ["--model", at("relu"), "--output", "2"];
    const whole = await ntk(...model, "--out", at("whole.npy"));
    expect(await ntk(...model, "--out", at("tiles.npy"), "--threads", "2")).toEqual({ ...whole, out: at("tiles.npy") });
    expect((await readFile(at("tiles.npy"))).equals(await readFile(at("whole.npy")))).toBe(true);
    const { code, stdout, stderr } = await gatewise([
      ...["ntk", "--inputs", at("x.npy"), "--inputs2", at("x.npy"), ...model, "--dtype", "float32"],
      ...["--out", at("between.npy"), "--json"],
    ]);
    expect(code, stderr + stdout).toBe(0);
    const told = { examples: 6, examples2: 6, trace: null, smallestEigenvalue: null, out: at("between.npy") };
    expect(JSON.parse(stdout)).toMatchObject(told);
    const [between, wanted] = [readNpy(await readFile(at("between.npy"))), readNpy(await readFile(at("whole.npy")))];
    expect(between.dtype).toBe("float32");
    expectClose(between, wanted, { relative: 1e-6 });
  });

  it("prints a table for people", async () => {
    const { code, stdout, stderr } = await gatewise(["ntk", "--model", at("dlnpf"), "--inputs", at("x.npy")]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^tangent kernel of output 0 over 6 inputs\n/);
    expect(stdout).toMatch(/part +trace +Frobenius norm\n *value .*\n *feature .*\n *all .*\n\nsmallest eigenvalue /);
    expect(stderr).toMatch(/^needs up to \d+ MB of memory\n$/);
  });

  it.each([
    {
      title: "no such part",
      code: 2,
      args: () => ["--model", at("relu"), "--part", "values"],
      error: { message: 'part "values": expected value, feature or all', hint: 'did you mean "value"?' },
    },
    {
      title: "an output that is no number",
      code: 2,
      args: () => ["--model", at("relu"), "--output", "-1"],
      error: { message: "--output -1: expected a whole number of at least 0", hint: "give another --output" },
    },
    {
      title: "other inputs without a file",
      code: 2,
      args: () => ["--model", at("relu"), "--inputs2", at("x.npy")],
      error: {
        message: "--inputs2 without --out: expected a file for the kernel",
        hint: "add --out kernel.npy, or leave --inputs2 out",
      },
    },
    {
      title: "no such output",
      code: 1,
      args: () => ["--model", at("relu"), "--output", "10", "--out", at("never.npy")],
      error: {
        message: "output 10: expected a whole number from 0 to 9",
        hint: "choose one of the network's outputs",
      },
    },
  ])("refuses $title", async ({ code, args, error }) => {
    const finished = await gatewise(["ntk", "--inputs", at("x.npy"), ...args(), "--json"]);
    expect(JSON.parse(finished.stdout)).toMatchObject({ error });
    expect(finished.code).toBe(code);
    expect(await readdir(folder.path)).not.toContain("never.npy");
  });
});
