/** Models written for a batch of many examples: each example by itself gives what it gives among the others. */
import { describe, expect, it } from "vitest";
import { float32, int64 } from "../../../src/graph/index.ts";
import { inputShapeOf, networkFromOnnx } from "../../../src/network/index.ts";
import { activate } from "../../../src/paths/index.ts";
import { drawn, type ModelOf, onnxModel } from "../../graph/onnx/model.ts";
import { errorOf } from "../../support/error-of.ts";
import { expectClose } from "../../support/expect-close.ts";
import { convWeights, ints, linear, normal } from "./cases/case.ts";
import { examples, ortRun, ourLogits } from "./logits.ts";

const maps = (n: number) => [n, 2, 6, 5];
const conv = { op: "Conv", inputs: ["x", "w", "b"], outputs: ["q"] };
const relu = { op: "Relu", inputs: ["q"], outputs: ["z"] };
const head = { op: "Gemm", inputs: ["f", "c"] };
const c = drawn("c", 48, 3);
/** The same numbers for each of `n` examples. */
const repeated = (n: number, row: readonly number[]) => float32([n, row.length], Array(n).fill(row).flat());

/** Models of a batch of n. */
const ONE_BY_ONE: Readonly<Record<string, (n: number) => ModelOf>> = {
  "view(x.size(0), -1), the sizes computed": (n) => ({
    input: maps(n),
    nodes: [
      conv,
      relu,
      { op: "Shape", inputs: ["z"], outputs: ["shape"] },
      { op: "Gather", inputs: ["shape", "zero"], outputs: ["n"] },
      { op: "Unsqueeze", inputs: ["n", "first"], outputs: ["list"] },
      { op: "Concat", inputs: ["list", "rest"], outputs: ["sizes"], attributes: { axis: 0 } },
      { op: "Reshape", inputs: ["z", "sizes"], outputs: ["f"] },
      head,
    ],
    constants: { ...convWeights, c, zero: int64([], [0]), first: ints(0), rest: ints(-1) },
  }),
  "view(n, -1)": (n) => ({
    input: maps(n),
    nodes: [conv, relu, { op: "Reshape", inputs: ["z", "sizes"], outputs: ["f"] }, head],
    constants: { ...convWeights, c, sizes: ints(n, -1) },
  }),
  "view(n, 48)": (n) => ({
    input: maps(n),
    nodes: [conv, relu, { op: "Reshape", inputs: ["z", "sizes"], outputs: ["f"] }, head],
    constants: { ...convWeights, c, sizes: ints(n, 48) },
  }),
  "batch normalization, a residual sum, a mean of maps": (n) => ({
    input: [n, 4, 6, 5],
    nodes: [
      { op: "BatchNormalization", inputs: ["x", "s", "t", "m", "v"], outputs: ["q"] },
      relu,
      { op: "Add", inputs: ["z", "x"], outputs: ["r"] },
      { op: "ReduceMean", inputs: ["r"], outputs: ["g"], attributes: { axes: [2, 3], keepdims: 0 } },
      { op: "Gemm", inputs: ["g", "w", "b"] },
    ],
    opset: 13,
    constants: { ...normal, ...linear },
  }),
  "a layer at each position, batch and positions in one axis": (n) => ({
    input: [n, 5, 4],
    nodes: [
      { op: "Reshape", inputs: ["x", "rows"] },
      { op: "Gemm", inputs: ["t0", "w", "b"], outputs: ["q"] },
      relu,
      { op: "Reshape", inputs: ["z", "back"], outputs: ["p"] },
      { op: "Transpose", inputs: ["p"], outputs: ["o"], attributes: { perm: [0, 2, 1] } },
      { op: "Flatten", inputs: ["o"] },
    ],
    constants: { ...linear, rows: ints(-1, 4), back: ints(n, 5, 3) },
  }),
  "flattened behind two axes, and back": (n) => ({
    input: [n, 5, 4],
    nodes: [
      { op: "Flatten", inputs: ["x"], attributes: { axis: 2 } },
      { op: "MatMul", inputs: ["t0", "w"], outputs: ["q"] },
      relu,
      { op: "Reshape", inputs: ["z", "back"] },
    ],
    constants: { ...linear, back: ints(n, 15) },
  }),
  "constants for the whole batch": (n) => ({
    input: [n, 4],
    nodes: [
      { op: "Mul", inputs: ["x", "mask"] },
      { op: "Gemm", inputs: ["t0", "w", "bias"], outputs: ["q"] },
      { op: "PRelu", inputs: ["q", "slopes"] },
      { op: "Max", inputs: ["t2", "zeros"] },
    ],
    constants: {
      ...linear,
      mask: repeated(n, [1, 0, 2, -1]),
      bias: repeated(n, [0.5, -0.5, 0.1]),
      slopes: repeated(n, [0.1, 0.2, -0.3]),
      zeros: float32([], [0]),
    },
  }),
  "a state of zeros that the model makes": (n) => ({
    input: [n, 4],
    nodes: [
      { op: "Shape", inputs: ["x"], outputs: ["shape"] },
      {
        op: "ConstantOfShape",
        inputs: ["shape"],
        outputs: ["state"],
        attributes: { value: { tensor: float32([1], [2]) } },
      },
      { op: "Add", inputs: ["x", "state"], outputs: ["q"] },
      relu,
    ],
  }),
  "the whole batch in a slice, another axis cut and padded": (n) => ({
    input: [n, 4],
    nodes: [
      { op: "Slice", inputs: ["x", "from", "to", "axes"] },
      { op: "Pad", inputs: ["t0", "pads"], outputs: ["q"] },
      relu,
    ],
    constants: { from: ints(0, 1), to: ints(n, 4), axes: ints(0, 1), pads: ints(0, 1, 0, 2) },
  }),
  "parts of an axis joined in another order": (n) => ({
    input: [n, 4],
    nodes: [
      { op: "Split", inputs: ["x"], outputs: ["a", "d"], attributes: { axis: 1 } },
      { op: "Gather", inputs: ["x", "places"], outputs: ["e"], attributes: { axis: 1 } },
      { op: "Concat", inputs: ["d", "e", "a"], outputs: ["q"], attributes: { axis: 1 } },
      relu,
    ],
    opset: 13,
    constants: { places: ints(2, 0) },
  }),
  "channels last, squeezed, all stretched": (n) => ({
    input: [n, 1, 4],
    nodes: [
      { op: "Squeeze", inputs: ["x", "second"] },
      { op: "Unsqueeze", inputs: ["t0", "last"] },
      { op: "Expand", inputs: ["t1", "sizes"], outputs: ["q"] },
      relu,
    ],
    constants: { second: ints(1), last: ints(2), sizes: ints(n, 4, 3) },
  }),
};
const rows = Object.entries(ONE_BY_ONE).flatMap(([title, model]) => [1, 2, 16].map((n) => ({ title, n, model })));

describe("a batch that is written into a model", () => {
  it.each(rows)("$title: $n", async ({ model, n }) => {
    const bytes = onnxModel(model(n));
    const network = networkFromOnnx(bytes);
    const x = examples(n, inputShapeOf(network));
    const theirs = await ortRun(bytes, { x: { ...x, shape: model(n).input?.map(Number) ?? [] } });
    const tolerance = { relative: 1e-5, absolute: 2e-6 };
    expectClose(await ourLogits(network, x), theirs, tolerance);
    const size = x.data.length / n;
    const sums = Array.from({ length: n }, (_, i) => [
      ...activate(network, x.data.subarray(i * size, (i + 1) * size)).logits,
    ]);
    expectClose(sums.flat(), theirs, tolerance);
  });

  it("does not change the network", () => {
    for (const [title, model] of Object.entries(ONE_BY_ONE)) {
      const [one, many] = [networkFromOnnx(onnxModel(model(1))), networkFromOnnx(onnxModel(model(16)))];
      expect(many.nodes.map(({ kind, shape }) => [title, kind, shape])).toEqual(
        one.nodes.map(({ kind, shape }) => [title, kind, shape]),
      );
    }
  });
});

const one = (
  op: string,
  inputs: readonly string[],
  attributes: NonNullable<ModelOf["nodes"][number]["attributes"]> = {},
): ModelOf => ({
  input: [16, 4],
  nodes: [{ op, inputs, attributes }],
});
const ALONE = ": expected another axis: 0 is the batch";
const EACH = ": expected the 16 examples of the batch one by one";

/** What mixes the examples of a batch of 16, with the message behind the node. */
const MIXED: Readonly<Record<string, readonly [ModelOf, string]>> = {
  Reshape: [{ ...one("Reshape", ["x", "s"]), constants: { s: ints(8, 8) } }, `[16, 4] made [8, 8]${EACH}`],
  "Reshape of all to a row": [
    { ...one("Reshape", ["x", "s"]), constants: { s: ints(1, -1) } },
    `[16, 4] made [1, 64]${EACH}`,
  ],
  Flatten: [one("Flatten", ["x"], { axis: 0 }), `axis 0${EACH}`],
  Transpose: [one("Transpose", ["x"], { perm: [1, 0] }), `perm [1, 0]${EACH}`],
  "Transpose of positions": [
    { ...one("Transpose", ["x"], { perm: [1, 0, 2] }), input: [16, 3, 4] },
    `perm [1, 0, 2]${EACH}`,
  ],
  "Transpose of an axis that begins with the batch": [
    {
      input: [16, 3, 4],
      nodes: [
        { op: "Reshape", inputs: ["x", "s"] },
        { op: "Transpose", inputs: ["t0"], attributes: { perm: [1, 0] } },
      ],
      constants: { s: ints(-1, 4) },
    },
    `perm [1, 0]${EACH}`,
  ],
  Unsqueeze: [{ ...one("Unsqueeze", ["x", "a"]), constants: { a: ints(0) } }, `axis 0${EACH}`],
  "Slice of the first examples": [
    { ...one("Slice", ["x", "a", "b"]), constants: { a: ints(0), b: ints(8) } },
    `8 of 16 along axis 0${EACH}`,
  ],
  "Slice backward": [
    {
      ...one("Slice", ["x", "a", "b", "axis", "step"]),
      constants: { a: ints(-1), b: ints(-100), axis: ints(0), step: ints(-1) },
    },
    `16 of 16 along axis 0${EACH}`,
  ],
  Pad: [
    { ...one("Pad", ["x", "p"]), constants: { p: ints(1, 0, 0, 0) } },
    "the batch cut or padded: expected axes without the batch",
  ],
  Split: [
    { input: [16, 4], opset: 13, nodes: [{ op: "Split", inputs: ["x"], outputs: ["a", "d"] }] },
    `axis 0 in parts${EACH}`,
  ],
  Gather: [{ ...one("Gather", ["x", "p"]), constants: { p: ints(0) } }, `axis 0${ALONE}`],
  Concat: [one("Concat", ["x", "x"], { axis: 0 }), `axis 0${ALONE}`],
  ReduceMean: [
    { ...one("ReduceMean", ["x"], { axes: [0] }), opset: 13 },
    "axis 0, the batch: expected axes without the batch",
  ],
  "ReduceSum of everything": [one("ReduceSum", ["x"]), "axis 0, the batch: expected axes without the batch"],
  "MatMul of the batch by weights": [
    { ...one("MatMul", ["m", "x"]), constants: { m: drawn("m", 3, 16) } },
    `weights as the first operand${EACH}`,
  ],
  "Gemm, the batch transposed": [
    { ...one("Gemm", ["x", "m"], { transA: 1 }), constants: { m: drawn("m", 16, 3) } },
    `transA = 1${EACH}`,
  ],
  Softmax: [
    {
      input: [16, 4],
      nodes: [
        { op: "Reshape", inputs: ["x", "s"] },
        { op: "Softmax", inputs: ["t0"], attributes: { axis: 0 } },
      ],
      constants: { s: ints(-1) },
    },
    `axis 0${EACH}`,
  ],
  "Add of other numbers for each": [
    { ...one("Add", ["x", "a"]), constants: { a: drawn("a", 16, 4) } },
    `a constant that differs from example to example${EACH}`,
  ],
  "a constant of more axes": [
    { ...one("Add", ["x", "a"]), constants: { a: float32([1, 1, 1], [2]) } },
    `a constant of 3 axes${EACH}`,
  ],
  Expand: [{ ...one("Expand", ["x", "s"]), constants: { s: ints(2, 16, 4) } }, `[16, 4] made [2, 16, 4]${EACH}`],
  "Squeeze of an axis that begins with the batch": [
    { ...one("Squeeze", ["x", "a"]), constants: { a: ints(0) } },
    `axis 0${EACH}`,
  ],
};
const NEXT = (shape: string) =>
  `export the model with one example a batch; if axis 0 is no batch, say so by \`inputShape: [${shape}]\``;

describe("nodes that mix the examples of a batch", () => {
  it.each(Object.entries(MIXED))("%s", (_, [model, says]) => {
    const { op = "" } = model.nodes.at(-1) ?? {};
    const { message, hint } = errorOf(() => networkFromOnnx(onnxModel(model)));
    expect(message).toBe(`node "${op}_${model.nodes.length - 1}" (${op}) with ${says}`);
    const shape = (model.input ?? []).join(", ");
    expect([NEXT(shape), "change this layer of the model, or export it another way"]).toContain(hint);
  });

  it("an axis 0 that is no batch is told by the shape", async () => {
    const bytes = onnxModel({
      input: [3, 6, 5],
      nodes: [
        { op: "Unsqueeze", inputs: ["x", "first"] },
        { op: "Conv", inputs: ["t0", "w"] },
        { op: "Relu", inputs: ["t1"] },
      ],
      constants: { first: ints(0), w: drawn("w", 2, 3, 3, 3) },
    });
    const { hint } = errorOf(() => networkFromOnnx(bytes));
    expect(hint).toBe(NEXT("3, 6, 5"));
    const network = networkFromOnnx(bytes, { inputShape: [3, 6, 5] });
    const x = examples(1, [3, 6, 5]);
    const theirs = await ortRun(bytes, { x: { ...x, shape: [3, 6, 5] } });
    expectClose(await ourLogits(network, x), theirs, { relative: 1e-5, absolute: 2e-6 });
  });
});

describe("a batch of any size", () => {
  it.each([
    ["−1", ints(-1, 4)],
    ["0 copied later", ints(-1, 2, 2)],
  ])("positions join the batch by %s and part again", async (_, rowShape) => {
    const bytes = onnxModel({
      input: ["N", 3, 4],
      nodes: [
        { op: "Reshape", inputs: ["x", "rows"] },
        { op: "Relu", inputs: ["t0"] },
        { op: "Reshape", inputs: ["t1", "back"] },
        { op: "MatMul", inputs: ["t2", "w"] },
      ],
      constants: { rows: rowShape, back: ints(-1, 12), w: drawn("w", 12, 3) },
    });
    const network = networkFromOnnx(bytes);
    const x = examples(3, [3, 4]);
    expectClose(await ourLogits(network, x), await ortRun(bytes, { x }), { relative: 1e-5, absolute: 2e-6 });
  });

  it("a number of rows that is written is that of one example", () => {
    const model: ModelOf = {
      input: ["N", 3, 4],
      nodes: [{ op: "Reshape", inputs: ["x", "rows"] }],
      constants: { rows: ints(3, 4) },
    };
    expect(errorOf(() => networkFromOnnx(onnxModel(model)))).toEqual({
      message:
        'node "Reshape_0" (Reshape) with [batch, 3, 4] made [3, 4] for one example: expected axis 0 to stay the batch, of any size',
      hint: "change this layer of the model, or export it another way",
    });
  });

  it("what begins with the batch is not moved", () => {
    const model: ModelOf = {
      input: ["N", 3, 4],
      nodes: [
        { op: "Reshape", inputs: ["x", "rows"] },
        { op: "Transpose", inputs: ["t0"], attributes: { perm: [1, 0] } },
      ],
      constants: { rows: ints(-1, 4) },
    };
    expect(errorOf(() => networkFromOnnx(onnxModel(model))).message).toBe(
      'node "Transpose_1" (Transpose) with perm [1, 0]: expected axis 0 to stay the batch, of any size',
    );
  });
});
