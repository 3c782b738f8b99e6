/** `gatewise subnetwork`: the contract of its JSON, what it says to people, what it refuses. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { gatewiseHere as gatewise } from "../support/command-line.ts";

const Unit = z.strictObject({ layer: z.string(), unit: z.int(), flow: z.number() });
const Share = z.strictObject({ removed: z.int(), share: z.number().nullable(), becomes: z.int().nullable() });
const Distribution = z.strictObject({
  median: z.number().nullable(),
  ninetiethPercentile: z.number().nullable(),
  unchanged: z.int(),
});
/** Decision to `becomes` but the margin are the contract's. */
const One = z.strictObject({
  decision: z.int(),
  runnerUp: z.int(),
  margin: z.number(),
  active: z.int(),
  removed: z.array(Unit),
  share: z.number().nullable(),
  becomes: z.int().nullable(),
  unchanged: z.enum(["no active unit", "decided without units"]).nullable(),
  byActivation: Share,
  atRandom: Share,
});
const Many = z.strictObject({
  inputs: z.int(),
  distribution: z.strictObject({ flow: Distribution, activation: Distribution, random: Distribution }),
  examples: z.array(One.extend({ example: z.int() })),
});
const Others = z.strictObject({ inputs: z.int(), decided: z.int() });
const SufficientSet = z.strictObject({
  decision: z.int(),
  runnerUp: z.int(),
  active: z.int(),
  margin: z.number(),
  units: z.array(Unit),
  share: z.number(),
  keptMargin: z.number(),
  isMinimal: z.boolean(),
  specificity: z.strictObject({ sameClass: Others, otherClasses: Others }),
});

const golden = (name: string): string => join("test", "golden", "flow", name);
const of = (name: string, ...more: readonly string[]): string[] => [
  ...["subnetwork", "--model", golden(`${name}.onnx`), "--inputs", golden(`${name}.x.npy`), ...more],
];
async function json(...args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await gatewise([...args, "--json"]);
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

describe("gatewise subnetwork --json", () => {
  it.each(["mlp", "conv-maxpool", "residual"])("%s: one example, and all of them alike", async (name) => {
    const all = Many.parse(await json(...of(name)));
    expect(all.examples.map(({ example }) => example)).toEqual([0, 1]);
    for (const { example, ...wanted } of all.examples) {
      const one = One.parse(await json(...of(name, "--example", String(example))));
      expect(one).toEqual(wanted);
      if (one.becomes !== null) expect(one.share).toBe(one.removed.length / one.active);
      expect(one.becomes).not.toBe(one.decision);
    }
  });

  it("the set that keeps half of the margin comes with what it says of other inputs", async () => {
    const one = SufficientSet.parse(await json(...of("residual", "--example", "0", "--sufficient")));
    expect(one.keptMargin).toBeGreaterThanOrEqual(0.5 * one.margin);
    expect(one.specificity.sameClass.inputs + one.specificity.otherClasses.inputs).toBe(1);
    const whole = await json(...of("residual", "--example", "0", "--sufficient", "--margin", "1"));
    expect(SufficientSet.parse(whole).keptMargin).toBeGreaterThanOrEqual(one.margin);
    expect(await json(...of("residual", "--sufficient"))).toMatchObject({
      inputs: 2,
      examples: [{ example: 0, ...one }, {}],
    });
  });
});

describe("gatewise subnetwork for people", () => {
  it("names the units, what it becomes, and the other orders", async () => {
    const { stdout } = await gatewise(of("conv-maxpool", "--example", "0"));
    expect(stdout).toMatch(/^example 0: output \d, [\d.]+ above output \d\nclosing /);
    for (const words of ["flow when it closes", "flow, renewed", "activation", "chance"])
      expect(stdout).toContain(words);
    expect((await gatewise(of("conv-maxpool"))).stdout).toMatch(
      /^2 inputs: share of the active units .*half of the inputs/s,
    );
    const set = await gatewise(of("conv-maxpool", "--example", "0", "--sufficient"));
    expect(set.stdout).toMatch(
      /when all others are closed; none of them can be closed, too.*alone they say output \d/s,
    );
  });

  it.each([
    {
      args: ["--example", "2"],
      code: 1,
      message: `--example 2: expected 0 to 1, the examples of ${golden("mlp.x.npy")}`,
      hint: "examples are counted from 0",
    },
    {
      args: ["--margin", "0.5"],
      code: 2,
      message: "--margin without --sufficient: expected a set that keeps a share of the margin",
      hint: "add --sufficient, or leave --margin out",
    },
    {
      args: ["--sufficient", "--margin", "1.5"],
      code: 2,
      message: "a margin of 1.5: expected a share of it, from 0 to 1",
      hint: "0 keeps the decision alone, 0.5 half of how far it is ahead",
    },
    {
      args: ["--sufficient", "--seed", "1"],
      code: 2,
      message: "--seed with --sufficient: expected a random order to decide",
      hint: "leave one of them out",
    },
  ])("refuses $args", async ({ args, code, message, hint }) => {
    const result = await gatewise([...of("mlp", ...args), "--json"]);
    expect({ ...JSON.parse(result.stdout).error, code: result.code }).toMatchObject({ code, message, hint });
  });
});
