import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeNpy } from "../../src/data/index.ts";
import { float32, int32 } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";
import { openModel } from "../../src/runs/node/index.ts";
import { gatewise } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const MODEL = join("test", "golden", "ntk", "used-twice.onnx");
const N = 9;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (name: string): string => join(folder.path, name);
const x = float32([N, 4], Float32Array.from(randomStream(2, "influence").normal(4 * N)));
const LABELS = Int32Array.from({ length: N }, (_, i) => i % 2);
const queries = float32([2, 4], x.data.subarray(8, 16));

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(at("x.npy"), writeNpy(x));
  await writeFile(at("y.npy"), writeNpy(int32([N], LABELS)));
  await writeFile(at("t.npy"), writeNpy(queries));
  await writeFile(at("z.npy"), writeNpy(int32([2], LABELS.subarray(2, 4))));
});

afterAll(() => folder[Symbol.asyncDispose]());

const args = (...more: readonly string[]): readonly string[] => [
  ...["influence", "--model", MODEL, "--train", at("x.npy"), "--labels", at("y.npy")],
  ...more,
];
const json = async (...more: readonly string[]) => {
  const { stdout, code } = await gatewise([...args(...more), "--json"]);
  expect(code).toBe(0);
  return JSON.parse(stdout);
};

describe("gatewise influence", () => {
  it("tells of one query what the library does", async () => {
    const told = await json("--inputs", at("t.npy"), "--query", "1", "--query-labels", at("z.npy"), "--top", "3");
    await using model = await openModel(MODEL);
    await using influence = await model.influence(x, LABELS);
    const [, wanted] = await influence.of(queries, { labels: LABELS.subarray(2, 4), top: 3 });
    expect(told).toEqual({ train: N, ridge: 3, features: null, query: 1, of: "label", ...wanted });
    expect(told.top[0]).toMatchObject({ example: 3, label: 1 });
  });

  it("says that the predicted class stands for a label that is not given", async () => {
    const { queries: told } = await json("--inputs", at("t.npy"));
    expect(told).toMatchObject([
      { query: 0, label: null, of: "predicted class" },
      { query: 1, label: null, of: "predicted class" },
    ]);
    const { stdout } = await gatewise(args("--inputs", at("t.npy")));
    expect(stdout).toContain("taken to be of the predicted class, for --query-labels were not given");
    expect(stdout).toContain(`query 1, predicted ${told[1].predicted}`);
  });

  it("draws the examples", async () => {
    const svg = at("influence.svg");
    const told = await json("--inputs", at("t.npy"), "--query", "0", "--svg", svg, "--top", "2");
    expect(told.svg).toBe(svg);
    const drawing = await readFile(svg, "utf8");
    for (const { example, label, score } of [...told.top, ...told.bottom, ...told.control.top]) {
      expect(drawing).toContain(`>${example} (${label}) ${(1000 * score).toFixed(1)}</text>`);
    }
    expect(drawing).toContain("hurt, by the inputs alone: the control");
  });

  it("ranks labels that look wrong, without inputs", async () => {
    const { labelNoise } = await json("--label-noise", "--top", "2", "--features", "64");
    expect(labelNoise.ranked).toHaveLength(2);
    expect(labelNoise.control.inputs).toHaveLength(2);
    expect(labelNoise.control.loss[0].score).toBeGreaterThanOrEqual(labelNoise.control.loss[1].score);
  });

  it.each([
    { more: [], message: "neither --inputs nor --label-noise: expected inputs to explain" },
    { more: ["--label-noise", "--query", "1"], message: "--query without --inputs: expected inputs to explain" },
    { more: ["--inputs", "t.npy", "--query", "2"], message: "query 2: expected an example from 0 to 1" },
    {
      more: ["--inputs", "t.npy", "--query-labels", "y.npy"],
      message: "with 9 labels for 2 examples: expected one label an example, of --inputs",
    },
    { more: ["--inputs", "t.npy", "--ridge", "0"], message: "--ridge 0: expected a number above 0" },
  ])("refuses $more", async ({ more, message }) => {
    const words = more.map((word) => (word.endsWith(".npy") ? at(word) : word));
    const { code, stdout } = await gatewise([...args(...words), "--json"]);
    expect(code).not.toBe(0);
    expect(JSON.parse(stdout).error.message).toContain(message);
  });
});
