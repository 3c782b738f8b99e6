import { describe, expect, it } from "vitest";
import { type DenseArray, denseArray, float32, int64, readModel } from "../../../src/graph/index.ts";
import { inputShapeOf, networkFromOnnx } from "../../../src/network/index.ts";
import { FOLDS } from "../../../src/network/onnx/fold-constants.ts";
import { Limits } from "../../../src/network/onnx/limits.ts";
import { type AttributeValue, drawn, type ModelOf, onnxModel } from "../../graph/onnx/model.ts";
import { errorOf } from "../../support/error-of.ts";
import { expectClose } from "../../support/expect-close.ts";
import { ints } from "./cases/case.ts";
import { examples, ortLogits, ourLogits } from "./logits.ts";

interface Fold {
  readonly inputs: readonly DenseArray[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly opset?: number;
}
const a = float32([2, 1], [-1.5, 2.25]);
const b = float32([1, 2], [0.75, -3]);
const mixed = float32([4], [1.7, -1.7, 0, 3]);
const positive = float32([4], [0.25, 1, 2, 9]);
const whole = int64([4], [7, -7, 8, -1]);
const divisor = int64([], [3]);
const bits = (...values: readonly number[]) => denseArray("bool", [values.length], Uint8Array.from(values));
const table = drawn("table", 4, 3);
const reduced: readonly Fold[] = [
  { inputs: [table], attributes: { axes: [-1], keepdims: 0 }, opset: 12 },
  { inputs: [table, ints(1)], attributes: { keepdims: 1 } },
  { inputs: [table], attributes: { keepdims: 0 } },
];

/** Every op that is folded; each result has four elements, or one. */
const CASES: Readonly<Record<string, readonly Fold[]>> = {
  Abs: [{ inputs: [whole] }],
  Add: [{ inputs: [a, b] }, { inputs: [whole, divisor] }],
  And: [{ inputs: [bits(0, 0, 1, 1), bits(0, 1, 0, 1)] }],
  Cast: [
    { inputs: [mixed], attributes: { to: 6 } },
    { inputs: [mixed], attributes: { to: 9 } },
    { inputs: [whole], attributes: { to: 11 } },
    { inputs: [bits(0, 1, 1, 0)], attributes: { to: 7 } },
  ],
  CastLike: [{ inputs: [mixed, divisor], opset: 19 }],
  Ceil: [{ inputs: [mixed] }],
  Concat: [
    { inputs: [a, float32([2, 1], [5, 6])], attributes: { axis: 1 } },
    { inputs: [ints(1, 2), ints(3), ints(4)], attributes: { axis: 0 } },
  ],
  ConstantOfShape: [
    { inputs: [ints(2, 2)], attributes: { value: { tensor: int64([1], [5]) } } },
    { inputs: [ints(4)] },
  ],
  Div: [{ inputs: [a, b] }, { inputs: [whole, divisor] }],
  Equal: [{ inputs: [whole, int64([], [8])] }],
  Exp: [{ inputs: [mixed] }],
  Expand: [{ inputs: [a, ints(1, 2)] }],
  Floor: [{ inputs: [mixed] }],
  Gather: [
    { inputs: [drawn("square", 2, 2), ints(1, 0)], attributes: { axis: 1 } },
    { inputs: [drawn("square", 2, 2), ints(-1, 1)] },
    { inputs: [table, int64([], [2])], attributes: { axis: 1 } },
    { inputs: [whole, ints(3, 0, 1, 1)] },
  ],
  Gemm: [
    {
      inputs: [drawn("ga", 2, 3), drawn("gb", 3, 2), drawn("gc", 2)],
      attributes: { alpha: { float: 0.5 }, beta: { float: 2 } },
    },
    { inputs: [drawn("gd", 3, 2), drawn("ge", 2, 3), drawn("gf", 2, 1)], attributes: { transA: 1, transB: 1 } },
    { inputs: [drawn("ga", 2, 3), drawn("gb", 3, 2)] },
  ],
  Greater: [{ inputs: [a, b] }],
  LeakyRelu: [{ inputs: [mixed], attributes: { alpha: { float: 0.3 } } }],
  Less: [{ inputs: [a, b] }],
  MatMul: [{ inputs: [drawn("ga", 2, 3), drawn("gb", 3, 2)] }],
  Max: [{ inputs: [a, b, float32([], [0])] }],
  Min: [{ inputs: [a, b] }],
  Mod: [{ inputs: [whole, divisor] }, { inputs: [a, b], attributes: { fmod: 1 } }],
  Mul: [{ inputs: [a, b] }],
  Neg: [{ inputs: [whole] }],
  Not: [{ inputs: [bits(0, 1, 1, 0)] }],
  Or: [{ inputs: [bits(0, 0, 1, 1), bits(0, 1, 0, 1)] }],
  Pow: [{ inputs: [positive, float32([], [1.5])] }],
  Range: [
    { inputs: [int64([], [12]), int64([], [0]), int64([], [-3])] },
    { inputs: [int64([], [0]), int64([], [4]), int64([], [1])] },
  ],
  Reciprocal: [{ inputs: [positive] }],
  ReduceL2: reduced.map(({ inputs, ...row }) => ({ ...row, opset: 12, inputs: inputs.slice(0, 1) })),
  ReduceMax: reduced,
  ReduceMean: reduced,
  ReduceMin: reduced,
  ReduceProd: reduced,
  ReduceSum: [...reduced, { inputs: [mixed, ints()], attributes: { noop_with_empty_axes: 1 } }],
  Relu: [{ inputs: [mixed] }],
  Sigmoid: [{ inputs: [mixed] }],
  Sqrt: [{ inputs: [positive] }],
  Sub: [{ inputs: [a, b] }],
  Sum: [{ inputs: [a, b, float32([], [3])] }],
  Tanh: [{ inputs: [mixed] }],
  Where: [{ inputs: [denseArray("bool", [2, 1], Uint8Array.of(1, 0)), b, float32([], [4])] }],
};

/** What an op makes of constants, added to the input. */
const modelOf = (op: string, { inputs, attributes = {}, opset = 18 }: Fold): ModelOf => ({
  opset,
  nodes: [
    { op, inputs: inputs.map((_, i) => `c${i}`), attributes },
    { op: "Cast", inputs: ["t0"], attributes: { to: 1 } },
    { op: "Reshape", inputs: ["t1", "flat"] },
    { op: "Add", inputs: ["x", "t2"] },
  ],
  constants: { flat: ints(-1), ...Object.fromEntries(inputs.map((array, i) => [`c${i}`, array])) },
});
const rows = Object.entries(CASES).flatMap(([op, folds]) =>
  folds.map((fold, i) => ({ title: `${op} ${i + 1}`, op, fold })),
);

describe("constants that a model computes", () => {
  it("every op has a case", () => expect(Object.keys(CASES).sort()).toEqual([...FOLDS.keys()].sort()));

  it.each(rows)("$title", async ({ op, fold }) => {
    const bytes = onnxModel(modelOf(op, fold));
    const network = networkFromOnnx(bytes);
    const x = examples(2, inputShapeOf(network));
    expectClose(await ourLogits(network, x), await ortLogits(bytes, [1, 4], x), { relative: 1e-6, absolute: 1e-6 });
  });

  it.each([
    [
      "sizes without end",
      "ConstantOfShape",
      [int64([2], [2 ** 40, 2 ** 40])],
      'node "ConstantOfShape_0" (ConstantOfShape) with 4.835703278458517e+24 bytes of constants to fill: expected at most 1073741824 in all that are needed at once',
    ],
    [
      "more than the file may make",
      "ConstantOfShape",
      [int64([1], [2 ** 30])],
      'node "ConstantOfShape_0" (ConstantOfShape) with 4294967296 bytes of constants to fill: expected at most 1073741824 in all that are needed at once',
    ],
    [
      "a range that never ends",
      "Range",
      [int64([], [0]), int64([], [5]), int64([], [0])],
      'node "Range_0" (Range) with a constant of shape [Infinity]',
    ],
    [
      "whole numbers over 0",
      "Div",
      [whole, int64([], [0])],
      'node "Div_0" (Div) with numbers that are not whole or not finite: expected numbers of int64',
    ],
    [
      "shapes that do not fit",
      "Add",
      [float32([3], [1, 2, 3]), float32([2], [1, 2])],
      'node "Add_0" (Add) with constants of shapes [3], [2]: expected shapes that broadcast',
    ],
  ] as const)("%s", (_, op, inputs, message) => {
    expect(errorOf(() => networkFromOnnx(onnxModel(modelOf(op, { inputs })))).message).toContain(message);
  });

  it("the end of a slice that is 2⁶³ − 1 stays the end, however it is made", async () => {
    const end = int64([1], [0]);
    end.data[0] = 2n ** 63n - 1n;
    for (const [op, inputs, attributes] of [
      ["Cast", ["end"], { to: 7 }],
      ["Concat", ["end"], { axis: 0 }],
      ["Add", ["end", "zero"], {}],
    ] as const) {
      const bytes = onnxModel({
        nodes: [
          { op, inputs, attributes },
          { op: "Slice", inputs: ["x", "start", "t0", "axes"] },
        ],
        constants: { end, zero: int64([1], [0]), start: ints(1), axes: ints(1) },
      });
      const network = networkFromOnnx(bytes);
      const x = examples(2, inputShapeOf(network));
      expectClose(await ourLogits(network, x), await ortLogits(bytes, [1, 4], x), { relative: 1e-6 });
    }
  });

  it("weights that a small file fills are counted by what remains of them", async () => {
    // as the ONNX project's own light models: 9,000,000 weights in a file of some hundred bytes
    const bytes = onnxModel({
      input: ["N", 3000],
      nodes: [
        {
          op: "ConstantOfShape",
          inputs: ["shape"],
          outputs: ["w"],
          attributes: { value: { tensor: float32([1], [0.5]) } },
        },
        {
          op: "ConstantOfShape",
          inputs: ["units"],
          outputs: ["b"],
          attributes: { value: { tensor: float32([1], [-1]) } },
        },
        { op: "Gemm", inputs: ["x", "w", "b"], outputs: ["q"], attributes: { transB: 1 } },
        { op: "Relu", inputs: ["q"] },
      ],
      constants: { shape: ints(3000, 3000), units: ints(3000) },
    });
    const network = networkFromOnnx(bytes);
    const x = examples(2, [3000]);
    expectClose(await ourLogits(network, x), await ortLogits(bytes, [1, 3000], x), { relative: 1e-5, absolute: 1e-3 });
  });

  it("what no node needs any longer does not count", () => {
    const [node] = readModel(onnxModel({ nodes: [{ op: "Relu", inputs: ["x"] }] })).nodes;
    if (node === undefined) throw new Error("no node");
    const limits = new Limits(0);
    for (let i = 0; i < 3; i++) {
      const array = new Float32Array(4);
      limits.fill(node, 2 ** 27, 2 ** 29);
      limits.hold({ buffer: array.buffer, byteOffset: 0, byteLength: 2 ** 29 });
      limits.drop(array);
    }
    limits.hold({ buffer: new ArrayBuffer(8), byteOffset: 0, byteLength: 2 ** 29 });
    expect(errorOf(() => limits.fill(node, 2 ** 27, 2 ** 29 + 1))).toEqual({
      message:
        'node "Relu_0" (Relu) with 536870913 bytes of constants to fill: expected at most 1073741824 in all that are needed at once',
      hint: "use a smaller model or smaller inputs",
    });
  });
});
