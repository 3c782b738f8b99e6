import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  DTYPES,
  type DType,
  float32,
  graph,
  input,
  int64,
  readModel,
  relu,
  writeModel,
  zeros,
} from "../../../src/graph/index.ts";
import {
  type ModelProto,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
} from "../../../src/graph/onnx/onnx_pb.ts";
import { errorOf } from "../../support/error-of.ts";
import { bytesOfModel, modelProto, onnxModel, tensorProto } from "./model.ts";

const DAMAGED = "the file is damaged: export the model again";
const RELU = { op: "Relu", inputs: ["x"] } as const;

/** A model with one more initializer. */
function withTensor(tensor: MessageInitShape<typeof TensorProtoSchema>): Uint8Array {
  const model = modelProto({ nodes: [RELU] });
  model.graph?.initializer.push(create(TensorProtoSchema, { name: "w", ...tensor }));
  return bytesOfModel(model);
}
const initializer = (tensor: MessageInitShape<typeof TensorProtoSchema>) =>
  readModel(withTensor(tensor)).initializers.get("w");

function changed(change: (model: ModelProto) => void): Uint8Array {
  const model = modelProto({ nodes: [RELU, { op: "Relu", inputs: ["t0"] }], constants: { c: float32([1], [2]) } });
  change(model);
  return bytesOfModel(model);
}

describe("ONNX models as plain data", () => {
  it("reads what is written here", () => {
    const x = input("x", "float32", ["batch", 3]);
    const { bytes } = writeModel(graph({ y: relu(x) }));
    const model = readModel(bytes);
    expect(model.opset).toBe(21);
    expect(model.nodes.map(({ opType }) => opType)).toEqual(["Relu", "Identity"]);
    expect(model.inputs).toEqual([{ name: "x", elementType: 1, shape: ["batch", 3] }]);
    expect(model.outputs).toEqual([{ name: "y", elementType: 1, shape: ["batch", 3] }]);
  });

  it("nodes: names, labels, inputs, attributes of every kind", () => {
    const attributes = {
      i: -3,
      is: [1, 2],
      f: { float: 0.5 },
      fs: { floats: [0.25, 4] },
      s: "SAME",
      t: { tensor: int64([2], [5, -6]) },
    };
    const model = modelProto({
      nodes: [
        { op: "Any", inputs: ["x", "", "x"], attributes },
        { op: "Two", inputs: ["t0"], name: "" },
      ],
    });
    const [first, second] = readModel(bytesOfModel(model)).nodes;
    expect(first).toEqual({
      name: "Any_0",
      label: 'node "Any_0" (Any)',
      opType: "Any",
      operatorSet: "",
      inputs: ["x", "", "x"],
      outputs: ["t0"],
      attributes: new Map<string, unknown>([
        ["i", { kind: "int", value: -3 }],
        ["is", { kind: "ints", value: [1, 2] }],
        ["f", { kind: "float", value: 0.5 }],
        ["fs", { kind: "floats", value: [0.25, 4] }],
        ["s", { kind: "string", value: "SAME" }],
        ["t", { kind: "tensor", value: int64([2], [5, -6]) }],
      ]),
    });
    expect(second).toMatchObject({ name: "node 2", label: "node 2 (Two)" });
  });

  it("ops of another set keep its name", () => {
    const sets = ["ai.onnx", "ai.onnx.ml"];
    const nodes = sets.map((domain) => ({ op: "Any", inputs: ["x"], name: "n", domain }));
    expect(readModel(onnxModel({ nodes })).nodes).toMatchObject([
      { label: 'node "n" (Any)', opType: "Any", operatorSet: "" },
      { label: 'node "n" (Any)', opType: "ai.onnx.ml.Any", operatorSet: "ai.onnx.ml" },
    ]);
  });

  it("tensors of strings and the like are left unread, in another file too", () => {
    const int8 = { dims: [1n], dataType: TensorProto_DataType.INT8, dataLocation: TensorProto_DataLocation.EXTERNAL };
    const model = readModel(withTensor(int8));
    expect(model.initializers.has("w")).toBe(false);
    expect(model.inputs.map(({ name }) => name)).toEqual(["x"]);
    expect(model.unread.get("w")?.message).toBe(
      'initializer "w" of element type INT8: expected float32, float64, int64, int32, uint8, bool or float16',
    );
    const nodes = [{ op: "Constant", inputs: [], attributes: { value: { tensor: float32([1], [2]) } } }];
    const strings = modelProto({ nodes });
    const tensor = strings.graph?.node[0]?.attribute[0]?.t;
    if (tensor !== undefined) tensor.dataType = TensorProto_DataType.STRING;
    expect(readModel(bytesOfModel(strings)).nodes[0]?.attributes.get("value")).toEqual({
      kind: "unread",
      what: "TENSOR of STRING",
    });
  });

  it("puts nodes into order, and tells initializers from inputs", () => {
    const nodes = ["t2", "x", "t1"].map((from) => ({ op: "Relu", inputs: [from] }));
    const model = modelProto({ nodes, outputs: ["t0"], constants: { c: float32([1], [2]) } });
    model.graph?.input.push({ ...model.graph.input[0]!, name: "c" });
    const read = readModel(bytesOfModel(model));
    expect(read.nodes.map(({ name }) => name)).toEqual(["Relu_1", "Relu_2", "Relu_0"]);
    expect(read.inputs.map(({ name }) => name)).toEqual(["x"]);
  });

  const LISTS = {
    float32: { floatData: [0.5, -1, 2] },
    float64: { doubleData: [0.1, -1, 2] },
    int64: { int64Data: [1n, -2n, 2n ** 60n] },
    int32: { int32Data: [1, -2, 3] },
    uint8: { int32Data: [0, 7, 255] },
    bool: { int32Data: [0, 1, 1] },
  } as const satisfies Record<DType, unknown>;
  const NUMBERS = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float64: 11 } as const satisfies Record<
    DType,
    number
  >;

  it.each(DTYPES)("%s tensors from lists and from bytes", (dtype) => {
    const lists = LISTS[dtype];
    const listed = initializer({
      dims: [3n, 1n],
      dataType: NUMBERS[dtype],
      ...Object.fromEntries(Object.entries(lists).map(([key, value]) => [key, [...value]])),
    });
    expect(listed).toMatchObject({ dtype, shape: [3, 1] });
    expect([...(listed?.data ?? [])]).toEqual(
      Object.values(lists).flatMap((list) =>
        [...list].map((value) => (dtype === "float32" ? Math.fround(Number(value)) : value)),
      ),
    );
    if (listed === undefined) return;
    const raw = initializer({ dims: [3n, 1n], dataType: NUMBERS[dtype], rawData: tensorProto("w", listed).rawData });
    expect(raw).toEqual(listed);
  });

  it("float16 becomes float32, subnormals and infinities too", () => {
    // 1, −2, 65504, 2⁻²⁴, −∞, 0.333
    const bits = [0x3c00, 0xc000, 0x7bff, 0x0001, 0xfc00, 0x3555];
    const wanted = float32([6], [1, -2, 65504, 2 ** -24, Number.NEGATIVE_INFINITY, 0.333251953125]);
    const half = { dims: [6n], dataType: TensorProto_DataType.FLOAT16 };
    expect(initializer({ ...half, int32Data: bits })).toEqual(wanted);
    expect(initializer({ ...half, rawData: new Uint8Array(Uint16Array.from(bits).buffer) })).toEqual(wanted);
  });

  it("empty tensors and scalars", () => {
    expect(initializer({ dims: [0n, 3n], dataType: 1 })).toEqual(zeros("float32", [0, 3]));
    expect(initializer({ dims: [], dataType: 1, floatData: [2] })).toEqual(float32([], [2]));
  });
});

describe("tensors that are refused", () => {
  it.each([
    [
      { dims: [3n], dataType: 1, rawData: new Uint8Array(11) },
      'initializer "w" with 2.75 elements of float32: expected 3 for its shape [3]',
    ],
    [
      { dims: [3n], dataType: 10, rawData: new Uint8Array(12) },
      'initializer "w" with 6 elements of float16: expected 3 for its shape [3]',
    ],
    [
      { dims: [1n << 40n, 1n << 40n], dataType: 1, floatData: [1] },
      'initializer "w" with 1 elements of float32: expected 1.2089258196146292e+24 for its shape [1099511627776, 1099511627776]',
    ],
    [
      { dims: [-1n, -1n], dataType: 1, floatData: [1] },
      'initializer "w" of shape [-1, -1]: expected at most 16 sizes of at least 0',
    ],
    [
      { dims: [1n << 62n], dataType: 1, floatData: [1] },
      'initializer "w" of shape [4611686018427387904]: expected at most 16 sizes of at least 0',
    ],
    [
      { dims: Array(17).fill(1n), dataType: 1, floatData: [1] },
      `initializer "w" of shape [${Array(16).fill(1).join(", ")}, …]: expected at most 16 sizes of at least 0`,
    ],
    [{ dims: [], dataType: 1 }, 'initializer "w" with 0 elements of float32: expected 1 for its shape []'],
  ])("%#", (tensor, message) => {
    expect(errorOf(() => readModel(withTensor(tensor)))).toEqual({ message, hint: DAMAGED });
  });
});

describe("models that are refused", () => {
  const OPSET_HINT = "export the model with opset_version=18";
  it.each([
    {
      title: "another format",
      bytes: new TextEncoder().encode("no model at all"),
      message: "15 bytes that do not parse: expected an ONNX model",
      hint: "the file is truncated, damaged or of another format: export the model again",
    },
    {
      title: "nothing",
      bytes: new Uint8Array(),
      message: "0 bytes without a node: expected an ONNX model",
      hint: "check that the file is whole and holds a network",
    },
    {
      title: "opset −1",
      bytes: changed((model) => {
        for (const set of model.opsetImport) set.version = -1n;
      }),
      message: "operator set -1: expected 1 to 26",
      hint: OPSET_HINT,
    },
    {
      title: "opset 27",
      bytes: onnxModel({ opset: 27, nodes: [RELU] }),
      message: "operator set 27: expected 1 to 26",
      hint: OPSET_HINT,
    },
    {
      title: "no opset",
      bytes: changed((model) => model.opsetImport.splice(0)),
      message: "a model without ONNX's operator set: expected 1 to 26",
      hint: OPSET_HINT,
    },
    {
      title: "an initializer twice",
      bytes: changed(({ graph: g }) => g?.initializer.push(...g.initializer)),
      message: 'initializer "c" a second time: expected every tensor once',
      hint: DAMAGED,
    },
    {
      title: "a tensor twice",
      bytes: changed(({ graph: g }) => g?.node[1]?.output.splice(0, 1, "t0")),
      message: 'tensor "t0" a second time: expected every tensor once',
      hint: DAMAGED,
    },
    {
      title: "an input twice",
      bytes: changed(({ graph: g }) => g?.input.push(...g.input)),
      message: 'tensor "x" a second time: expected every tensor once',
      hint: DAMAGED,
    },
    {
      title: "a missing initializer",
      bytes: changed(({ graph: g }) => g?.node[1]?.input.push("w")),
      message: 'node "Relu_1" (Relu) that reads "w", which nothing makes: expected a model that holds all its tensors',
      hint: DAMAGED,
    },
    {
      title: "a missing output",
      bytes: onnxModel({ nodes: [RELU], outputs: ["y"] }),
      message: 'an output that reads "y", which nothing makes: expected a model that holds all its tensors',
      hint: DAMAGED,
    },
    {
      title: "a cycle",
      bytes: changed(({ graph: g }) => g?.node[0]?.input.splice(0, 1, "t1")),
      message: 'node "Relu_0" (Relu), which waits for its own result: expected a graph without cycles',
      hint: DAMAGED,
    },
  ])("$title", ({ bytes, message, hint }) => {
    expect(errorOf(() => readModel(bytes))).toEqual({ message, hint });
  });

  it("negative sizes of the input", () => {
    expect(errorOf(() => readModel(onnxModel({ input: [1, -4], nodes: [RELU] })))).toEqual({
      message: '"x", an input or output, of shape [-4]: expected at most 16 sizes of at least 0',
      hint: DAMAGED,
    });
  });
});
