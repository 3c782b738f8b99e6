/** Classifiers as skl2onnx writes them: labels beside probabilities. */
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { float32, int32 } from "../../../src/graph/index.ts";
import { TensorProto_DataType, TypeProtoSchema } from "../../../src/graph/onnx/onnx_pb.ts";
import { type GatedNetwork, networkFromOnnx } from "../../../src/network/index.ts";
import { bytesOfModel, drawn, type ModelOf, modelProto, type NodeOf, onnxModel } from "../../graph/onnx/model.ts";
import { errorOf } from "../../support/error-of.ts";
import { expectClose } from "../../support/expect-close.ts";
import { ints } from "./cases/case.ts";
import { examples, ortLogits, ourLogits } from "./logits.ts";

const INT64 = 7;
const ML = "ai.onnx.ml";
const BATCH = 3;
const INPUT = ["N", 4] as const;
const constants = {
  w: drawn("w", 4, 5),
  b: drawn("b", 5),
  v: drawn("v", 5, 3),
  u: drawn("u", 5, 1),
  classes: int32([3], [4, 5, 6]),
  two: int32([2], [4, 5]),
  flat: ints(-1),
  one: float32([], [1]),
};

const hidden = (from = "x"): readonly NodeOf[] => [
  { op: "Gemm", inputs: [from, "w", "b"], outputs: ["q"] },
  { op: "Relu", inputs: ["q"], outputs: ["h"] },
];
const probabilities: readonly NodeOf[] = [
  { op: "MatMul", inputs: ["h", "v"], outputs: ["logits"] },
  { op: "Softmax", inputs: ["logits"], outputs: ["soft"], attributes: { axis: 1 } },
  { op: "Identity", inputs: ["soft"], outputs: ["probabilities"] },
];
const twoClasses: readonly NodeOf[] = [
  { op: "MatMul", inputs: ["h", "u"], outputs: ["logit"] },
  { op: "Sigmoid", inputs: ["logit"], outputs: ["p"] },
  { op: "Sub", inputs: ["one", "p"], outputs: ["rest"] },
  { op: "Concat", inputs: ["rest", "p"], outputs: ["probabilities"], attributes: { axis: 1 } },
];
const labels = (classes: string): readonly NodeOf[] => [
  { op: "ArgMax", inputs: ["probabilities"], outputs: ["best"], attributes: { axis: 1 } },
  { op: "ArrayFeatureExtractor", domain: ML, inputs: [classes, "best"], outputs: ["found"] },
  { op: "Reshape", inputs: ["found", "flat"], outputs: ["named"] },
  { op: "Cast", inputs: ["named"], outputs: ["label"], attributes: { to: INT64 } },
];
const BOTH = { input: INPUT, constants, outputs: ["label", "probabilities"], outputTypes: { label: INT64 } };
const classifier: ModelOf = { ...BOTH, nodes: [...hidden(), ...probabilities, ...labels("classes")] };
const binary: ModelOf = { ...BOTH, nodes: [...hidden(), ...twoClasses, ...labels("two")] };

const kinds = ({ nodes }: GatedNetwork): readonly string[] => nodes.map(({ kind }) => kind);
const x = examples(BATCH, [4]);
const theirs = (model: ModelOf, output = "probabilities") => ortLogits(onnxModel(model), [1, 4], x, output);
const logits = (model: ModelOf) => ourLogits(networkFromOnnx(onnxModel(model)), x);
const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));
const softmaxed = (values: readonly number[]): readonly number[] => {
  const units = values.length / BATCH;
  return values.map((value, i) => {
    const own = values.slice(i - (i % units), i - (i % units) + units);
    return Math.exp(value) / own.reduce((sum, one) => sum + Math.exp(one), 0);
  });
};
const TOLERANCE = { relative: 1e-5, absolute: 2e-6 };

describe("classifiers", () => {
  it("the network is what makes the probabilities", async () => {
    expect(kinds(networkFromOnnx(onnxModel(classifier)))).toEqual(["input", "dense", "gate", "dense"]);
    expectClose(softmaxed(await logits(classifier)), await theirs(classifier), TOLERANCE);
  });

  it("of labels that are strings", () => {
    const model = modelProto({ ...classifier, outputTypes: { label: TensorProto_DataType.STRING } });
    for (const tensor of model.graph?.initializer ?? []) {
      if (tensor.name !== "classes") continue;
      tensor.dataType = TensorProto_DataType.STRING;
      tensor.rawData = new Uint8Array();
      tensor.stringData = ["a", "b", "c"].map((text) => new TextEncoder().encode(text));
    }
    expect(networkFromOnnx(bytesOfModel(model))).toEqual(networkFromOnnx(onnxModel(classifier)));
  });

  it("whose probabilities go into a map of labels", () => {
    const zipMap = {
      op: "ZipMap",
      domain: ML,
      inputs: ["probabilities"],
      outputs: ["map"],
      attributes: { classlabels_int64s: [4, 5, 6] },
    };
    const model = modelProto({ ...classifier, nodes: [...classifier.nodes, zipMap], outputs: ["label", "map"] });
    const port = model.graph?.output[1];
    const number = { value: { case: "tensorType", value: { elemType: 1 } } } as const;
    const map = { value: { case: "mapType", value: { keyType: INT64, valueType: number } } } as const;
    if (port !== undefined) {
      port.type = create(TypeProtoSchema, { value: { case: "sequenceType", value: { elemType: map } } });
    }
    expect(networkFromOnnx(bytesOfModel(model))).toEqual(networkFromOnnx(onnxModel(classifier)));
  });

  it("behind a scaler, which is normalization", async () => {
    const attributes = { offset: { floats: [0.5, -1, 2, 0] }, scale: { floats: [2, 0.25, 1, 3] } };
    const scaler = { op: "Scaler", domain: ML, inputs: ["x"], outputs: ["scaled"], attributes };
    const model = { ...BOTH, nodes: [scaler, ...hidden("scaled"), ...probabilities, ...labels("classes")] };
    expect(kinds(networkFromOnnx(onnxModel(model)))).toEqual(["input", "normalize", "dense", "gate", "dense"]);
    expectClose(softmaxed(await logits(model)), await theirs(model), TOLERANCE);
  });

  it("of two classes: the logit of the second", async () => {
    expect(kinds(networkFromOnnx(onnxModel(binary)))).toEqual(["input", "dense", "gate", "dense"]);
    const ours = (await logits(binary)).flatMap((logit) => [1 - sigmoid(logit), sigmoid(logit)]);
    expectClose(ours, await theirs(binary), TOLERANCE);
  });

  const endings: Readonly<Record<string, readonly NodeOf[]>> = {
    "nothing behind": [],
    "reshaped, cast": [
      { op: "Cast", inputs: ["p"], attributes: { to: 1 } },
      { op: "Identity", inputs: ["t4"] },
      { op: "Reshape", inputs: ["t5", "flat"] },
    ],
  };
  it.each(Object.entries(endings))("a sigmoid for each output, %s", async (_, nodes) => {
    const own: readonly NodeOf[] = [
      { op: "MatMul", inputs: ["h", "v"], outputs: ["logit"] },
      { op: "Sigmoid", inputs: ["logit"], outputs: ["p"] },
    ];
    const model: ModelOf = { input: [1, 4], constants, nodes: [...hidden(), ...own, ...nodes] };
    const last = nodes.length === 0 ? "p" : "t6";
    expectClose((await logits(model)).map(sigmoid), await theirs(model, last), TOLERANCE);
  });

  it("a long chain behind the sigmoid is followed", () => {
    const chain = Array.from({ length: 50_000 }, (_, i) => ({ op: "Identity", inputs: [i === 0 ? "p" : `t${i + 3}`] }));
    const nodes = [...hidden(), ...twoClasses.slice(0, 2), ...chain];
    expect(networkFromOnnx(onnxModel({ input: INPUT, constants, nodes })).nodes).toHaveLength(4);
  });
});

describe("classifiers that are refused", () => {
  const SIGMOID = /^node "Sigmoid_\d+" \(Sigmoid\): expected Add, /;
  const two = (change: Readonly<Record<string, Partial<NodeOf>>>): ModelOf => ({
    ...BOTH,
    nodes: [...hidden(), ...twoClasses].map((node) => ({ ...node, ...change[node.op] })),
    outputs: ["probabilities"],
  });

  it.each([
    { title: "a sigmoid with a layer behind it", model: { Sub: { op: "MatMul", inputs: ["p", "u"] } } },
    { title: "2 − p", model: { Sub: { inputs: ["two numbers", "p"] } } },
    { title: "p − 1", model: { Sub: { inputs: ["p", "one"] } } },
    { title: "p and 1 − p", model: { Concat: { inputs: ["p", "rest"] } } },
    { title: "1 − p alone", model: { Concat: { op: "Identity", inputs: ["rest"] } } },
    { title: "p as a whole number", model: { Concat: { op: "Cast", inputs: ["p"], attributes: { to: INT64 } } } },
  ])("$title", ({ model }) => {
    const bytes = onnxModel({ ...two(model), constants: { ...constants, "two numbers": float32([1], [2]) } });
    expect(errorOf(() => networkFromOnnx(bytes)).message).toMatch(SIGMOID);
  });

  it("labels alone", () => {
    const bytes = onnxModel({ ...classifier, outputs: ["label"] });
    expect(errorOf(() => networkFromOnnx(bytes)).message).toMatch(/^node "(ArgMax|ArrayFeatureExtractor)_\d+" /);
  });

  it("two outputs of numbers", () => {
    expect(errorOf(() => networkFromOnnx(onnxModel({ ...classifier, outputs: ["label", "soft", "logits"] })))).toEqual({
      message: 'a model of 3 outputs ("label", "soft", "logits"): expected one of them to be chosen',
      hint: 'choose one by its name or number: output: "soft"',
    });
  });

  it("a map of nothing", () => {
    const nodes: readonly NodeOf[] = [...hidden(), { op: "ZipMap", domain: ML, inputs: [""], outputs: ["map"] }];
    expect(errorOf(() => networkFromOnnx(onnxModel({ ...BOTH, nodes, outputs: ["map"] })))).toEqual({
      message: 'node "ZipMap_2" (ZipMap) of the operator set "ai.onnx.ml": expected ops of ONNX\'s own set',
      hint: "export the model without custom or fused ops",
    });
  });
});
