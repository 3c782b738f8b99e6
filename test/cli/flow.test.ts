/** `gatewise flow`: the contract of its JSON, golden values through the command line, what it says to people. */
import { readFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { readNpy, writeNpy } from "../../src/data/index.ts";
import { float64 } from "../../src/graph/index.ts";
import { gatewiseHere as gatewise } from "../support/command-line.ts";
import { expectClose, type Numbers } from "../support/expect-close.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const numbers = z.array(z.number());
/** Exactly these names (issue: explanations that people can use). */
const Result = z.strictObject({
  output: z.int(),
  against: z.int().nullable(),
  value: z.number(),
  mass: z.number(),
  start: z.strictObject({ inputs: z.number(), biases: numbers }),
  conservationError: z.number(),
  layers: z.array(z.strictObject({ layer: z.string(), units: z.int(), flow: numbers })),
  inputFlow: numbers,
  residualProfile: numbers.nullable(),
});
const Gate = z.strictObject({ layer: z.string(), unit: z.int(), gained: z.number(), lost: z.number() });
const WithReference = Result.extend({
  reference: z.strictObject({
    value: z.number(),
    kept: z.number(),
    gained: z.number(),
    lost: z.number(),
    keptMassShare: z.number(),
    keptByInput: numbers,
    gainedByInput: numbers,
    lostByInput: numbers,
    gates: z.array(Gate),
  }),
});

const golden = (name: string): string => join("test", "golden", "flow", name);
const of = (name: string, ...more: readonly string[]): string[] => [
  ...["flow", "--model", golden(`${name}.onnx`), "--inputs", golden(`${name}.x.npy`), ...more],
];
async function json(...args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await gatewise([...args, "--json"]);
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}
async function mistake(...args: readonly string[]): Promise<unknown> {
  const { code, stdout } = await gatewise([...args, "--json"]);
  return { ...JSON.parse(stdout).error, code };
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

const Golden = z.looseObject({
  output: z.number(),
  absoluteMass: z.number(),
  inputFlow: z.custom<Numbers>(),
  unitFlow: z.array(z.custom<Numbers>()),
  kept: z.number(),
  gained: z.number(),
  lost: z.number(),
});
const flat = (tensor: Numbers): number[] => [tensor].flat(9).map(Number);

describe("gatewise flow --json", () => {
  it.each(["mlp", "conv-maxpool", "residual"])(
    "%s: the golden values, with a reference by index or file",
    async (name) => {
      const wanted = Golden.parse(JSON.parse(readFileSync(golden(`${name}.json`), "utf8")));
      const both = WithReference.parse(await json(...of(name, "--output", "0", "--against", "1", "--reference", "1")));
      const { value, mass, inputFlow, layers, reference } = both;
      const { kept, gained, lost } = reference;
      const exact = { relative: 1e-12 };
      expectClose(
        [value, mass, kept, gained, lost],
        [wanted.output, wanted.absoluteMass, wanted.kept, wanted.gained, wanted.lost],
        exact,
      );
      expectClose(inputFlow, flat(wanted.inputFlow), exact);
      expectClose(
        layers.map(({ flow }) => flow),
        wanted.unitFlow.map(flat),
        exact,
      );
      expect(layers.map(({ units }) => units)).toEqual(layers.map(({ flow }) => flow.length));
      // the same example from a file of its own, with and without an axis of examples
      const { shape, data } = readNpy(await readFile(golden(`${name}.x.npy`)));
      const other = Float64Array.from(data, Number).slice(data.length / 2);
      for (const [i, own] of [[1, ...shape.slice(1)], shape.slice(1)].entries()) {
        const file = join(folder.path, `${name}-${i}.npy`);
        await writeFile(file, writeNpy(float64(own, other)));
        expect(await json(...of(name, "--output", "0", "--against", "1", "--reference", file))).toEqual(both);
      }
    },
  );

  it("has no reference unless one is given, and looks at the largest output", async () => {
    const result = Result.parse(await json(...of("mlp-one-logit", "--example", "1")));
    expect(result).toMatchObject({ against: null, residualProfile: null });
    const { biases, inputs } = result.start;
    expectClose(
      biases.reduce((sum, one) => sum + one, inputs),
      result.value,
      { relative: 1e-12 },
    );
    expect(result).toEqual(await json(...of("mlp-one-logit", "--example", "1", "--output", String(result.output))));
  });

  it("finds the nearest example of a class", async () => {
    const one = Result.parse(await json(...of("mlp", "--example", "1")));
    const named = await json(...of("mlp", "--reference", "1"));
    expect(await json(...of("mlp", "--reference", `nearest:${one.output}`))).toEqual(named);
  });
});

describe("gatewise flow --svg and --out", () => {
  it("draw what was found, and keep it in a folder", async () => {
    const [svg, out] = [join(folder.path, "f.svg"), join(folder.path, "f")];
    const args = of("conv-maxpool", "--output", "0", "--against", "1", "--reference", "1");
    const plain = await gatewise([...args, "--json"]);
    expect(await json(...args, "--svg", svg, "--out", out)).toEqual(JSON.parse(plain.stdout));
    expect((await readdir(out)).sort()).toEqual(
      ["flow-dark.svg", "flow.json", "flow.svg", "gained.npy", "input-flow.npy", "kept.npy", "lost.npy"].sort(),
    );
    const drawn = await readFile(svg, "utf8");
    expect(await readFile(join(out, "flow.svg"), "utf8")).toBe(drawn);
    expect(await readFile(join(out, "flow-dark.svg"), "utf8")).toContain("#14171a");
    const result = WithReference.parse(JSON.parse(await readFile(join(out, "flow.json"), "utf8")));
    expect(Array.from(readNpy(await readFile(join(out, "input-flow.npy"))).data, Number)).toEqual(result.inputFlow);
    expect(Array.from(readNpy(await readFile(join(out, "lost.npy"))).data, Number)).toEqual(
      result.reference.lostByInput,
    );
  });

  it("refuse a folder that cannot be made", async () => {
    const file = golden("mlp.x.npy");
    expect(await mistake(...of("mlp", "--out", file))).toMatchObject({
      code: 1,
      message: `${file}: a file, not a directory: expected a folder to write to`,
    });
  });

  it("replace no file that is read", async () => {
    const result = await mistake(...of("mlp", "--svg", golden("mlp.x.npy")));
    expect(result).toMatchObject({
      code: 1,
      message: `${golden("mlp.x.npy")}, which is --inputs ${golden("mlp.x.npy")}: expected a file for the result that the command does not read`,
    });
  });
});

describe("gatewise flow for people", () => {
  it("says what cancels, what carries it, and what the map of the input is", async () => {
    const { code, stdout } = await gatewise(of("residual", "--output", "0", "--against", "1", "--reference", "1"));
    expect(code).toBe(0);
    for (const words of [
      "example 0, output 0 less output 1",
      /value, the sum of all paths +-710/,
      /mass, the sum of their magnitudes +3238/,
      /value of the mass, % +21\.9/,
      /starts at inputs +-656/,
      "residual branches",
      "largest edges",
      "gradient × input",
      /against example 1/,
      /kept +\+160/,
      /gained +-112/,
      /lost +\+244/,
    ]) {
      expect(stdout).toMatch(words);
    }
  });

  it.each([
    {
      args: ["--output", "7"],
      code: 1,
      message: "output 7: expected 0 to 1",
      hint: "outputs are counted from 0",
    },
    {
      args: ["--output", "1", "--against", "1"],
      code: 1,
      message: "output 1 against itself: expected two outputs",
      hint: "choose another, or leave it out",
    },
    {
      args: ["--reference", "2"],
      code: 1,
      message: `--reference 2: expected 0 to 1, the examples of ${golden("mlp.x.npy")}`,
      hint: "examples are counted from 0",
    },
    {
      args: ["--reference", "nearest:x"],
      code: 2,
      message: "class x: expected a whole number of at least 0",
      hint: "give another class",
    },
  ])("refuses $args", async ({ args, ...wanted }) => {
    expect(await mistake(...of("mlp", ...args))).toMatchObject(wanted);
  });
});
