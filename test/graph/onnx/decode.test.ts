import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { readModel } from "../../../src/graph/index.ts";
import { type ModelProto, TensorProtoSchema } from "../../../src/graph/onnx/onnx_pb.ts";
import { errorOf } from "../../support/error-of.ts";
import { bytesOfModel, modelProto } from "./model.ts";

const varint = (value: number): number[] => (value < 128 ? [value] : [(value % 128) + 128, ...varint(value >> 7)]);
/** A field of some bytes, around those of another. */
const field = (number: number, content: Uint8Array): Uint8Array => {
  const head = [...varint(number * 8 + 2), ...varint(content.length)];
  const bytes = new Uint8Array(head.length + content.length);
  bytes.set(head);
  bytes.set(content, head.length);
  return bytes;
};
const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => {
    bytes.set(part, at);
    return at + part.length;
  }, 0);
  return bytes;
};
const repeated = (unit: readonly number[], times: number): Uint8Array => {
  const bytes = new Uint8Array(unit.length * times);
  for (let i = 0; i < times; i++) bytes.set(unit, i * unit.length);
  return bytes;
};
const inGraph = (content: Uint8Array): Uint8Array => field(7, content);
const DAMAGED = {
  message: expect.stringMatching(/^\d+ bytes that do not parse: expected an ONNX model$/),
  hint: "the file is truncated, damaged or of another format: export the model again",
};

describe("what decoding takes is counted before it is done", () => {
  const HEAVY = {
    message:
      "a model whose names, numbers and nodes take more than 536870912 bytes to read: expected at most as much beside its weights, and weights as raw data",
    hint: "the file is damaged, or save its weights in a file beside it: onnx.save(model, path, save_as_external_data=True)",
  };
  const tensor = (content: Uint8Array): Uint8Array => inGraph(field(5, content));
  const node = (content: Uint8Array): Uint8Array => inGraph(field(1, content));
  it.each([
    { title: "initializers", bytes: inGraph(repeated([0x2a, 0], 1e6)) },
    { title: "inputs", bytes: inGraph(repeated([0x5a, 0], 1e7)) },
    { title: "sizes of a shape", bytes: tensor(field(1, repeated([1], 2e7))) },
    { title: "sizes of a shape, one by one", bytes: tensor(repeated([8, 1], 2e7)) },
    { title: "whole numbers", bytes: tensor(field(5, repeated([1], 4e7))) },
    { title: "texts", bytes: tensor(repeated([0x32, 0], 1e7)) },
    { title: "names", bytes: node(repeated([0x0a, 0], 1e7)) },
    { title: "attributes", bytes: node(repeated([0x2a, 0], 1e7)) },
    { title: "numbers of an attribute", bytes: node(field(5, field(8, repeated([1], 2e7)))) },
    { title: "tensors of an attribute", bytes: node(field(5, repeated([0x52, 0], 1e6))) },
    { title: "metadata", bytes: repeated([0x72, 0], 1e7) },
    { title: "functions", bytes: repeated([0xca, 1, 0], 1e7) },
    { title: "fields that nobody knows", bytes: repeated([0xf8, 0x3f, 1], 1e7) },
  ])("$title", ({ bytes }) => {
    expect(errorOf(() => readModel(bytes))).toEqual(HEAVY);
  });

  it("nodes", () => {
    expect(errorOf(() => readModel(inGraph(repeated([0x0a, 0], 2e7))))).toEqual({
      message: "more than 100000 nodes: expected at most 100000",
      hint: "simplify the model before it is exported",
    });
  });

  it("graphs in graphs", () => {
    let graph: Uint8Array = new Uint8Array();
    for (let depth = 0; depth < 3000; depth++) graph = field(1, field(5, field(6, graph)));
    expect(errorOf(() => readModel(inGraph(graph)))).toEqual(DAMAGED);
  });

  it.each([
    { title: "a length beyond the file", bytes: [0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f] },
    { title: "a number that does not end", bytes: [0x08, ...new Array<number>(12).fill(0xff)] },
    { title: "a field 0", bytes: [0x02, 0] },
    { title: "a group", bytes: [0x0b, 0x0c] },
    { title: "a graph that is a number", bytes: [0x38, 1] },
    { title: "a version that is a text", bytes: [0x0a, 1, 65] },
    { title: "a message that ends behind the one around it", bytes: [0x3a, 2, 0x0a, 4, 1, 1, 1, 1] },
  ])("$title", ({ bytes }) => {
    expect(errorOf(() => readModel(Uint8Array.from(bytes)))).toEqual(DAMAGED);
  });
});

describe("lists of numbers are read where they lie", () => {
  const NUMBERS = [1.5, -2, 0, 3.25, 1e-3, 6];
  /** The tensor in a model, and what is read of it. */
  const read = (
    init: MessageInitShape<typeof TensorProtoSchema>,
    change = (model: ModelProto): Uint8Array => bytesOfModel(model),
  ) => {
    const model = modelProto({ nodes: [{ op: "Relu", inputs: ["x"] }] });
    model.graph?.initializer.push(create(TensorProtoSchema, { name: "w", dims: [2n, 3n], dataType: 1, ...init }));
    const bytes = change(model);
    const before = Uint8Array.from(bytes);
    const array = readModel(bytes).initializers.get("w");
    // the caller's bytes are as they were
    expect(bytes).toEqual(before);
    return [...(array?.data ?? [])].map(Number);
  };
  const float32 = NUMBERS.map(Math.fround);

  it.each([
    { title: "floats", init: { floatData: NUMBERS }, wanted: float32 },
    { title: "doubles", init: { dataType: 11, doubleData: NUMBERS }, wanted: NUMBERS },
    { title: "raw floats", init: { rawData: new Uint8Array(Float32Array.from(NUMBERS).buffer) }, wanted: float32 },
    { title: "whole numbers", init: { dataType: 6, int32Data: [1, -2, 3, 4, 5, 6] }, wanted: [1, -2, 3, 4, 5, 6] },
    { title: "bits", init: { dataType: 9, int32Data: [1, 0, 7, 0, 0, 1] }, wanted: [1, 0, 1, 0, 0, 1] },
  ])("$title", ({ init, wanted }) => {
    expect(read(init)).toEqual(wanted);
  });

  it("floats one by one, and in parts", () => {
    const bytesOf = (numbers: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(numbers).buffer);
    const single = (value: number): Uint8Array => Uint8Array.from([0x25, ...bytesOf([value])]);
    const parts =
      (...lists: readonly Uint8Array[]) =>
      (): Uint8Array => {
        const head = [10, 4, 8, 2, 8, 3, 16, 1, 66, 1, 119].slice(2);
        const content = Uint8Array.from([...head, ...lists.flatMap((list) => [...list])]);
        const relu = bytesOfModel(modelProto({ nodes: [{ op: "Relu", inputs: ["x"] }] }));
        return joined([relu, inGraph(field(5, content))]);
      };
    expect(read({}, parts(...NUMBERS.map(single)))).toEqual(float32);
    expect(read({}, parts(field(4, bytesOf(NUMBERS.slice(0, 2))), field(4, bytesOf(NUMBERS.slice(2)))))).toEqual(
      float32,
    );
    expect(read({}, parts(field(4, bytesOf(NUMBERS.slice(0, 5))), single(6)))).toEqual(float32);
  });

  it("not where they belong to another element type", () => {
    expect(errorOf(() => read({ dataType: 7, floatData: [1, 2, 3, 4, 5, 6] })).message).toBe(
      'initializer "w" with 0 elements of int64: expected 6 for its shape [2, 3]',
    );
  });

  it("as many as a file of 80 MB holds, which as a list would be too many", () => {
    const count = 20_000_000;
    const listed = field(4, new Uint8Array(4 * count));
    const head = Uint8Array.from([...varint(8), ...varint(count), 16, 1, 66, 1, 119]);
    const relu = bytesOfModel(modelProto({ nodes: [{ op: "Relu", inputs: ["x"] }] }));
    const model = joined([relu, inGraph(field(5, joined([head, listed])))]);
    expect(readModel(model).initializers.get("w")?.shape).toEqual([count]);
  });
});
