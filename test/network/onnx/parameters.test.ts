import { describe, expect, it } from "vitest";
import { type DenseArray, float32, int64 } from "../../../src/graph/index.ts";
import { networkFromOnnx, networkParameters } from "../../../src/network/index.ts";
import { type ModelOf, onnxModel } from "../../graph/onnx/model.ts";

const of = (...shape: readonly number[]): DenseArray => {
  const size = shape.reduce((a, b) => a * b, 1);
  return float32(
    shape,
    Array.from({ length: size }, (_, i) => 0.5 + i),
  );
};
const value = (tensor: DenseArray) => ({ op: "Constant", inputs: [], attributes: { value: { tensor } } });

/** Name, shape, and number of uses. */
type Row = { readonly title: string; readonly model: ModelOf; readonly parameters: readonly string[] };

const ROWS: readonly Row[] = [
  {
    title: "a factor of a Constant node is none, a vector that is an initializer is a scale",
    model: {
      nodes: [
        { op: "MatMul", inputs: ["x", "w"] },
        value(of(3)),
        { op: "Mul", inputs: ["t0", "t1"] },
        { op: "Mul", inputs: ["t2", "g"] },
      ],
      constants: { w: of(4, 3), g: of(3) },
    },
    parameters: ["w [4,3] ×1", "g [3] ×1"],
  },
  {
    title: "a single number beside a node is none, also where the file holds it",
    model: {
      nodes: [
        { op: "MatMul", inputs: ["x", "w"] },
        { op: "Mul", inputs: ["t0", "two"] },
        { op: "Add", inputs: ["t1", "two"] },
      ],
      constants: { w: of(4, 3), two: of() },
    },
    parameters: ["w [4,3] ×1"],
  },
  {
    title: "behind a layer it is the bias, behind its reshaped values too",
    model: {
      nodes: [
        { op: "MatMul", inputs: ["x", "w"] },
        { op: "Reshape", inputs: ["t0", "shape"] },
        { op: "Add", inputs: ["t1", "one"] },
        { op: "Flatten", inputs: ["t2"] },
      ],
      constants: { w: of(4, 6), one: of(1), shape: int64([3], [1, 2, 3]) },
    },
    parameters: ["w [4,6] ×1", "one [1] ×1"],
  },
  {
    title: "beside a layer that has a bias it is none, nor is what a layer is taken from",
    model: {
      nodes: [
        { op: "Gemm", inputs: ["x", "w", "b"] },
        { op: "Add", inputs: ["t0", "one"] },
        { op: "MatMul", inputs: ["t1", "v"] },
        { op: "Sub", inputs: ["one", "t2"] },
      ],
      constants: { w: of(4, 3), b: of(3), v: of(3, 2), one: of() },
    },
    parameters: ["w [4,3] ×1", "b [3] ×1", "v [3,2] ×1"],
  },
  {
    title: "one of an array of several is a scale, beside a node and beside weights",
    model: {
      nodes: [
        { op: "MatMul", inputs: ["x", "w"] },
        { op: "Gather", inputs: ["scales", "first"] },
        { op: "Mul", inputs: ["t0", "t1"] },
        { op: "Gather", inputs: ["scales", "second"] },
        { op: "Mul", inputs: ["v", "t3"] },
        { op: "MatMul", inputs: ["t2", "t4"] },
      ],
      constants: { w: of(4, 3), v: of(3, 2), scales: of(2), first: int64([], [0]), second: int64([], [1]) },
    },
    parameters: ["w [4,3] ×1", "scales [2] ×2", "v [3,2] ×1"],
  },
  {
    title: "a single number is a scale where PyTorch traced the model, whose constants are nodes there",
    model: {
      nodes: [
        { op: "MatMul", inputs: ["x", "layer.weight"], outputs: ["/layer/MatMul_output_0"] },
        { ...value(of()), outputs: ["/Constant_output_0"] },
        { op: "Mul", inputs: ["/layer/MatMul_output_0", "/Constant_output_0"], outputs: ["/Mul_output_0"] },
        { op: "Mul", inputs: ["/Mul_output_0", "layer.scale"], outputs: ["/Mul_1_output_0"] },
        { op: "Mul", inputs: ["v", "scale"], outputs: ["/Mul_2_output_0"] },
        { op: "MatMul", inputs: ["/Mul_1_output_0", "/Mul_2_output_0"], outputs: ["/MatMul_output_0"] },
        { op: "Add", inputs: ["/MatMul_output_0", "onnx::Add_12"], outputs: ["/Add_output_0"] },
        { op: "Mul", inputs: ["/Add_output_0", "onnx::Mul_12"], outputs: ["y"] },
      ],
      constants: {
        "layer.weight": of(4, 3),
        "layer.scale": of(1),
        v: of(3, 2),
        scale: of(),
        "onnx::Add_12": of(2),
        "onnx::Mul_12": of(),
      },
    },
    parameters: ["layer.weight [4,3] ×1", "layer.scale [1] ×1", "v [3,2] ×1", "scale [] ×1", "onnx::Add_12 [2] ×1"],
  },
  {
    title: "the input's normalization is none",
    model: {
      nodes: [
        { op: "Sub", inputs: ["x", "mean"] },
        { op: "Div", inputs: ["t0", "deviation"] },
        { op: "MatMul", inputs: ["t1", "w"] },
      ],
      constants: { mean: of(4), deviation: of(4), w: of(4, 3) },
    },
    parameters: ["w [4,3] ×1"],
  },
  {
    title:
      "batch normalization: scale and shift, at the input too; mean and variance are none, though one array may be all",
    model: {
      nodes: [
        { op: "BatchNormalization", inputs: ["x", "s", "t", "m", "v"] },
        { op: "MatMul", inputs: ["t0", "w"] },
        { op: "BatchNormalization", inputs: ["t1", "one", "m", "m", "one"] },
      ],
      constants: { s: of(4), t: of(4), m: of(4), v: of(4), w: of(4, 4), one: of(4) },
    },
    parameters: ["s [4] ×2", "t [4] ×1", "w [4,4] ×1", "one [4] ×2", "m [4] ×1"],
  },
  {
    title: "slopes of PRelu, not of LeakyRelu",
    model: {
      nodes: [
        { op: "MatMul", inputs: ["x", "w"] },
        { op: "PRelu", inputs: ["t0", "s"] },
        { op: "LeakyRelu", inputs: ["t1"] },
      ],
      constants: { w: of(4, 3), s: of(1) },
    },
    parameters: ["w [4,3] ×1", "s [1] ×1"],
  },
  {
    title: "Constant nodes that are weights, beside initializers",
    model: {
      nodes: [
        value(of(4, 3)),
        { op: "MatMul", inputs: ["x", "t0"] },
        { op: "MatMul", inputs: ["t1", "w"], outputs: ["y"] },
      ],
      constants: { w: of(3, 2) },
      outputs: ["y"],
    },
    parameters: ["t0 [4,3] ×1", "w [3,2] ×1"],
  },
  {
    title: "Constant nodes of a file that holds all arrays so: biases too",
    model: {
      nodes: [
        value(of(4, 3)),
        { op: "MatMul", inputs: ["x", "t0"] },
        value(of(3)),
        { op: "Add", inputs: ["t1", "t2"] },
        value(of()),
        { op: "Mul", inputs: ["t3", "t4"] },
      ],
    },
    parameters: ["t0 [4,3] ×1", "t2 [3] ×1"],
  },
  {
    title: "one array behind Identity, Transpose, Reshape, Unsqueeze, Squeeze and Cast",
    model: {
      input: [1, 4],
      nodes: [
        { op: "Identity", inputs: ["w"] },
        { op: "Transpose", inputs: ["t0"], attributes: { perm: [1, 0] } },
        { op: "Reshape", inputs: ["t1", "shape"] },
        { op: "Unsqueeze", inputs: ["t2", "axis"] },
        { op: "Squeeze", inputs: ["t3", "axis"] },
        { op: "Cast", inputs: ["t4"], attributes: { to: 11 } },
        { op: "MatMul", inputs: ["x", "t5"] },
        { op: "MatMul", inputs: ["t6", "w"] },
      ],
      constants: { w: of(4, 4), shape: int64([2], [4, 4]), axis: int64([1], [0]) },
    },
    parameters: ["w [4,4] ×2"],
  },
  {
    title: "rows of one array, gathered",
    model: {
      nodes: [
        { op: "Gather", inputs: ["w", "rows"] },
        { op: "MatMul", inputs: ["x", "t0"] },
      ],
      constants: { w: of(6, 3), rows: int64([4], [5, 0, 1, 3]) },
    },
    parameters: ["w [6,3] ×1"],
  },
  {
    title: "one number of a matrix beside a Constant node's: the initializer alone",
    model: {
      nodes: [
        value(of(4, 3)),
        { op: "Mul", inputs: ["w", "t0"] },
        { op: "Mul", inputs: ["t1", "two"] },
        { op: "MatMul", inputs: ["x", "t2"] },
      ],
      constants: { w: of(4, 3), two: of(1) },
    },
    parameters: ["w [4,3] ×1"],
  },
  {
    title: "arrays that the output does not need are none",
    model: {
      nodes: [
        { op: "MatMul", inputs: ["x", "w"] },
        { op: "MatMul", inputs: ["x", "unused"], outputs: ["u"] },
        { op: "Relu", inputs: ["t0"], outputs: ["y"] },
      ],
      constants: { w: of(4, 3), unused: of(4, 2) },
      outputs: ["y"],
    },
    parameters: ["w [4,3] ×1"],
  },
];

describe("parameters of a model (docs/parameters.md)", () => {
  it.each(ROWS)("$title", ({ model, parameters }) => {
    const got = networkParameters(networkFromOnnx(onnxModel(model)));
    expect(got.map(({ name, values, uses }) => `${name} [${values.shape}] ×${uses.length}`)).toEqual(parameters);
  });

  it("are followed through all of these", () => {
    for (const { model } of ROWS) {
      const uses = networkParameters(networkFromOnnx(onnxModel(model))).flatMap((parameter) => parameter.uses);
      expect(uses.filter(({ factors }) => factors === undefined)).toEqual([]);
    }
  });

  it.each([
    { title: "small", width: 3 },
    { title: "large ones, made when they are asked for", width: 64 },
  ])("of a layer with a normalization merged into it: $title", ({ width }) => {
    const vector = (at: (c: number) => number) =>
      float32(
        [width],
        Array.from({ length: width }, (_, c) => at(c)),
      );
    const constants = {
      w: of(width, width),
      s: vector((c) => c + 1),
      t: vector((c) => -c),
      m: vector((c) => 2 * c),
      v: vector(() => 0.25),
    };
    const nodes = [
      { op: "MatMul", inputs: ["x", "w"] },
      { op: "BatchNormalization", inputs: ["t0", "s", "t", "m", "v"], attributes: { epsilon: { float: 0 } } },
    ];
    const got = networkParameters(networkFromOnnx(onnxModel({ input: [1, width], nodes, constants })));
    // of (w − m) / 0.5 · s + t
    const each = (array: (c: number, i: number) => number) =>
      Float64Array.from({ length: width * width }, (_, i) => array(i % width, i));
    const units = Int32Array.from({ length: width }, (_, c) => c);
    expect(got.map(({ name, uses }) => ({ name, uses }))).toEqual([
      { name: "w", uses: [{ position: 1, kind: "weight", places: undefined, factors: each((c) => 2 * (c + 1)) }] },
      {
        name: "s",
        uses: [
          {
            position: 1,
            kind: "weight",
            places: Int32Array.from(each((c) => c)),
            factors: each((_, i) => 2 * (i + 0.5)),
          },
          { position: 1, kind: "bias", places: undefined, factors: Float64Array.from(units, (c) => -4 * c) },
        ],
      },
      { name: "t", uses: [{ position: 1, kind: "bias", places: undefined, factors: 1 }] },
    ]);
  });

  it("hold the file's values, in its order", () => {
    const w = of(2, 4);
    const nodes = [{ op: "Gemm", inputs: ["x", "w"], attributes: { transB: 1 } }];
    const network = networkFromOnnx(onnxModel({ nodes, constants: { w } }));
    expect(networkParameters(network)).toEqual([
      {
        name: "w",
        values: w,
        uses: [{ position: 1, kind: "weight", places: Int32Array.of(0, 4, 1, 5, 2, 6, 3, 7), factors: 1 }],
      },
    ]);
  });
});
