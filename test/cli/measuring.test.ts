import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readNpy, writeNpy } from "../../src/data/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { readNetworkGates } from "../../src/gates/index.ts";
import { bytesOf, float32, int64 } from "../../src/graph/index.ts";
import { neuralPathKernelByPairs, packedKernel } from "../../src/kernels/index.ts";
import { randomStream } from "../../src/random.ts";
import { loadNetwork } from "../../src/runs/node/index.ts";
import { gatewiseHere as gatewise, TINY } from "../support/command-line.ts";
import { expectClose } from "../support/expect-close.ts";
import { sharedPath } from "../support/shared-data.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (name: string): string => join(folder.path, name);
const x = float32([9, 28, 28], randomStream(3, "measured inputs").uniform(9 * 784, 0, 1));
const LABELS = [0, 1, 0, 1, 0, 1, 0, 1, 2];

beforeAll(async () => {
  folder = await temporaryFolder();
  for (const [seed, run] of ["run", "other"].entries()) {
    const options = ["--epochs", "1", "--seed", String(seed), "--out", at(run)];
    const { code, stderr } = await gatewise(["train", "--regime", "relu", ...TINY, ...options]);
    expect(code, stderr).toBe(0);
  }
  await writeFile(at("x.npy"), writeNpy(x));
  await writeFile(at("x2.npy"), writeNpy(float32([2, 28, 28], x.data.slice(0, 2 * 784))));
  await writeFile(at("y.npy"), writeNpy(int64([9], LABELS)));
});
afterAll(() => folder[Symbol.asyncDispose]());

/** The gates that the engine gives, and the exact kernel that they make. */
async function expected() {
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  const { network } = await loadNetwork(at("run"));
  const gates = await readNetworkGates(network, engine, x);
  const kernel = await packedKernel({ rows: { inputs: x, gates }, biases: [true, true, true] }, engine);
  return { gates, kernel };
}

async function json(...args: readonly string[]) {
  const { code, stdout, stderr } = await gatewise([...args, "--json"]);
  expect(code, stdout + stderr).toBe(0);
  return JSON.parse(stdout);
}
const measured = ["--model", "run", "--inputs", "x.npy"];
const of = (command: string, ...args: readonly string[]): string[] => [
  command,
  ...measured.map((word) => (word.startsWith("--") ? word : at(word))),
  ...args,
];
const kernelIn = async (name: string) => readNpy(await readFile(at(name)));

describe("gatewise gates", () => {
  it("takes any whole numbers as labels, such as −1 and +1", async () => {
    const names = [7, -3, 5];
    await writeFile(
      at("named.npy"),
      writeNpy(
        int64(
          [9],
          LABELS.map((label) => names[label] ?? 0),
        ),
      ),
    );
    const [plain, named] = [
      await json(...of("gates", "--labels", at("y.npy"))),
      await json(...of("gates", "--labels", at("named.npy"))),
    ];
    expect([plain.classes, named.classes]).toEqual([
      [0, 1, 2],
      [-3, 5, 7],
    ]);
    // class 0 is named 7, which comes last
    const order = [1, 2, 0];
    for (const [i, { classOverlap }] of named.layers.entries()) {
      const wanted = plain.layers[i].classOverlap;
      expect(classOverlap).toEqual(order.map((a) => order.map((b) => wanted[a][b])));
    }
    const { code, stderr } = await gatewise(of("gates", "--labels", at("named.npy")));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  it("refuses more labels than classes can be", async () => {
    const many = float32([2000, 28, 28], new Float32Array(2000 * 784));
    await writeFile(at("many.npy"), writeNpy(many));
    await writeFile(
      at("ids.npy"),
      writeNpy(
        int64(
          [2000],
          Array.from({ length: 2000 }, (_, i) => i),
        ),
      ),
    );
    const args = ["gates", "--model", at("run"), "--inputs", at("many.npy"), "--labels", at("ids.npy"), "--json"];
    const { code, stdout } = await gatewise(args);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).error).toMatchObject({
      message: `${at("ids.npy")} with 2000 different labels: expected at most 1000 classes`,
      hint: "give the class of each example, or fewer examples",
    });
  });

  it("tells of every layer, and of classes and another network where asked to", async () => {
    const { gates } = await expected();
    const result = await json(...of("gates", "--labels", at("y.npy"), "--against", at("other"), "--out", at("g.npy")));
    expect(result.examples).toBe(9);
    expect(result.layers.map(({ layer, units }: Record<string, number>) => [layer, units])).toEqual([
      [1, 8],
      [2, 8],
    ]);
    for (const layer of result.layers) {
      expect(layer).toMatchObject({ on: expect.any(Number), dead: expect.any(Number), alwaysOn: expect.any(Number) });
      expect(layer.flipped).toBeGreaterThan(0);
      // one example of class 2: no two of them
      expect(layer.classOverlap[2][2]).toBeNull();
    }
    for (const layer of result.layers) {
      expect(layer).toMatchObject({ node: expect.any(String), shape: [8], deadChannels: [], alwaysOnChannels: [] });
      expect([layer.deadUnits.length, layer.alwaysOnUnits.length]).toEqual([layer.dead, layer.alwaysOn]);
    }
    // 0.717 ^ 9 is 0.05
    expect(result.unseenRateAtMost).toBeCloseTo(0.283, 3);
    expect(result.warning).toContain("up to 28 % of inputs like these");
    const text = await gatewise(of("gates"));
    expect(text.stdout).toMatch(/always on {2}\d/);
    expect(text.stdout).toContain("few inputs: a unit that did not switch in 9 of them");
    expect(text.stdout).toContain("folds into the next one");
    const bytes = await kernelIn("g.npy");
    expect(bytes.shape).toEqual([9, 16]);
    const words = new Uint32Array(bytesOf(bytes).slice().buffer);
    expect([...words.filter((_, i) => i % 4 === 2)]).toEqual([
      ...(gates.layers[1]?.words.filter((_, i) => i % 2 === 0) ?? []),
    ]);
  });
});

describe("gatewise npk", () => {
  it.each(["1", "2"])("writes the kernel that the library computes, with %s threads", async (threads) => {
    const { kernel } = await expected();
    const result = await json(...of("npk", "--out", at(`k${threads}.npy`), "--threads", threads));
    expect(result).toMatchObject({ shape: [9, 9], normalize: "none", out: at(`k${threads}.npy`) });
    expectClose(await kernelIn(`k${threads}.npy`), kernel, { relative: 1e-14 });
    expectClose(
      result.trace,
      kernel.data.filter((_, i) => i % 10 === 0).reduce((sum, value) => sum + value, 0),
      {
        relative: 1e-13,
      },
    );
  });

  it("divides by the trace, takes parts, float32 and other columns", async () => {
    const { kernel } = await expected();
    const { trace } = await json(...of("npk", "--normalize", "trace", "--dtype", "float32", "--out", at("t.npy")));
    const scaled = await kernelIn("t.npy");
    expect(scaled.dtype).toBe("float32");
    expectClose(scaled, { shape: [9, 9], data: kernel.data.map((value) => value / trace) }, { relative: 1e-6 });
    await json(...of("npk", "--part", "diagonal", "--out", at("d.npy")));
    expectClose(
      await kernelIn("d.npy"),
      kernel.data.filter((_, i) => i % 10 === 0),
      { relative: 1e-13 },
    );
    await json(...of("npk", "--inputs2", at("x2.npy"), "--out", at("c.npy")));
    const crossed = Array.from({ length: 9 }, (_, i) => kernel.data.slice(9 * i, 9 * i + 2));
    expectClose(await kernelIn("c.npy"), crossed, { relative: 1e-13 });
  });

  it("estimates by random features", async () => {
    const { kernel } = await expected();
    const result = await json(...of("npk", "--features", "3000", "--out", at("f.npy")));
    expect(result.meanRelativeError).toBeGreaterThan(0);
    const estimate = await kernelIn("f.npy");
    const difference = Math.hypot(...kernel.data.map((value, i) => value - Number(estimate.data[i])));
    expect(difference / Math.hypot(...kernel.data)).toBeLessThan(0.3);
  });

  const models = sharedPath("models");
  it.skipIf(models === undefined)("reads models of other people, convolutional ones too", async () => {
    const model = join(models ?? "", "cifar10-oval-base.onnx");
    const images = float32([3, 3, 32, 32], randomStream(4, "images").uniform(3 * 3072, 0, 1));
    await writeFile(at("images.npy"), writeNpy(images));
    await json("npk", "--model", model, "--inputs", at("images.npy"), "--out", at("conv.npy"));
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const { network } = await loadNetwork(model);
    expectClose(await kernelIn("conv.npy"), await neuralPathKernelByPairs(network, engine, images), {
      relative: 1e-12,
    });
    const inspected = await json("inspect", "--model", model);
    expect(inspected).toMatchObject({
      pathKernel: "pairs of positions",
      parameters: 392 + 2064 + 102_500 + 1010,
      outputs: 10,
    });
  });

  it("says how to go on when it is interrupted", async () => {
    const stop = new AbortController();
    stop.abort(130);
    const { code, stderr } = await gatewise(of("npk", "--out", at("stopped.npy")), stop.signal);
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr: `interrupted; to go on:\n  gatewise ${of("npk", "--out", at("stopped.npy")).join(" ")} --resume\n`,
    });
  });
});

describe("gatewise inspect and neighbors", () => {
  it("tell what a network is", async () => {
    const result = await json("inspect", "--model", at("run"), "--inputs", "100");
    // 784·8·8 + 8·8 + 8 + 1: from every input and from each layer's biases
    expect(result).toMatchObject({
      source: { kind: "run", regime: "relu" },
      parameters: 784 * 8 + 8 + 72 + 90,
      gates: 16,
      paths: "50249",
      pathKernel: "packed bits",
      supported: [
        ...["dissect", "evaluate", "gates", "npk", "ntk", "neighbors", "influence", "paths", "flow", "subnetwork"],
        ...["monitor", "studio", "export"],
      ],
    });
    expect(result.cost).toMatchObject({ examples: 100, packedGatesBytes: 1600, kernelBytes: 80_000, pairs: 5050 });
    expect(result.cost.pathKernelSeconds).toBeGreaterThan(0);
  });

  it("tell the parameters that a file holds, each once, and what a layer used twice is to paths", async () => {
    const model = join("test", "golden", "ntk", "used-twice.onnx");
    const { parameters, parameterList, layers } = await json("inspect", "--model", model);
    expect(parameters).toBe(30 + 42 + 14);
    expect(parameterList).toEqual([
      { name: "a.weight", shape: [6, 4], count: 24, layers: ["/a/Gemm"] },
      { name: "a.bias", shape: [6], count: 6, layers: ["/a/Gemm"] },
      { name: "b.weight", shape: [6, 6], count: 36, layers: ["/b/Gemm", "/b_1/Gemm"] },
      { name: "b.bias", shape: [6], count: 6, layers: ["/b/Gemm", "/b_1/Gemm"] },
      { name: "c.weight", shape: [2, 6], count: 12, layers: ["/c/Gemm"] },
      { name: "c.bias", shape: [2], count: 2, layers: ["/c/Gemm"] },
    ]);
    expect(layers.map((layer: { readonly parameters: number }) => layer.parameters)).toEqual([
      0, 30, 0, 42, 0, 0, 0, 14,
    ]);
    const { stdout } = await gatewise(["inspect", "--model", model]);
    expect(stdout).toContain(
      [
        "parameter  shape  numbers  in",
        "a.weight     6×4       24  /a/Gemm",
        "a.bias         6        6  /a/Gemm",
        "b.weight     6×6       36  /b/Gemm, /b_1/Gemm",
      ].join("\n"),
    );
    expect(stdout).toContain(
      [
        "b.weight, b.bias: used by several layers, counted once. ntk adds up the gradients of its uses; for paths, npk and",
        "path-norms each use is a layer with weights of its own.",
      ].join("\n"),
    );
  });

  it("find the inputs that share most active paths", async () => {
    const { query, neighbors } = await json(...of("neighbors", "--query", "2", "--top", "3"));
    expect(query).toBe(2);
    expect(neighbors).toHaveLength(3);
    const similarities = neighbors.map(({ similarity }: { readonly similarity: number }) => similarity);
    expect(similarities).toEqual([...similarities].sort((a: number, b: number) => b - a));
    expect(neighbors.map(({ example }: { readonly example: number }) => example)).not.toContain(2);
  });

  it("find those of many queries among labeled examples, and how usual they are", async () => {
    const many = ["neighbors", "--model", at("run"), "--train", at("x.npy"), "--inputs", at("x2.npy")];
    const result = await json(...many, "--labels", at("y.npy"), "--top", "3", "--threads", "2", "--held-out", "4");
    expect(result).toMatchObject({ train: 9, heldOut: { examples: 4 } });
    for (const [i, { query, predicted, percentile, neighbors }] of result.queries.entries()) {
      // the two inputs are the first two examples
      expect([query, percentile, neighbors.length]).toEqual([i, 100, 3]);
      expect(neighbors[0]).toMatchObject({ example: i, label: LABELS[i], similarity: 1, sharedGates: 1 });
      expect(predicted).toEqual(expect.any(Number));
    }
    const one = await json(...many, "--query", "1", "--top", "3", "--held-out", "4");
    expect(one.queries[0].neighbors.map(({ example }: { readonly example: number }) => example)).toEqual(
      result.queries[1].neighbors.map(({ example }: { readonly example: number }) => example),
    );
    const text = await gatewise([...many, "--labels", at("y.npy"), "--top", "3"]);
    expect(text.stdout).toContain("percentile: of 9 examples of --train");
  });

  it("find the most alike pairs", async () => {
    const { of: sets, pairs } = await json(...of("neighbors", "--pairs", "--labels", at("y.npy"), "--top", "40"));
    expect([sets, pairs.length]).toEqual([["inputs", "inputs"], 36]);
    const [{ examples, similarity, labels }] = pairs;
    expect(labels).toEqual(examples.map((example: number) => LABELS[example]));
    const { neighbors } = await json(...of("neighbors", "--query", String(examples[0]), "--top", "1"));
    expect(neighbors[0].example).toBe(examples[1]);
    expectClose(similarity, neighbors[0].similarity, { relative: 1e-12 });
    const across = await json(...of("neighbors", "--pairs", "--train", at("x2.npy"), "--top", "2"));
    // an input and its own double come first
    expect(across).toMatchObject({ of: ["train", "inputs"], pairs: [{ examples: [0, 0], similarity: 1 }, {}] });
  });

  it.each([
    { options: [], message: "neither --query nor --train nor --pairs: expected what to find neighbors of" },
    { options: ["--pairs", "--query", "1"], message: "--pairs with --query: expected all pairs, or one query" },
    {
      options: ["--query", "1", "--held-out", "3"],
      message: "--held-out without --train: expected examples to hold out, and queries to compare with them",
    },
    { options: ["--query", "9", "--train", "x.npy"], message: "query 9: expected an example from 0 to 8" },
    {
      options: ["--train", "x2.npy", "--labels", "y.npy"],
      message: "with 9 labels for 2 examples: expected one label an example, of --train where that is given",
    },
  ])("of $options are refused", async ({ options, message }) => {
    const words = options.map((word) => (word.endsWith(".npy") ? at(word) : word));
    const { code, stdout } = await gatewise([...of("neighbors", ...words), "--json"]);
    expect(code).not.toBe(0);
    expect(JSON.parse(stdout).error.message).toContain(message);
  });
});

describe("gatewise reproduce binary-mnist", () => {
  it("keeps a finished seed where it is resumed, and only then", async () => {
    const args = ["reproduce", "binary-mnist", "--seeds", "1", "--epochs", "1", "--out", at("binary")];
    const { rows } = await json(...args);
    expect(rows.map(({ epoch }: { readonly epoch: number }) => epoch)).toEqual([0, 1]);
    expect(await readFile(at("binary/binary-mnist.svg"), "utf8")).toContain("<svg");
    expect((await json(...args, "--resume")).rows).toEqual(rows);
    const { code, stdout } = await gatewise([...args, "--json"]);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 1,
      error: {
        message: `${at("binary")}, which holds results already: expected a folder without results`,
        hint: "choose another with --out, or go on with this one: --resume",
      },
    });
  });
});

const MISTAKES = [
  {
    args: () => of("npk", "--normalize", "tracee"),
    code: 2,
    error: () => ({
      message: '--normalize "tracee": expected none, width or trace',
      hint: 'did you mean "trace"?',
    }),
  },
  {
    args: () => of("npk", "--inputs2", at("x2.npy")),
    code: 2,
    error: () => ({
      message:
        "--inputs2 without --out: expected a file for the kernel: between two sets of inputs there is no trace to tell",
      hint: "add --out kernel.npy",
    }),
  },
  {
    args: () => of("npk", "--inputs2", at("x2.npy"), "--out", at("no.npy"), "--part", "trace"),
    code: 2,
    error: () => ({
      message: "--inputs2 with --part trace: expected one set of inputs: two sets have no diagonal",
      hint: "leave one of them out",
    }),
  },
  {
    args: () => ["gates", "--model", at("nothing"), "--inputs", at("x.npy")],
    code: 1,
    error: () => ({
      message: `${at("nothing")}, which is not there: expected a run directory or an .onnx file`,
      hint: "check the path",
    }),
  },
  {
    args: () => ["gates", "--model", at("run"), "--inputs", at("y.npy")],
    code: 1,
    error: () => ({
      message: `${at("y.npy")} of int64: expected float32 or float64, scaled as the network was trained (pixels in [0, 1])`,
      hint: 'convert it in NumPy: np.save("x.npy", x.astype("float32") / 255)',
    }),
  },
  {
    args: () => of("neighbors", "--query", "9"),
    code: 1,
    error: () => ({ message: "query 9: expected an example from 0 to 8", hint: "count the inputs from 0" }),
  },
  {
    args: () => ["reproduce", "theorem", "--epochs", "3"],
    code: 2,
    error: () => ({
      message: "--epochs with theorem: expected no such option: it draws networks and trains none",
      hint: "leave it out",
    }),
  },
];

describe("a mistake in measuring", () => {
  it.each(MISTAKES)("$args", async ({ args, code, error }) => {
    const finished = await gatewise([...args(), "--json"]);
    expect({ code: finished.code, ...JSON.parse(finished.stdout) }).toMatchObject({ code, error: error() });
  });
});
