import { describe, expect, it } from "vitest";
import { float32, int64 } from "../../../src/graph/index.ts";
import { inputShapeOf, networkFromOnnx, type OnnxNetworkOptions, outputCount } from "../../../src/network/index.ts";
import { bytesOfModel, drawn, modelProto, onnxModel, valueInfo } from "../../graph/onnx/model.ts";
import { errorOf } from "../../support/error-of.ts";
import { expectClose } from "../../support/expect-close.ts";
import { examples, ortRun, ourLogits } from "./logits.ts";

const CLOSE = { relative: 1e-5, absolute: 2e-6 };

/** Maps, then two heads: classes behind a softmax, and boxes. */
const heads = modelProto({
  input: ["N", 2, 6, 5],
  nodes: [
    { op: "Conv", inputs: ["x", "w", "b"], outputs: ["q"], name: "first" },
    { op: "Relu", inputs: ["q"], outputs: ["z"] },
    { op: "GlobalAveragePool", inputs: ["z"], outputs: ["g"] },
    { op: "Flatten", inputs: ["g"], outputs: ["f"] },
    { op: "Gemm", inputs: ["f", "c"], outputs: ["classes"] },
    { op: "Softmax", inputs: ["classes"], outputs: ["shares"] },
    { op: "Gemm", inputs: ["f", "d"], outputs: ["boxes"] },
  ],
  constants: { w: drawn("w", 4, 2, 3, 3), b: drawn("b", 4), c: drawn("c", 4, 3), d: drawn("d", 4, 5) },
  outputs: ["shares", "boxes"],
});
if (heads.graph !== undefined) heads.graph.output = [valueInfo("shares", ["N", 3]), valueInfo("boxes", ["N", 5])];
const HEADS = bytesOfModel(heads);
const TWO = 'a model of 2 outputs ("shares" [N, 3], "boxes" [N, 5])';

describe("models of several outputs", () => {
  it.each([
    ["boxes", "boxes"],
    [1, "boxes"],
    ["1", "boxes"],
    // logits behind a softmax
    [0, "classes"],
    // inside the model: maps are outputs one by one
    ["z", "z"],
    ["first", "q"],
  ] as const)("output %j is %s", async (output, tensor) => {
    const network = networkFromOnnx(HEADS, { output });
    const x = examples(3, inputShapeOf(network));
    const exposed = modelProto({ nodes: [] });
    Object.assign(exposed, heads);
    const graph = heads.graph && { ...heads.graph, output: [valueInfo(tensor, undefined)] };
    expectClose(
      await ourLogits(network, x),
      await ortRun(bytesOfModel({ ...heads, ...(graph && { graph }) }), { x }),
      CLOSE,
    );
  });

  it("one is to be chosen", () => {
    expect(errorOf(() => networkFromOnnx(HEADS))).toEqual({
      message: `${TWO}: expected one of them to be chosen`,
      hint: 'choose one by its name or number: output: "shares"',
    });
  });

  it.each([
    ["nothing", '"nothing"'],
    [2, "2"],
    [-1, "-1"],
    ["", '""'],
  ] as const)("output %j is not there", (output, shown) => {
    expect(errorOf(() => networkFromOnnx(HEADS, { output }))).toEqual({
      message: `output ${shown} of ${TWO}: expected one of them, its number from 0 to 1, or the name of a tensor or node inside the model`,
      hint: 'choose another, for example "shares"',
    });
  });

  it("one that is listed twice is one", () => {
    const model = modelProto({ nodes: [{ op: "Relu", inputs: ["x"] }], outputs: ["t0", "t0"] });
    expect(networkFromOnnx(bytesOfModel(model)).nodes).toHaveLength(2);
  });

  it("names of outputs go before numbers", () => {
    const bytes = onnxModel({
      nodes: [
        { op: "MatMul", inputs: ["x", "w"], outputs: ["1"] },
        { op: "Relu", inputs: ["x"], outputs: ["0"] },
      ],
      constants: { w: drawn("w", 4, 3) },
      outputs: ["1", "0"],
    });
    expect(outputCount(networkFromOnnx(bytes, { output: "1" }))).toBe(3);
    expect(outputCount(networkFromOnnx(bytes, { output: 1 }))).toBe(4);
  });

  it("a model without outputs", () => {
    const model = modelProto({ nodes: [{ op: "Relu", inputs: ["x"] }], outputs: [] });
    expect(errorOf(() => networkFromOnnx(bytesOfModel(model)))).toEqual({
      message: "a model without outputs: expected a network from one input to one output",
      hint: "export the model again with its outputs, or choose a tensor inside it",
    });
    expect(networkFromOnnx(bytesOfModel(model), { output: "t0" }).nodes).toHaveLength(2);
  });
});

/** Features times a mask, plus a state that whole numbers pick from a table. */
const masked = modelProto({
  input: ["N", 4],
  nodes: [
    { op: "Mul", inputs: ["x", "mask"], outputs: ["m"] },
    { op: "Cast", inputs: ["step"], outputs: ["s"], attributes: { to: 1 } },
    { op: "MatMul", inputs: ["m", "w"], outputs: ["q"] },
    { op: "Add", inputs: ["q", "s"], outputs: ["p"] },
    { op: "Relu", inputs: ["p"], outputs: ["y"] },
  ],
  constants: { w: drawn("w", 4, 3) },
});
masked.graph?.input.push(valueInfo("mask", ["N", 4]), valueInfo("step", [3], 7), valueInfo("unused", ["k"]));
const MASKED = bytesOfModel(masked);
const FOUR = 'a model of 4 inputs ("x" [N, 4], "mask" [N, 4], "step" [3], "unused" [k])';

describe("models of several inputs", () => {
  const mask = float32([4], [1, 0, 0.5, 1]);
  const step = int64([3], [1, -1, 0]);
  it.each([
    ["arrays", { mask, step }, mask, step],
    ["an array with its batch", { mask: float32([1, 4], mask.data), step }, mask, step],
    ["numbers", { mask: 2, step: 1 }, float32([4], [2, 2, 2, 2]), int64([3], [1, 1, 1])],
  ] as const)("%s stand for the others", async (_, set, maskRow, stepFed) => {
    const network = networkFromOnnx(MASKED, { set });
    const x = examples(3, [4]);
    const rows = float32([3, 4], [...maskRow.data, ...maskRow.data, ...maskRow.data]);
    const feeds = { x, mask: rows, step: stepFed, unused: float32([1], [0]) };
    expectClose(await ourLogits(network, x), await ortRun(MASKED, feeds), CLOSE);
  });

  it("the network's may be any of them", async () => {
    const network = networkFromOnnx(MASKED, { input: "mask", set: { x: 3, step: 0 } });
    expect(network.nodes[0]?.name).toBe("mask");
    const given = examples(2, [4]);
    const feeds = {
      mask: given,
      x: float32([2, 4], Array(8).fill(3)),
      step: int64([3], [0, 0, 0]),
      unused: float32([1], [0]),
    };
    expectClose(await ourLogits(network, given), await ortRun(MASKED, feeds), CLOSE);
  });

  it("those that no node of the output reads do not matter", () => {
    expect(networkFromOnnx(MASKED, { output: "q", set: { mask: 1 } }).nodes.at(-1)?.name).toBe("MatMul_2");
  });

  const REFUSED: readonly (readonly [string, OnnxNetworkOptions, string, string])[] = [
    [
      "none",
      {},
      `${FOUR}: expected one input for the examples, and a value for each of the others`,
      'choose one and set the others: input: "x", set: {"mask":0,"step":0}',
    ],
    [
      "one that is set",
      { input: "mask", set: { mask: 1 } },
      'input "mask" both chosen and set: expected the network\'s input to come from the examples',
      "leave one of the two out",
    ],
    [
      "a name that is not there",
      { input: "z" },
      `input "z" of ${FOUR}: expected the name of one of them`,
      "check the name",
    ],
    [
      "a setting that is not there",
      { set: { z: 1 } },
      `input "z" of ${FOUR}: expected the name of one of them`,
      "check the name",
    ],
    [
      "all set",
      { set: { x: 1, mask: 1, step: 1 } },
      `${FOUR}, all that are read set: expected one input that the examples come through`,
      "set all inputs but one",
    ],
    [
      "an array of another shape",
      { set: { mask: float32([5], [1, 2, 3, 4, 5]), step } },
      'input "mask" set to an array of shape [5]: expected one of shape [N, 4], the same for every example',
      "give another value for this input",
    ],
    [
      "an array for several examples",
      { set: { mask: float32([2, 4], Array(8).fill(1)), step } },
      'input "mask" set to an array of shape [2, 4]: expected one of shape [N, 4], the same for every example',
      "give another value for this input",
    ],
    [
      "a half for whole numbers",
      { set: { mask, step: 0.5 } },
      'input "step" set to numbers that are not whole: expected numbers of int64',
      "give another value for this input",
    ],
    [
      "a number for open sizes",
      { input: "x", set: { mask, step, unused: 1 } },
      'input "unused" set to a number: expected an array, for sizes that the model leaves open',
      "give another value for this input",
    ],
  ];
  it.each(REFUSED)("%s", (_, options, message, hint) => {
    // a symbolic first axis is the batch: an open size is one behind it
    const model = bytesOfModel(masked);
    const bytes = "unused" in (options.set ?? {}) ? openBehind() : model;
    expect(errorOf(() => networkFromOnnx(bytes, options))).toEqual({ message, hint });
  });

  function openBehind(): Uint8Array {
    const inputs = masked.graph?.input.map((port) => (port.name === "unused" ? valueInfo("unused", [1, "k"]) : port));
    return bytesOfModel({ ...masked, ...(masked.graph && inputs && { graph: { ...masked.graph, input: inputs } }) });
  }
});

describe("sizes that only the input knows", () => {
  const convolved = onnxModel({
    input: ["N", 2, "height", "width"],
    nodes: [
      { op: "Conv", inputs: ["x", "w"] },
      { op: "Relu", inputs: ["t0"] },
      { op: "GlobalAveragePool", inputs: ["t1"] },
      { op: "Flatten", inputs: ["t2"] },
    ],
    constants: { w: drawn("w", 4, 2, 3, 3) },
  });

  it.each([{ inputShape: [2, 7, 5] }, { sizesFrom: [2, 7, 5] }])("%j", async (options) => {
    const network = networkFromOnnx(convolved, options);
    const x = examples(3, [2, 7, 5]);
    expectClose(await ourLogits(network, x), await ortRun(convolved, { x }), CLOSE);
  });

  it("are to be told", () => {
    expect(errorOf(() => networkFromOnnx(convolved, { sizesFrom: [3, 7, 5] }))).toEqual({
      message:
        'input "x" of shape [N, 2, height, width]: expected the sizes of one example, which the model leaves open',
      hint: "give them, for example inputShape: [2, 32, 32]",
    });
  });

  it.each([[[3, 7, 5]], [[7, 5]], [[2, 7, 0.5]], [[1, 1, 2, 7, 5]]])("%j does not fit", (inputShape) => {
    expect(errorOf(() => networkFromOnnx(convolved, { inputShape }))).toEqual({
      message: `an input shape [${inputShape.join(", ")}] for input "x" of shape [N, 2, height, width]: expected the sizes of one example, without the batch, as the model has them where they are written`,
      hint: "give the sizes of all axes but the first",
    });
  });

  it("axes of one name have one size", () => {
    const bytes = onnxModel({ input: ["N", "s", "s"], nodes: [{ op: "Flatten", inputs: ["x"] }] });
    expect(inputShapeOf(networkFromOnnx(bytes, { inputShape: [3, 3] }))).toEqual([3, 3]);
    expect(errorOf(() => networkFromOnnx(bytes, { inputShape: [3, 4] })).message).toContain("[3, 4]");
  });

  it("a batch of −1 is any", async () => {
    const bytes = onnxModel({
      input: [-1, 4],
      nodes: [
        { op: "Gemm", inputs: ["x", "w"] },
        { op: "Relu", inputs: ["t0"] },
      ],
      constants: { w: drawn("w", 4, 3) },
    });
    const network = networkFromOnnx(bytes);
    const x = examples(3, [4]);
    expectClose(await ourLogits(network, x), await ortRun(bytes, { x }), CLOSE);
  });

  it("other negative sizes are damage", () => {
    expect(
      errorOf(() => networkFromOnnx(onnxModel({ input: [-2, 4], nodes: [{ op: "Relu", inputs: ["x"] }] }))),
    ).toEqual({
      message: '"x", an input or output, of shape [-2]: expected at most 16 sizes of at least 0',
      hint: "the file is damaged: export the model again",
    });
  });
});

describe("bytes", () => {
  const bytes = onnxModel({ nodes: [{ op: "Relu", inputs: ["x"] }] });
  const larger = new Uint8Array(bytes.length + 7);
  larger.set(bytes, 5);
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  it.each([
    ["an ArrayBuffer", bytes.slice().buffer],
    ["a view with an offset", larger.subarray(5, 5 + bytes.length)],
    ["a DataView", new DataView(larger.buffer, 5, bytes.length)],
    ["a Buffer", Buffer.from(larger.buffer, 5, bytes.length)],
    ["memory that threads share", new Uint8Array(shared)],
  ])("as %s", (_, given) => {
    expect(networkFromOnnx(given)).toEqual(networkFromOnnx(bytes));
  });

  it.each([
    ["a path", "model.onnx", "a string"],
    ["a promise", Promise.resolve(bytes), "a promise"],
    ["nothing", undefined, "undefined"],
    ["numbers", [1, 2], "an array of numbers"],
    ["an object", { model: 1 }, "a value of type object"],
  ])("not as %s", (_, given, shown) => {
    // @ts-expect-error callers without types
    expect(errorOf(() => networkFromOnnx(given))).toEqual({
      message: `${shown} instead of an ONNX model: expected its bytes: an ArrayBuffer, a Uint8Array or another view`,
      hint: "read the file first: await readFile(path), or await response.arrayBuffer()",
    });
  });
});
