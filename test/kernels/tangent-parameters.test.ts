import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { float64, sizeOf } from "../../src/graph/index.ts";
import { tangentKernel } from "../../src/kernels/index.ts";
import { tangentPlan } from "../../src/kernels/tangent/plan.ts";
import { networkFromOnnx, networkParameters } from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import { type NodeOf, onnxModel } from "../graph/onnx/model.ts";
import { rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { fileTangentKernel, type TrainedModel } from "./tangent-parameters.reference.ts";
import { trainedModel, trainedModelChoices } from "./trained-models.ts";

const engine = await openNodeEngine("cpu", { threads: 1 });
afterAll(() => engine[Symbol.asyncDispose]());

async function expectByFile(trained: TrainedModel): Promise<void> {
  const network = networkFromOnnx(onnxModel(trained.model));
  const used = networkParameters(network).map(({ name }) => name);
  expect([...used].sort()).toEqual([...trained.parameters].sort());
  const wanted = fileTangentKernel(trained);
  const largest = wanted.flat().reduce((most, one) => Math.max(most, Math.abs(one)), 1e-3);
  // differences of step 1e-5 are off by about 1e-9 of the gradients
  expectClose(await tangentKernel(network, engine, trained.inputs), wanted, { relative: 0, absolute: 1e-6 * largest });
}

describe("tangent kernels against every number of the file changed (theory 4.1)", () => {
  it("random models that use few arrays in many ways", () =>
    fc.assert(
      fc.asyncProperty(trainedModelChoices(), async (choices) => expectByFile(trainedModel(choices))),
      { numRuns: propertyRuns(20) },
    ));

  const draw = (name: string, ...shape: readonly number[]) =>
    float64(shape, randomStream(5, name).normal(sizeOf(shape)));
  const chain = (...nodes: readonly NodeOf[]): TrainedModel => {
    const all = {
      w: draw("w", 16, 16),
      b: draw("b", 16),
      s: draw("s", 16),
      v: float64([16], new Float64Array(16).fill(0.7)),
      last: draw("last", 16, 1),
    };
    const last: NodeOf = { op: "MatMul", inputs: [`t${nodes.length - 1}`, "last"] };
    const named = new Set([...nodes, last].flatMap(({ inputs }) => inputs));
    const constants = Object.fromEntries(Object.entries(all).filter(([name]) => named.has(name)));
    return {
      model: { input: [1, 16], elementType: 11, nodes: [...nodes, last], constants },
      parameters: Object.keys(constants).filter((name) => name !== "v"),
      inputs: draw("x", 3, 16),
    };
  };

  it.each([
    {
      title: "a matrix used twice, once transposed",
      trained: chain(
        { op: "Gemm", inputs: ["x", "w"] },
        { op: "Relu", inputs: ["t0"] },
        { op: "Gemm", inputs: ["t1", "w"], attributes: { transB: 1, alpha: { float: 0.5 } } },
        { op: "Relu", inputs: ["t2"] },
      ),
      uses: [2, 1],
    },
    {
      title: "a matrix used twice, once with a normalization merged into it",
      trained: chain(
        { op: "Gemm", inputs: ["x", "w", "b"] },
        { op: "BatchNormalization", inputs: ["t0", "s", "b", "v", "v"] },
        { op: "Relu", inputs: ["t1"] },
        { op: "Gemm", inputs: ["t2", "w"], attributes: { transB: 1 } },
        { op: "Relu", inputs: ["t3"] },
      ),
      uses: [2, 1],
    },
    {
      title: "a matrix used twice with one bias",
      trained: chain(
        { op: "Gemm", inputs: ["x", "w", "b"] },
        { op: "Relu", inputs: ["t0"] },
        { op: "Gemm", inputs: ["t1", "w", "b"] },
        { op: "Relu", inputs: ["t2"] },
      ),
      uses: [2, 1],
    },
  ])("wide layers keep two factors a use: $title", async ({ trained, uses }) => {
    const { outer } = tangentPlan(networkFromOnnx(onnxModel(trained.model))).value;
    expect(outer.map((one) => one.uses.length)).toEqual(expect.arrayContaining(uses));
    expect(outer).toHaveLength(uses.length);
    await expectByFile(trained);
  });
});

it("weights that the model computes in another way are refused by name", async () => {
  const nodes: readonly NodeOf[] = [
    { op: "Exp", inputs: ["log-w"] },
    { op: "MatMul", inputs: ["x", "t0"], name: "odd" },
  ];
  const network = networkFromOnnx(
    onnxModel({ input: [1, 2], nodes, constants: { "log-w": float64([2, 1], [0, 1]) }, elementType: 11 }),
  );
  expect(networkParameters(network).map(({ name }) => name)).toEqual(["log-w"]);
  expect(await rejectionOf(tangentKernel(network, engine, float64([1, 2], [1, 2])))).toEqual({
    message:
      'layer "odd", whose weights the model computes from "log-w": expected weights that are parameters, in any order, in parts, in sums, times numbers or each other',
    hint: "export the model with its constants folded: then the result is the parameter",
  });
});
