/** Models of opsets 1 to 6 beside the same model as later opsets write it, which ONNX Runtime runs. */
import { describe, expect, it } from "vitest";
import { float32, int64 } from "../../../src/graph/index.ts";
import { inputShapeOf, networkFromOnnx } from "../../../src/network/index.ts";
import { drawn, type ModelOf, onnxModel } from "../../graph/onnx/model.ts";
import { errorOf } from "../../support/error-of.ts";
import { expectClose } from "../../support/expect-close.ts";
import { ints, linear, MAPS } from "./cases/case.ts";
import { examples, ortLogits, ourLogits } from "./logits.ts";

const c = drawn("c", 2);
const normal = { s: drawn("s", 2), t: drawn("t", 2), m: drawn("m", 2), v: float32([2], [0.5, 2]) };
type Attributes = NonNullable<ModelOf["nodes"][number]["attributes"]>;
const one = (op: string, inputs: readonly string[], attributes: Attributes = {}): ModelOf => ({
  input: MAPS,
  nodes: [{ op, inputs, attributes }],
});

interface Pair {
  readonly opset: number;
  readonly old: ModelOf;
  readonly later: ModelOf;
}

const PAIRS: Readonly<Record<string, Pair>> = {
  ...Object.fromEntries(
    ["Add", "Sub", "Mul", "Div"].flatMap((op) => [
      [
        `${op} at the channels`,
        {
          opset: 6,
          old: { ...one(op, ["x", "c"], { broadcast: 1, axis: 1 }), constants: { c } },
          later: { ...one(op, ["x", "c"]), constants: { c: float32([2, 1, 1], c.data) } },
        },
      ],
      [
        `${op} at the last axes`,
        {
          opset: 6,
          old: { ...one(op, ["x", "c"], { broadcast: 1 }), constants: { c: drawn("d", 6, 5) } },
          later: { ...one(op, ["x", "c"]), constants: { c: drawn("d", 6, 5) } },
        },
      ],
    ]),
  ),
  "Add of one number, in the first opset": {
    opset: 1,
    old: { ...one("Add", ["x", "c"], { broadcast: 1, consumed_inputs: [0, 0] }), constants: { c: float32([1], [2]) } },
    later: { ...one("Add", ["x", "c"]), constants: { c: float32([1], [2]) } },
  },
  "Mul of constants": {
    opset: 6,
    old: {
      ...one("Relu", ["x"]),
      nodes: [
        { op: "Mul", inputs: ["k", "c"], attributes: { broadcast: 1, axis: 0 } },
        { op: "Conv", inputs: ["x", "t0"] },
      ],
      constants: { k: drawn("k", 2, 2, 3, 3), c },
    },
    later: {
      ...one("Relu", ["x"]),
      nodes: [
        { op: "Mul", inputs: ["k", "c"] },
        { op: "Conv", inputs: ["x", "t0"] },
      ],
      constants: { k: drawn("k", 2, 2, 3, 3), c: float32([2, 1, 1, 1], c.data) },
    },
  },
  "PRelu, a slope a channel": {
    opset: 6,
    old: { ...one("PRelu", ["x", "c"]), constants: { c } },
    later: { ...one("PRelu", ["x", "c"]), constants: { c: float32([2, 1, 1], c.data) } },
  },
  "PRelu, one slope": {
    opset: 1,
    old: { ...one("PRelu", ["x", "c"], { consumed_inputs: [0] }), constants: { c: float32([1], [0.2]) } },
    later: { ...one("PRelu", ["x", "c"]), constants: { c: float32([1], [0.2]) } },
  },
  ...Object.fromEntries(
    [{ is_test: 1, spatial: 1 }, { is_test: 1, consumed_inputs: [0, 0, 0, 1, 1] }, {}].map((attributes) => [
      `BatchNormalization ${JSON.stringify(attributes)}`,
      {
        opset: 6,
        old: { ...one("BatchNormalization", ["x", "s", "t", "m", "v"], attributes), constants: normal },
        later: { ...one("BatchNormalization", ["x", "s", "t", "m", "v"]), constants: normal },
      },
    ]),
  ),
  "Dropout, Reshape by an attribute, Gemm with a bias to broadcast": {
    opset: 4,
    old: {
      input: [1, 2, 2],
      nodes: [
        { op: "Dropout", inputs: ["x"], attributes: { is_test: 1, ratio: { float: 0.5 } } },
        { op: "Reshape", inputs: ["t0"], attributes: { shape: [0, -1] } },
        { op: "Gemm", inputs: ["t1", "w", "b"], attributes: { broadcast: 1 } },
      ],
      constants: linear,
    },
    later: {
      input: [1, 2, 2],
      nodes: [
        { op: "Reshape", inputs: ["x", "shape"] },
        { op: "Gemm", inputs: ["t0", "w", "b"] },
      ],
      constants: { ...linear, shape: ints(0, -1) },
    },
  },
  "Pad by paddings": {
    opset: 1,
    old: one("Pad", ["x"], { paddings: [0, 0, 1, 2, 0, 0, 0, 1] }),
    later: { ...one("Pad", ["x"], { pads: [0, 0, 1, 2, 0, 0, 0, 1] }), opset: 9 },
  },
  "Clip between attributes": {
    opset: 6,
    old: one("Clip", ["x"], { min: { float: 0 }, max: { float: 1 } }),
    later: { ...one("Clip", ["x"], { min: { float: 0 }, max: { float: 1 } }), opset: 10 },
  },
  "Squeeze, Unsqueeze": {
    opset: 1,
    old: {
      input: [1, 1, 4],
      nodes: [
        { op: "Squeeze", inputs: ["x"], attributes: { axes: [1] } },
        { op: "Unsqueeze", inputs: ["t0"], attributes: { axes: [2] } },
      ],
    },
    later: {
      opset: 11,
      input: [1, 1, 4],
      nodes: [
        { op: "Squeeze", inputs: ["x"], attributes: { axes: [1] } },
        { op: "Unsqueeze", inputs: ["t0"], attributes: { axes: [2] } },
      ],
    },
  },
  "Concat along channels where nothing is said, Split by an input": {
    opset: 1,
    old: {
      input: MAPS,
      nodes: [
        { op: "Concat", inputs: ["x", "x"] },
        { op: "Split", inputs: ["t0", "sizes"], outputs: ["a", "b"], attributes: { axis: 1 } },
        { op: "Relu", inputs: ["b"] },
      ],
      constants: { sizes: int64([2], [1, 3]) },
    },
    later: {
      input: MAPS,
      nodes: [
        { op: "Concat", inputs: ["x", "x"], attributes: { axis: 1 } },
        { op: "Split", inputs: ["t0", "sizes"], outputs: ["a", "b"], attributes: { axis: 1 } },
        { op: "Relu", inputs: ["b"] },
      ],
      constants: { sizes: int64([2], [1, 3]) },
    },
  },
  "Cast to the name of a type": {
    opset: 5,
    old: { ...one("Cast", ["x"], { to: "FLOAT" }) },
    later: one("Cast", ["x"], { to: 1 }),
  },
};

describe("models of opsets before 7", () => {
  it.each(Object.entries(PAIRS))("%s", async (_, { opset, old, later }) => {
    const network = networkFromOnnx(onnxModel({ ...old, opset }));
    const x = examples(2, inputShapeOf(network));
    const shape = (later.input ?? []).map(Number);
    const theirs = await ortLogits(onnxModel(later), shape, x);
    expectClose(await ourLogits(network, x), theirs, { relative: 1e-5, absolute: 2e-6 });
  });

  it("a type that no network has is named", () => {
    expect(errorOf(() => networkFromOnnx(onnxModel({ ...one("Cast", ["x"], { to: "STRING" }), opset: 5 })))).toEqual({
      message: 'node "Cast_0" (Cast) with to as string: expected int',
      hint: "change this layer of the model, or export it another way",
    });
  });
});
