import { describe, expect, it } from "vitest";
import { float32, int32 } from "../../../src/graph/index.ts";
import { TensorProto_DataType } from "../../../src/graph/onnx/onnx_pb.ts";
import { networkFromOnnx } from "../../../src/network/index.ts";
import {
  bytesOfModel,
  drawn,
  type ModelOf,
  modelProto,
  type NodeOf,
  onnxModel,
  valueInfo,
} from "../../graph/onnx/model.ts";
import { errorOf } from "../../support/error-of.ts";
import { ints, MAPS } from "./cases/case.ts";

const NEXT = "change this layer of the model, or export it another way";
const weights = { w: drawn("w", 4, 3), b: drawn("b", 3), k: drawn("k", 4, 2, 3, 3) };
const one = (op: string, inputs: readonly string[], attributes: NodeOf["attributes"] = {}): ModelOf => ({
  nodes: [{ op, inputs, attributes }],
});
const pool = (attributes: NodeOf["attributes"]): ModelOf => ({ ...one("MaxPool", ["x"], attributes), input: MAPS });
const convolved = (attributes: NodeOf["attributes"]): ModelOf => ({
  ...one("Conv", ["x", "k"], attributes),
  input: MAPS,
  constants: weights,
});
const reshaped = (...shape: readonly number[]): ModelOf => ({
  ...one("Reshape", ["x", "s"]),
  constants: { s: ints(...shape) },
});

const scaler = (attributes: NodeOf["attributes"] = {}): ModelOf => ({
  nodes: [{ op: "Scaler", domain: "ai.onnx.ml", inputs: ["x"], attributes }],
});

/** What is refused, with the message; the hint is NEXT. */
const NODES: Readonly<Record<string, readonly [ModelOf, string]>> = {
  "Mul of two nodes": [
    one("Mul", ["x", "x"]),
    "two operands that depend on the example: expected one of them constant (the second, for Div)",
  ],
  "Div of a constant": [
    { ...one("Div", ["c", "x"]), constants: { c: float32([], [1]) } },
    "two operands that depend on the example: expected one of them constant (the second, for Div)",
  ],
  "division by zero": [
    { ...one("Div", ["x", "c"]), constants: { c: float32([], [0]) } },
    "a division by 0: expected constants other than 0",
  ],
  "a constant that adds axes": [
    { ...one("Add", ["x", "c"]), constants: { c: drawn("c", 5, 4) } },
    "a constant of shape [5, 4] beside [1, 4]: expected a constant that is broadcast to the other operand",
  ],
  "slopes that fit no axis": [
    { ...one("PRelu", ["x", "s"]), input: MAPS, constants: { s: drawn("s", 6, 1, 2) } },
    "a constant of shape [6, 1, 2] beside [1, 2, 6, 5]: expected a constant that is broadcast to the other operand",
  ],
  "sums of other shapes": [
    {
      nodes: [
        { op: "MatMul", inputs: ["x", "w"] },
        { op: "Add", inputs: ["x", "t0"] },
      ],
      constants: weights,
    },
    "operands of shapes [1, 4] and [1, 3]: expected operands of one shape, or of sizes of 1",
  ],
  "vectors of another size": [
    { ...one("MatMul", ["x", "w"]), input: [1, 4, 5], constants: weights },
    "an input of shape [1, 4, 5] and weights of 4 to 3: expected vectors of 4 along the last axis",
  ],
  "weights that are nodes": [one("MatMul", ["x", "x"]), "an input 1 that depends on the example: expected a constant"],
  "weights of whole numbers": [
    { ...one("MatMul", ["x", "i"]), constants: { i: int32([4, 1], [1, 2, 3, 4]) } },
    "int32 as input 1: expected float32 or float64",
  ],
  "weights that are not finite": [
    { ...one("MatMul", ["x", "i"]), constants: { i: float32([4, 1], [1, 2, Number.NaN, 4]) } },
    "weights that are not finite: expected finite numbers",
  ],
  "transA of a batch": [
    { ...one("Gemm", ["x", "w"], { transA: 1 }), constants: weights },
    "transA = 1: expected transA = 0: the batch is axis 0",
  ],
  "training mode": [
    {
      ...one("BatchNormalization", ["x", "s", "s", "s", "s"], { training_mode: 1 }),
      constants: { s: drawn("s", 4) },
    },
    "training_mode = 1: expected a model exported for inference",
  ],
  "a negative variance": [
    {
      ...one("BatchNormalization", ["x", "s", "s", "s", "s"]),
      constants: { s: float32([4], [1, 1, -1, 1]) },
    },
    "a variance that is not positive: expected variances above 0",
  ],
  "Clip below zero": [
    { ...one("Clip", ["x", "low", "high"]), constants: { low: float32([], [-1]), high: float32([], [1]) } },
    "bounds -1 and 1: expected 0 and a ceiling above it",
  ],
  "the maximum of two nodes": [one("Max", ["x", "x"]), "2 operands: expected a node and one number"],
  "a maximum with 1": [
    { ...one("Max", ["x", "c"]), constants: { c: float32([], [1]) } },
    "a maximum with 1: expected 0",
  ],
  "a maximum with many numbers": [
    { ...one("Max", ["x", "c"]), constants: { c: drawn("c", 4) } },
    "a constant of shape [4] beside [1, 4]: expected one number",
  ],
  "a minimum of no ReLU": [
    { ...one("Min", ["x", "c"]), constants: { c: float32([], [1]) } },
    "an input that is no ReLU: expected a minimum right behind a ReLU or a maximum with 0",
  ],
  "a ceiling of 0": [
    {
      nodes: [
        { op: "Relu", inputs: ["x"] },
        { op: "Min", inputs: ["t0", "c"] },
      ],
      constants: { c: float32([], [0]) },
    },
    "a minimum with 0: expected a ceiling above 0",
  ],
  "dilated pooling": [
    pool({ kernel_shape: [2, 2], dilations: [2, 1] }),
    "dilations [2, 1]: expected pooling without dilation",
  ],
  "padding of a whole window": [
    pool({ kernel_shape: [2, 2], pads: [2, 0, 0, 0] }),
    "pads [2, 0, 0, 0]: expected padding below the kernel [2, 2]",
  ],
  "a window too large": [
    pool({ kernel_shape: [7, 2] }),
    "a window of 7 over 6: expected a window that fits into its input",
  ],
  "strides of 0": [convolved({ strides: [0, 1] }), "strides [0, 1]: expected 2 numbers of 1 to 1048576"],
  "pads as far as the moon": [
    convolved({ pads: [2 ** 40, 0, 0, 0] }),
    "pads [1099511627776, 0, 0, 0]: expected 4 numbers of 0 to 1048576",
  ],
  "groups that do not divide": [
    convolved({ group: 2 }),
    "2 channels, 2 groups and weights of shape [4, 2, 3, 3]: expected weights [out, channels / groups, kernel…]",
  ],
  "3-D": [
    { ...one("Conv", ["x", "k"]), input: [1, 2, 3, 4, 5], constants: weights },
    "an input of shape [1, 2, 3, 4, 5]: expected [batch, channels, height, width], or 1-D",
  ],
  "two open sizes": [reshaped(-1, -1), "the shape [-1, -1] for [1, 4]: expected as many elements"],
  "a huge size": [reshaped(1, 2 ** 50), `the shape [1, ${2 ** 50}] for [1, 4]: expected as many elements`],
  "a size of 0 beyond the input": [reshaped(1, 4, 0), "the shape [1, 4, 0] for [1, 4]: expected as many elements"],
  "many sizes": [reshaped(...Array(65).fill(1)), "65 elements in input 1: expected at most 64"],
  "other padding": [
    { ...one("Pad", ["x", "p"], { mode: "mirror" }), constants: { p: ints(0, 1, 0, 1) } },
    'mode "mirror": expected constant, edge, reflect, wrap',
  ],
  "padding with ones": [
    { ...one("Pad", ["x", "p", "one"]), constants: { p: ints(0, 1, 0, 1), one: float32([], [1]) } },
    "padding of 1: expected zeros",
  ],
  "the batch padded": [
    { ...one("Pad", ["x", "p"]), constants: { p: ints(1, 0, 0, 0) } },
    "the batch cut or padded: expected axes without the batch",
  ],
  "the batch reversed": [
    {
      ...one("Slice", ["x", "a", "b", "axis", "a"]),
      input: ["N", 4],
      constants: { a: ints(-1), b: ints(-(2 ** 31)), axis: ints(0) },
    },
    "the batch cut or reversed: expected axis 0 to stay the batch, of any size",
  ],
  "the first example of a batch": [
    { ...one("Slice", ["x", "a", "b"]), input: ["N", 4], constants: { a: ints(0), b: ints(1) } },
    "the batch cut or reversed: expected axis 0 to stay the batch, of any size",
  ],
  "the first examples of a batch": [
    { ...one("Slice", ["x", "a", "b"]), input: ["N", 4], constants: { a: ints(0), b: ints(2) } },
    "the batch cut or reversed: expected axis 0 to stay the batch, of any size",
  ],
  "nothing left": [
    { ...one("Slice", ["x", "a", "a", "b"]), constants: { a: ints(2), b: ints(1) } },
    "sizes [1, 0] left: expected at least one element along each axis",
  ],
  "positions that are not there": [
    { ...one("Gather", ["x", "p"], { axis: 1 }), constants: { p: ints(0, 4) } },
    "axis 4 of 4: expected −4 to 3",
  ],
  "one example of a batch": [
    { ...one("Gather", ["x", "p"]), constants: { p: ints(0) } },
    "axis 0: expected another axis: 0 is the batch",
  ],
  "parts beyond an axis": [
    { ...one("Split", ["x", "sizes"], { axis: 1 }), constants: { sizes: ints(5) } },
    "an axis of 4 in parts of [5] and 1 outputs: expected parts that make up the axis, each an output",
  ],
  "a batch in parts": [
    { nodes: [{ op: "Split", inputs: ["x"], outputs: ["a", "b"] }] },
    "an axis of 1 in parts of [1, 0] and 2 outputs: expected parts that make up the axis, each an output",
  ],
  "more parts than outputs": [
    one("Split", ["x"], { axis: 1, num_outputs: 2 ** 50 }),
    "an axis of 4 in parts of [4] and 1 outputs: expected parts that make up the axis, each an output",
  ],
  "axes that are not there": [
    { ...one("Squeeze", ["x", "a"]), constants: { a: ints(2) } },
    "axis 2 of 2: expected −2 to 1",
  ],
  "perm with one axis twice": [
    one("Transpose", ["x"], { perm: [0, 0] }),
    "perm [0, 0]: expected each of the 2 axes once",
  ],
  "an op behind the softmax": [
    {
      nodes: [
        { op: "Softmax", inputs: ["x"] },
        { op: "Relu", inputs: ["t0"] },
      ],
    },
    'the result of node "Softmax_0" (Softmax): expected softmax as the last op only, behind the logits',
  ],
  "a softmax in another order": [
    {
      nodes: [
        { op: "Softmax", inputs: ["x"] },
        { op: "Slice", inputs: ["t0", "minus", "least", "one", "minus"] },
      ],
      constants: { minus: ints(-1), least: ints(-100), one: ints(1) },
    },
    'the result of node "Softmax_0" (Softmax): expected softmax as the last op only, behind the logits',
  ],
  "softmax of positions": [
    { ...one("Softmax", ["x"], { axis: 1 }), input: MAPS },
    "axis 1 of [1, 2, 6, 5]: expected a softmax over all outputs of an example",
  ],
  "an attribute of another type": [one("LeakyRelu", ["x"], { alpha: 1 }), "alpha as int: expected float"],
  "a batch mixed": [
    { ...reshaped(2, 2), input: ["N", 4] },
    "[batch, 4] made [2, 2] for one example: expected axis 0 to stay the batch, of any size",
  ],
  "a Scaler of features that do not fit": [
    scaler({ offset: { floats: [1, 2, 3] }, scale: { floats: [1, 2, 3] } }),
    "a constant of shape [3] beside [1, 4]: expected a constant that is broadcast to the other operand",
  ],
  "a Scaler of features of maps": [
    { ...scaler({ offset: { floats: [1, 2] }, scale: { floats: [1, 2] } }), input: [1, 2, 3] },
    "2 offsets for [1, 2, 3]: expected one, or an input [batch, features]",
  ],
  "a Scaler with more scales than offsets": [
    scaler({ offset: { floats: [1] }, scale: { floats: [1, 2, 3, 4] } }),
    "1 offsets and 4 scales: expected as many of both",
  ],
  "a Scaler without attributes": [scaler({}), "0 offsets and 0 scales: expected as many of both"],
  "a Scaler of infinite numbers": [
    scaler({ offset: { floats: [1] }, scale: { floats: [Number.POSITIVE_INFINITY] } }),
    "weights that are not finite: expected finite numbers",
  ],
  "a missing input": [one("MatMul", ["x"]), "no input 1: expected all inputs that the op needs"],
};

describe("nodes that no gated network has", () => {
  it.each(Object.entries(NODES))("%s", (_, [model, says]) => {
    const { op = "", name } = model.nodes.at(-1) ?? {};
    const label = `node "${name ?? `${op}_${model.nodes.length - 1}`}" (${op})`;
    expect(errorOf(() => networkFromOnnx(onnxModel(model)))).toEqual({
      message: `${label} with ${says}`,
      hint: NEXT,
    });
  });

  it("names a node without a name by its place", () => {
    const model = modelProto({
      nodes: [
        { op: "Relu", inputs: ["x"] },
        { op: "constructor", inputs: ["t0"] },
      ],
    });
    for (const node of model.graph?.node ?? []) node.name = "";
    expect(errorOf(() => networkFromOnnx(bytesOfModel(model))).message).toMatch(
      /^node 2 \(constructor\): expected Add, /,
    );
  });

  it("shows no control characters of a file, and no more of a name than helps", () => {
    const bytes = onnxModel({ nodes: [{ op: "\u001b[2J", inputs: ["x"], name: "n".repeat(500) }] });
    expect(errorOf(() => networkFromOnnx(bytes)).message).toMatch(/^node "n{100}…" \(\\u001b\[2J\): expected Add, /);
  });

  it.each(["Relu", "Scaler"])("%s of an operator set that nobody here knows", (op) => {
    const bytes = onnxModel({ nodes: [{ op, inputs: ["x"], domain: "com.microsoft" }] });
    expect(errorOf(() => networkFromOnnx(bytes))).toEqual({
      message: `node "${op}_0" (${op}) of the operator set "com.microsoft": expected ops of ONNX's own set`,
      hint: "export the model without custom or fused ops",
    });
  });

  it.each(["INT8", "STRING"] as const)("an initializer of %s in the way", (type) => {
    const model = modelProto({ nodes: [{ op: "Add", inputs: ["x", "w"] }], constants: { w: float32([1], [2]) } });
    for (const tensor of model.graph?.initializer ?? []) tensor.dataType = TensorProto_DataType[type];
    expect(errorOf(() => networkFromOnnx(bytesOfModel(model)))).toEqual({
      message: `initializer "w" of element type ${type}: expected float32, float64, int64, int32, uint8, bool or float16`,
      hint: "export the model without quantization, in float32",
    });
  });

  it("a constant of strings in the way", () => {
    const model = modelProto({
      nodes: [
        { op: "Constant", inputs: [], attributes: { value: { tensor: float32([1], [2]) } } },
        { op: "Add", inputs: ["x", "t0"] },
      ],
    });
    const tensor = model.graph?.node[0]?.attribute[0]?.t;
    if (tensor !== undefined) tensor.dataType = TensorProto_DataType.STRING;
    expect(errorOf(() => networkFromOnnx(bytesOfModel(model)))).toEqual({
      message: 'node "Constant_0" (Constant) with value as TENSOR of STRING: expected tensor',
      hint: NEXT,
    });
  });

  it("unsupported nodes that the output does not need are no matter", () => {
    const bytes = onnxModel({
      nodes: [
        { op: "Sigmoid", inputs: ["x"], outputs: ["s"] },
        { op: "Relu", inputs: ["x"] },
      ],
    });
    expect(networkFromOnnx(bytes).nodes).toHaveLength(2);
  });

  it("nodes of one name get numbers", () => {
    const name = "same";
    const bytes = onnxModel({
      nodes: [
        { op: "Relu", inputs: ["x"], name },
        { op: "Relu", inputs: ["t0"], name },
        { op: "Relu", inputs: ["t1"], name },
      ],
    });
    expect(networkFromOnnx(bytes).nodes.map((node) => node.name)).toEqual(["x", "same", "same (2)", "same (3)"]);
  });
});

describe("models that no gated network has", () => {
  const twoInputs = modelProto(one("Add", ["x", "y"]));
  twoInputs.graph?.input.push(valueInfo("y", [1, 4]));
  const shapeless = modelProto(one("Relu", ["x"]));
  shapeless.graph?.input.splice(0, 1, valueInfo("x", undefined));
  const SIZES = "the sizes of one example, which the model leaves open";
  const OUTPUTS = { expected: "a network from one input to one output", next: "check the outputs of the model" };

  it.each([
    {
      title: "two inputs",
      model: twoInputs,
      received: 'a model of 2 inputs ("x" [1, 4], "y" [1, 4])',
      expected: "one input for the examples, and a value for each of the others",
      next: 'choose one and set the others: input: "x", set: {"y":0}',
    },
    {
      title: "two outputs",
      model: modelProto({
        nodes: [
          { op: "Relu", inputs: ["x"] },
          { op: "Relu", inputs: ["t0"] },
        ],
        outputs: ["t0", "t1"],
      }),
      received: 'a model of 2 outputs ("t0", "t1")',
      expected: "one of them to be chosen",
      next: 'choose one by its name or number: output: "t0"',
    },
    {
      title: "no shape",
      model: shapeless,
      received: 'input "x" of shape unknown',
      expected: SIZES,
      next: "give them, for example inputShape: [32]",
    },
    {
      title: "an open size",
      model: modelProto({ ...one("Relu", ["x"]), input: [1, 3, "n"] }),
      received: 'input "x" of shape [1, 3, n]',
      expected: SIZES,
      next: "give them, for example inputShape: [3, 32]",
    },
    {
      title: "whole numbers in",
      model: modelProto({ ...one("Relu", ["x"]), elementType: 7 }),
      received: 'input "x" of element type 7',
      expected: "float32, float64 or float16",
      next: "export the model with floating-point inputs",
    },
    {
      title: "an input of nothing",
      model: modelProto({ ...one("Relu", ["x"]), input: [1, 0] }),
      received: 'input "x" of shape [0]',
      expected: "at most 16 sizes, each a whole number of at least 1",
      next: "check the shapes of the model and of its input",
    },
    {
      title: "a huge input",
      model: modelProto({ ...one("Relu", ["x"]), input: [1, 2 ** 40, 2 ** 40] }),
      received: 'input "x" of shape [1099511627776, 1099511627776]',
      expected: "at most 16777216 elements an example",
      next: "use a smaller model or smaller inputs",
    },
    {
      title: "the input as output",
      model: modelProto({ ...one("Relu", ["x"]), outputs: ["x"] }),
      received: 'an output "x" that no node makes',
      ...OUTPUTS,
    },
    {
      title: "a constant output",
      model: modelProto(one("Constant", [], { value_int: 1 })),
      received: 'a constant output "t0"',
      ...OUTPUTS,
    },
  ])("$title", ({ model, received, expected, next }) => {
    expect(errorOf(() => networkFromOnnx(bytesOfModel(model)))).toEqual({
      message: `${received}: expected ${expected}`,
      hint: next,
    });
  });
});
