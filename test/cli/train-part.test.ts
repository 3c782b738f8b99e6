/** Models of several inputs, as `train` and `dissect` take them. */
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { constant, float32, graph, input, matMul, multiply, relu, writeModel } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";
import { gatewiseHere } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = await temporaryFolder();
const at = (name: string): string => `${folder.path}/${name}`;
afterAll(async () => await folder[Symbol.asyncDispose]());

beforeAll(async () => {
  const weights = (rows: number, columns: number) =>
    constant(float32([rows, columns], randomStream(0, "weights", rows).uniform(rows * columns, -0.1, 0.1)));
  const scaled = multiply(input("x", "float32", ["n", 784]), input("scale", "float32", [1]));
  const y = matMul(relu(matMul(scaled, weights(784, 8))), weights(8, 10));
  await writeFile(at("two.onnx"), writeModel(graph({ y })).bytes);
});

const tiny = ["--limit", "64", "--epochs", "1"] as const;
const part = (scale: number) => ["--model-input", "x", "--set", `scale=${scale}`];
/** What the plan knows the network by. */
const initOf = async (run: string) => JSON.parse(await readFile(at(`${run}/run.json`), "utf8")).plan.init.network;

describe("train with a model of several inputs", () => {
  it("takes its layers, its gates or its weights once the others are set", async () => {
    for (const [name, ...options] of [
      ["layers", "--arch", at("two.onnx")],
      ["gates", "--regime", "flnpf", "--from", at("two.onnx")],
      ["weights", "--init", at("two.onnx")],
    ]) {
      const { code, stderr } = await gatewiseHere(["train", ...options, ...part(1), ...tiny, "--out", at(`${name}`)]);
      expect(code, stderr).toBe(0);
    }
    const other = await gatewiseHere(["train", "--init", at("two.onnx"), ...part(2), ...tiny, "--out", at("other")]);
    expect(other.code).toBe(0);
    // with another number in place of an input it is another network
    expect(await initOf("other")).not.toBe(await initOf("weights"));
  });

  it("says which options it lacks without", async () => {
    const { code, stderr } = await gatewiseHere(["train", "--arch", at("two.onnx"), ...tiny, "--out", at("none")]);
    expect(code).toBe(1);
    expect(stderr).toContain(`--out ${at("none")} --model-input x --set scale=0`);
  });
});
