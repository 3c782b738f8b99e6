import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandLine } from "../../src/cli/context.ts";
import { writeNpy } from "../../src/data/index.ts";
import { float32 } from "../../src/graph/index.ts";
import { bytesOfModel, drawn, modelProto, onnxModel, valueInfo } from "../graph/onnx/model.ts";
import { examples } from "../network/onnx/logits.ts";
import { gatewiseHere as gatewise } from "../support/command-line.ts";

let folder = "";
const at = (name: string): string => join(folder, name);

/** Two inputs, two outputs, an open size. */
const model = modelProto({
  input: ["N", 2, "h", 5],
  nodes: [
    { op: "Mul", inputs: ["x", "scale"], outputs: ["s"] },
    { op: "Conv", inputs: ["s", "w"], outputs: ["q"] },
    { op: "Relu", inputs: ["q"], outputs: ["z"] },
    { op: "GlobalAveragePool", inputs: ["z"], outputs: ["g"] },
    { op: "Flatten", inputs: ["g"], outputs: ["features"] },
    { op: "Gemm", inputs: ["features", "c"], outputs: ["the classes"] },
  ],
  constants: { w: drawn("w", 4, 2, 3, 3), c: drawn("c", 4, 3) },
  outputs: ["the classes", "features"],
});
model.graph?.input.push(valueInfo("scale", [1]));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatewise-"));
  await writeFile(at("m.onnx"), bytesOfModel(model));
  await writeFile(at("x.npy"), writeNpy(examples(4, [2, 6, 5])));
  await writeFile(at("two.npy"), writeNpy(float32([1], [2])));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const SET = ["--model-output", "1", "--set", "scale=2"] as const;

describe("commands that take a model", () => {
  it.each([
    ["gates", []],
    ["paths", []],
    ["flow", []],
    ["subnetwork", []],
    ["npk", []],
    ["ntk", []],
    ["neighbors", ["--query", "0"]],
  ] as const)("%s: one output, the other input set, sizes of the inputs", async (command, more) => {
    const run = (options: readonly string[]) =>
      gatewise([command, "--model", at("m.onnx"), "--inputs", at("x.npy"), ...more, ...options, "--json"]);
    const finished = await run(SET);
    expect(finished.code).toBe(0);
    const other = await run([
      "--model-output",
      "features",
      "--set",
      `scale=${at("two.npy")}`,
      "--input-shape",
      "2,6,5",
    ]);
    expect(other.stdout).toBe(finished.stdout);
    // what is set counts: another number, another answer
    const third = await run(["--model-output", "1", "--set", "scale=-1"]);
    expect([third.code, third.stdout === finished.stdout]).toEqual([0, false]);
  });

  it.each(["inspect", "gates", "paths", "flow", "subnetwork", "npk", "ntk", "neighbors", "evaluate"])(
    "%s says what is missing, as a command to go on with",
    async (command) => {
      const needs = {
        inspect: "",
        evaluate: " --data digits",
        neighbors: ` --inputs ${at("x.npy")} --query 0`,
        gates: ` --inputs ${at("x.npy")}`,
      };
      const own = Object.entries(needs).find(([name]) => name === command)?.[1] ?? needs.gates;
      const line = `${command} --model ${at("m.onnx")}${own} --json`;
      const { code, stdout } = await gatewise(line.split(" "));
      expect(code).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({
        error: {
          message: 'a model of 2 outputs ("the classes", "features"): expected one of them to be chosen',
          hint: `gatewise ${line} --model-output 'the classes'`,
        },
      });
    },
  );

  it("goes from one missing option to the next until it runs", async () => {
    let args: readonly string[] = ["inspect", "--model", at("m.onnx"), "--json"];
    const added: string[] = [];
    for (let i = 0; i < 5; i++) {
      const { code, stdout } = await gatewise(args);
      const { error, inputShape, outputs } = JSON.parse(stdout);
      if (code === 0) {
        expect({ inputShape, outputs, added }).toEqual({
          inputShape: [2, 32, 5],
          outputs: 3,
          added: ["--model-output 'the classes'", "--model-input x --set scale=0", "--input-shape 2,32,5"],
        });
        return;
      }
      const hint: string = error.hint;
      added.push(hint.slice(commandLine(args).length + 1));
      args = (hint.match(/'[^']*'|\S+/g) ?? []).slice(1).map((word) => word.replaceAll("'", ""));
    }
    expect.fail("the hints do not lead to an end");
  });

  it.each([
    [
      ["--set", "scale"],
      "--set scale: expected an input's name, =, and a number or a .npy file",
      "for example --set mask=1",
    ],
    [["--set", "a=1", "--set", "a=2"], "--set a a second time: expected one value for an input", "leave one out"],
    [
      ["--input-shape", "2,0"],
      "--input-shape 2,0: expected whole numbers of at least 1, separated by commas",
      "give the sizes of one example, without the batch: --input-shape 3,32,32",
    ],
  ] as const)("%j is wrong usage", async (options, message, hint) => {
    const { code, stdout } = await gatewise(["inspect", "--model", at("m.onnx"), ...options, "--json"]);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 2, error: { message, hint } });
  });

  it("a file that is not there fails", async () => {
    const { code, stdout } = await gatewise(["inspect", "--model", at("m.onnx"), "--set", "scale=no.npy", "--json"]);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 1,
      error: { message: "no.npy: does not exist: expected a readable file", hint: "check the path" },
    });
  });

  it("gates --against takes the same choice of another file", async () => {
    const run = await gatewise([
      "gates",
      "--model",
      at("m.onnx"),
      "--inputs",
      at("x.npy"),
      ...SET,
      "--against",
      at("m.onnx"),
      "--json",
    ]);
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout).layers[0].flipped).toBe(0);
  });

  it("an intermediate tensor may be the output", async () => {
    await writeFile(
      at("one.onnx"),
      onnxModel({
        nodes: [
          { op: "Relu", inputs: ["x"] },
          { op: "Neg", inputs: ["t0"] },
        ],
      }),
    );
    const { stdout } = await gatewise(["inspect", "--model", at("one.onnx"), "--model-output", "t0", "--json"]);
    expect(JSON.parse(stdout).layers.map(({ kind }: { kind: string }) => kind)).toEqual(["input", "gate"]);
  });
});
