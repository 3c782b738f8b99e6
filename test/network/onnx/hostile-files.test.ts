import { readFileSync } from "node:fs";
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { GatewiseError } from "../../../src/errors.ts";
import { float32, zeros } from "../../../src/graph/index.ts";
import { NodeProtoSchema } from "../../../src/graph/onnx/onnx_pb.ts";
import { networkFromOnnx } from "../../../src/network/index.ts";
import { randomStream } from "../../../src/random.ts";
import { bytesOfModel, drawn, type ModelOf, modelProto, movedOut, onnxModel } from "../../graph/onnx/model.ts";
import { errorOf } from "../../support/error-of.ts";
import { sharedPath } from "../../support/shared-data.ts";
import { ints } from "./cases/case.ts";

const one = (op: string, inputs: readonly string[]): ModelOf => ({ nodes: [{ op, inputs }] });

describe("files that ask for too much", () => {
  const LESS = "use a smaller model or smaller inputs";
  it("many nodes over one large constant", () => {
    const w = zeros("float32", [1000, 1000]);
    const chain = Array.from({ length: 100 }, (_, i) => ({
      op: "MatMul",
      inputs: [i === 0 ? "x" : `t${i - 1}`, "w"],
    }));
    const { message, hint } = errorOf(() =>
      networkFromOnnx(onnxModel({ input: [1, 1000], nodes: chain, constants: { w } })),
    );
    expect(message).toMatch(
      /^node "MatMul_\d+" \(MatMul\) with 1000000 elements of constants to make: expected at most \d+ in all nodes up to this one of a file of this size$/,
    );
    expect(hint).toBe(LESS);
  });

  it("zeros without end", () => {
    const p = ints(0, 0, 0, 2 ** 27);
    expect(errorOf(() => networkFromOnnx(onnxModel({ ...one("Pad", ["x", "p"]), constants: { p } })))).toEqual({
      message: `node "Pad_0" (Pad) with ${2 ** 27 + 4} elements to move: expected at most ${2 ** 24} in all nodes up to this one`,
      hint: LESS,
    });
  });

  it("sums that double", () => {
    const nodes = Array.from({ length: 40 }, (_, i) => ({
      op: "Concat",
      inputs: [i === 0 ? "x" : `t${i - 1}`, i === 0 ? "x" : `t${i - 1}`],
      attributes: { axis: 1 },
    }));
    expect(errorOf(() => networkFromOnnx(onnxModel({ nodes }))).message).toBe(
      'node "Concat_25" (Concat) of shape [268435456]: expected at most 268435456 elements an example in all nodes up to this one',
    );
  });

  it("a long chain is read, one of more than a hundred thousand nodes refused", () => {
    const chain = Array.from({ length: 10_000 }, (_, i) => ({ op: "Relu", inputs: [i === 0 ? "x" : `t${i - 1}`] }));
    expect(networkFromOnnx(onnxModel({ nodes: chain })).nodes).toHaveLength(10_001);
    const many = modelProto(one("Relu", ["x"]));
    const [node] = many.graph?.node ?? [];
    if (node !== undefined) many.graph?.node.push(...Array.from({ length: 100_000 }, () => node));
    expect(errorOf(() => networkFromOnnx(bytesOfModel(many)))).toEqual({
      message: "more than 100000 nodes: expected at most 100000",
      hint: "simplify the model before it is exported",
    });
  });
});

describe("damaged files", () => {
  const read = (bytes: Uint8Array): void => {
    try {
      networkFromOnnx(bytes, { externalData });
    } catch (thrown) {
      if (!(thrown instanceof GatewiseError)) throw thrown;
    }
  };
  const conv = { op: "Conv", inputs: ["x", "w", "b"], outputs: ["q"], attributes: { pads: [1, 1, 1, 1] } };
  const model = modelProto({
    input: ["N", 2, 6, 5],
    nodes: [
      conv,
      { op: "BatchNormalization", inputs: ["q", "b", "b", "b", "v"], outputs: ["n"] },
      { op: "Clip", inputs: ["n", "zero", "six"], outputs: ["c"] },
      { op: "MaxPool", inputs: ["c"], outputs: ["p"], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
      { op: "Pad", inputs: ["p", "pads"], outputs: ["d"] },
      { op: "Transpose", inputs: ["d"], outputs: ["t"], attributes: { perm: [0, 2, 3, 1] } },
      { op: "Reshape", inputs: ["t", "shape"], outputs: ["f"] },
      { op: "Gemm", inputs: ["f", "g"] },
    ],
    constants: {
      w: drawn("w", 4, 2, 3, 3),
      b: drawn("b", 4),
      v: float32([4], [1, 2, 3, 4]),
      zero: float32([], [0]),
      six: float32([], [6]),
      pads: ints(0, 0, 0, 0, 0, 0, 1, 0),
      shape: ints(-1, 32),
      g: drawn("g", 32, 3),
    },
  });
  const small = bytesOfModel(model);
  const externalData = new Map([["weights", movedOut(model, "weights")]]);
  const parted = bytesOfModel(model);
  const folder = sharedPath("models");
  const files: readonly (readonly [string, Uint8Array])[] = [
    ["a small model", small],
    ["a small model with its weights in a file", parted],
    ...(folder === undefined
      ? []
      : ["acasxu-1-1.onnx", "cifar10-tf2onnx-small.onnx", "nano-sklearn.onnx"].map(
          (file) => [file, readFileSync(`${folder}/${file}`)] as const,
        )),
  ];

  it("the small model is whole, in one file or two", () => {
    expect(networkFromOnnx(small).nodes.length).toBeGreaterThan(5);
    expect(networkFromOnnx(parted, { externalData })).toEqual(networkFromOnnx(small));
  });

  it.each(files)("%s cut off anywhere", (_, bytes) => {
    for (let i = 0; i < 50; i++) read(bytes.slice(0, Math.floor((i * bytes.length) / 50)));
  });

  it.each(files)("%s with bytes changed", (name, bytes) => {
    const rounds = Math.min(1000, Math.floor(1e7 / bytes.length));
    const places = randomStream(3, "flip", name).uniform(rounds * 3, 0, 1);
    for (let round = 0; round < rounds; round++) {
      const damaged = Uint8Array.from(bytes);
      for (let k = 0; k < 1 + (round % 3); k++) {
        const drawnPlace = places[round * 3 + k] ?? 0;
        // structure lies between the weights: in large files mostly the first and last bytes
        const near = Math.min(bytes.length, 2000);
        const at = round % 2 === 0 ? drawnPlace * near : bytes.length - 1 - drawnPlace * near;
        damaged[Math.floor(at)] = Math.floor(drawnPlace * 2 ** 20) & 0xff;
      }
      read(damaged);
    }
  });

  it("a node that is its own input", () => {
    const model = modelProto({ nodes: [{ op: "Add", inputs: ["x", "t0"] }] });
    expect(errorOf(() => networkFromOnnx(bytesOfModel(model)))).toEqual({
      message: 'node "Add_0" (Add), which waits for its own result: expected a graph without cycles',
      hint: "the file is damaged: export the model again",
    });
  });

  it("an empty node", () => {
    const model = modelProto(one("Relu", ["x"]));
    model.graph?.node.push(create(NodeProtoSchema, {}));
    expect(networkFromOnnx(bytesOfModel(model)).nodes).toHaveLength(2);
  });
});
