/** Golden values of theory 7: every path enumerated, whole numbers (test/golden/flow). */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readNpy } from "../../../src/data/index.ts";
import { openOnnx } from "../../../src/graph/index.ts";
import { networkFromOnnx, weightLayers } from "../../../src/network/index.ts";
import { activate, pathFlow, referenceSplit, weightFlow } from "../../../src/paths/index.ts";
import { expectClose, type Numbers } from "../../support/expect-close.ts";

const FOLDER = resolve("test", "golden", "flow");
const Tensor: z.ZodType<Numbers> = z.lazy(() => z.union([z.number(), z.array(Tensor)]));
const Golden = z.object({
  ops: z.array(z.array(z.unknown())),
  functional: z.array(z.number()),
  output: z.number(),
  outputReference: z.number(),
  absoluteMass: z.number(),
  inputFlow: Tensor,
  inputMass: Tensor,
  unitFlow: z.array(Tensor),
  unitMass: z.array(Tensor),
  kept: z.number(),
  gained: z.number(),
  lost: z.number(),
  keptByInput: Tensor,
  gainedByInput: Tensor,
  lostByInput: Tensor,
  gainedByFirstGate: z.array(Tensor),
  lostByFirstGate: z.array(Tensor),
  keptMass: z.number(),
  residualPolynomial: z.array(z.number()).nullable(),
  parameterFlow: z.record(z.string(), z.number()),
});

const EXACT = { relative: 1e-12 };
const flat = (tensor: Numbers): number[] => [tensor].flat(9).map(Number);

describe.each(["mlp", "mlp-one-logit", "conv-maxpool", "residual"])("%s", (name) => {
  const wanted = Golden.parse(JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8")));
  const network = networkFromOnnx(openOnnx(readFileSync(join(FOLDER, `${name}.onnx`))));
  const inputs = Array.from(readNpy(readFileSync(join(FOLDER, `${name}.x.npy`))).data, Number);
  const [x, reference] = [inputs.slice(0, inputs.length / 2), inputs.slice(inputs.length / 2)];
  const lowest = wanted.functional.indexOf(-1);
  const target = { output: wanted.functional.indexOf(1), against: lowest < 0 ? null : lowest };
  const flow = pathFlow(activate(network, x), target);
  const split = referenceSplit(flow, activate(network, reference));

  it("value, mass and starts", () => {
    const { inputs: fromInputs, biases } = flow.start;
    expectClose([flow.value, flow.mass], [wanted.output, wanted.absoluteMass], EXACT);
    const layers = wanted.ops.flatMap(([kind], op) => (kind === "dense" || kind === "conv" ? [op] : []));
    const sums = layers.map((op) =>
      Object.entries(wanted.parameterFlow).reduce(
        (sum, [key, one]) => (key.startsWith(`${op}.b.`) ? sum + one : sum),
        0,
      ),
    );
    expectClose(biases, sums, EXACT);
    expectClose(
      fromInputs,
      flat(wanted.inputFlow).reduce((a, b) => a + b, 0),
      EXACT,
    );
    expect(flow.conservationError).toBe(0);
  });

  it("inputs and units", () => {
    expectClose(flow.inputFlow, flat(wanted.inputFlow), EXACT);
    expectClose(flow.inputMass, flat(wanted.inputMass), EXACT);
    expectClose(
      flow.layers.map((layer) => layer.flow),
      wanted.unitFlow.map(flat),
      EXACT,
    );
    expectClose(
      flow.layers.map((layer) => layer.mass),
      wanted.unitMass.map(flat),
      EXACT,
    );
  });

  it("weights and biases", () => {
    const layers = wanted.ops.flatMap(([kind, weight], op) =>
      kind === "dense" || kind === "conv" ? [{ kind, op, weight: Tensor.parse(weight) }] : [],
    );
    const found = new Map<string, number>();
    for (const [i, position] of [...weightLayers(flow.passes.graph.network).keys()].entries()) {
      const layer = layers[i] ?? expect.fail("more layers than ops");
      const { weight, bias } = weightFlow(flow.passes, position);
      const shape = flow.passes.graph.network.nodes[position];
      const sizes = shape !== undefined && "weight" in shape ? (shape.weight?.shape ?? []) : [];
      for (const [place, one] of weight.entries()) {
        const index = sizes.map(
          (size, axis) => Math.floor(place / sizes.slice(axis + 1).reduce((a, b) => a * b, 1)) % size,
        );
        // dense weights of the golden values are [out, in]
        found.set(`${layer.op}.W.${(layer.kind === "dense" ? index.reverse() : index).join(".")}`, one);
      }
      for (const [unit, one] of bias.entries()) found.set(`${layer.op}.b.${unit}`, one);
    }
    const keys = [...new Set([...found.keys(), ...Object.keys(wanted.parameterFlow)])];
    expectClose(
      keys.map((key) => found.get(key) ?? 0),
      keys.map((key) => wanted.parameterFlow[key] ?? 0),
      EXACT,
    );
  });

  it("residual branches", () => {
    expect(flow.residualProfile === null).toBe(wanted.residualPolynomial === null);
    expectClose(flow.residualProfile ?? [], wanted.residualPolynomial ?? [], EXACT);
  });

  it("an input and a reference", () => {
    const { value, kept, gained, lost, keptMassShare } = split;
    expectClose(
      [value, kept, gained, lost, keptMassShare],
      [wanted.outputReference, wanted.kept, wanted.gained, wanted.lost, wanted.keptMass / wanted.absoluteMass],
      EXACT,
    );
    expectClose(split.keptByInput, flat(wanted.keptByInput), EXACT);
    expectClose(split.gainedByInput, flat(wanted.gainedByInput), EXACT);
    expectClose(split.lostByInput, flat(wanted.lostByInput), EXACT);
    const at = (layer: string, unit: number) => split.gates.find((gate) => gate.layer === layer && gate.unit === unit);
    const byGate = (which: "gained" | "lost") =>
      flow.layers.map(({ layer, flow: units }) => Array.from(units, (_, unit) => at(layer, unit)?.[which] ?? 0));
    expectClose(byGate("gained"), wanted.gainedByFirstGate.map(flat), EXACT);
    expectClose(byGate("lost"), wanted.lostByFirstGate.map(flat), EXACT);
  });
});
