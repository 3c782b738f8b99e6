/** Gates of the engine in float32 beside those of the path pass in float64. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { writeNpy } from "../../src/data/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { readNetworkGates } from "../../src/gates/index.ts";
import { constant, float32, float64, graph, input, matMul, relu, writeModel } from "../../src/graph/index.ts";
import { Model } from "../../src/models/index.ts";
import { type GatedNetwork, gateOfNode, gatePositions, scalarGate } from "../../src/network/index.ts";
import { activate } from "../../src/paths/index.ts";
import { gatewise } from "../support/command-line.ts";
import { rejectionOf } from "../support/error-of.ts";
import { gatedNetworkCase } from "../support/gated-networks.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const modelOf = (network: GatedNetwork): Model =>
  new Model(network, { openEngine: () => openNodeEngine("cpu", { threads: 1 }) });

const HARD = { kind: "hard" } as const;
/** float32 rounds `ODD · ODD` = 1 + 2⁻¹¹ + 2⁻²⁴ to 1 + 2⁻¹¹, float64 does not. */
const ODD = 1 + 2 ** -12;

/** `relu(ODD · x) − (1 + 2⁻¹¹)` behind a gate: 2⁻²⁴ in float64 at `x = ODD`, 0 in float32. */
const NEAR_ZERO: GatedNetwork = {
  nodes: [
    { kind: "input", name: "x", shape: [1] },
    { kind: "dense", name: "first", shape: [1], input: 0, weight: float32([1, 1], [ODD]), bias: undefined },
    { kind: "gate", name: "open", shape: [1], input: 1, gatedBy: 1, rule: HARD },
    {
      ...{ kind: "dense", name: "second", shape: [1], input: 2 },
      ...{ weight: float32([1, 1], [1]), bias: float32([1], [-(1 + 2 ** -11)]) },
    },
    { kind: "gate", name: "close", shape: [1], input: 3, gatedBy: 3, rule: HARD },
    { kind: "dense", name: "out", shape: [1], input: 4, weight: float32([1, 1], [1]), bias: undefined },
  ],
  output: 5,
};

const window = { kernel: [1, 2], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] } as const;
const POOLED: GatedNetwork = {
  nodes: [
    { kind: "input", name: "x", shape: [1, 1, 2] },
    { kind: "max-pool", name: "pool", shape: [1, 1, 1], input: 0, selectedBy: 0, window },
    { kind: "rearrange", name: "flat", shape: [1], input: 1, from: undefined },
    { kind: "dense", name: "out", shape: [1], input: 2, weight: float32([1, 1], [1]), bias: undefined },
  ],
  output: 3,
};

describe("gates that float32 and float64 decide otherwise", () => {
  it("are counted layer by layer, with how far they are from zero", async () => {
    await using model = modelOf(NEAR_ZERO);
    expect(await model.gateDifferences(float32([3, 1], [2, ODD, -1]))).toEqual({
      examples: 3,
      gates: 6,
      differing: 1,
      selections: 0,
      differingExamples: [1],
      layers: [
        { name: "open", units: 1, differing: 0, largest: null },
        { name: "close", units: 1, differing: 1, largest: 2 ** -24 },
      ],
    });
  });

  it("also where an input in float64 is rounded for the engine, and where max-pools select", async () => {
    await using model = modelOf(POOLED);
    const inputs = float64([3, 1, 1, 2], [1, 1 + 1e-12, 1, 2, 1 + 1e-12, 1]);
    expect(await model.gateDifferences(inputs)).toEqual({
      ...{ examples: 3, gates: 0, differing: 0, selections: 1, differingExamples: [0], layers: [] },
    });
  });

  it("are those in which the gates of the engine and of the paths differ, in any network", () =>
    fc.assert(
      fc.asyncProperty(gatedNetworkCase({ gates: "hard" }), async ({ network, inputs }) => {
        await using model = modelOf(network);
        const { layers } = await readNetworkGates(network, await model.engine(), inputs);
        const [examples = 0] = inputs.shape;
        const size = inputs.data.length / examples;
        const wanted = gatePositions(network).map(() => 0);
        for (let example = 0; example < examples; example++) {
          const active = activate(network, inputs.data.slice(example * size, (example + 1) * size));
          gatePositions(network).forEach((position, index) => {
            const layer = layers[index] ?? expect.fail("a layer for each gate");
            const decision = gateOfNode(network.nodes[position]) ?? expect.fail("a gate");
            const isBit = scalarGate(decision.rule).isBit;
            active.gates.get(position)?.forEach((gate, unit) => {
              const word = layer.words[example * layer.wordsPerExample + (unit >>> 5)] ?? 0;
              // gates that are no bits are open where what decides is positive
              const open = isBit ? gate : Number((active.values.get(decision.by)?.[unit] ?? 0) > 0);
              wanted[index]! += open === ((word >>> (unit & 31)) & 1) ? 0 : 1;
            });
          });
        }
        const found = await model.gateDifferences(inputs);
        expect(found.layers.map(({ differing }) => differing)).toEqual(wanted);
      }),
      { numRuns: propertyRuns(15) },
    ));

  it("are refused for inputs of another shape", async () => {
    await using model = modelOf(NEAR_ZERO);
    expect(await rejectionOf(model.gateDifferences(float32([2, 3], [1, 2, 3, 4, 5, 6])))).toEqual({
      message: "inputs of shape [2, 3]: expected [n, 1] with at least one example, as the network reads them",
      hint: "reshape the inputs or choose the model that they belong to",
    });
  });
});

describe("gatewise inspect --check", () => {
  it("counts them", async () => {
    await using folder = await temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    // first · (x₁ − x₂) with two inputs that float32 cannot tell apart
    const x = input("x", "float32", ["n", 2]);
    const hidden = relu(matMul(x, constant(float32([2, 1], [1, -1]))));
    const { bytes } = writeModel(graph({ y: matMul(hidden, constant(float32([1, 1], [1]))) }));
    await writeFile(at("m.onnx"), bytes);
    await writeFile(at("x.npy"), writeNpy(float64([2, 2], [1 + 1e-12, 1, 3, 1])));
    const args = ["inspect", "--model", at("m.onnx"), "--check", at("x.npy")];
    const { code, stdout, stderr } = await gatewise(args);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain("float32 and float64 differ in 1 of 2 gates, all with |q| ≤ 1.0e-12\nin 1 of 2 inputs\n");
    const { gateDifferences } = JSON.parse((await gatewise([...args, "--json"])).stdout);
    expect(gateDifferences).toMatchObject({ examples: 2, differing: 1, differingExamples: [0] });
    const plain = JSON.parse((await gatewise(["inspect", "--model", at("m.onnx"), "--json"])).stdout);
    expect(plain.gateDifferences).toBeUndefined();
  });
});
