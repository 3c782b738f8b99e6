import { readFileSync } from "node:fs";
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { GatewiseError } from "../../../src/errors.ts";
import { float32, zeros } from "../../../src/graph/index.ts";
import { NodeProtoSchema } from "../../../src/graph/onnx/onnx_pb.ts";
import { networkFromOnnx } from "../../../src/network/index.ts";
import { randomStream } from "../../../src/random.ts";
import { bytesOfModel, type ModelOf, modelProto, movedOut, type NodeOf, onnxModel } from "../../graph/onnx/model.ts";
import { errorOf } from "../../support/error-of.ts";
import { sharedPath } from "../../support/shared-data.ts";
import { ints } from "./cases/case.ts";
import { CONV_POOL_MODEL } from "./conv-pool-model.ts";

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

  const window = (size: number): NonNullable<NodeOf["attributes"]> => ({
    kernel_shape: [size, size],
    pads: [size - 1, size - 1, size - 1, size - 1],
  });
  const many = (name: string): readonly string[] => Array.from({ length: 30_000 }, () => name);
  /** The nodes make a number of constants, which the input is multiplied by. */
  const folded = (made: readonly NodeOf[], constants: ModelOf["constants"] = {}): ModelOf => ({
    nodes: [
      ...made,
      { op: "ReduceSum", inputs: ["made"], outputs: ["number"], attributes: { keepdims: 0 } },
      { op: "Mul", inputs: ["x", "number"] },
    ],
    constants,
  });
  const doubled = (op: string, attributes = {}): ModelOf => ({
    nodes: Array.from({ length: 64 }, (_, i) => {
      const input = i === 0 ? "x" : `t${i - 1}`;
      return { op, inputs: [input, input], attributes };
    }),
  });

  const CASES: readonly (readonly [title: string, model: ModelOf, message: string])[] = [
    [
      "zeros without end",
      { ...one("Pad", ["x", "p"]), constants: { p: ints(0, 0, 0, 2 ** 27) } },
      'node "Pad_0" (Pad) of shape [1, 134217732]: expected at most … elements an example in all nodes up to this one',
    ],
    [
      "sums that double",
      doubled("Concat", { axis: 1 }),
      'node "Concat_19" (Concat) of shape [4194304]: expected at most … elements an example in all nodes up to this one',
    ],
    [
      "an input that is larger than any",
      { ...one("Relu", ["x"]), input: [1, 1, 4096, 4097] },
      'input "x" of shape [1, 4096, 4097]: expected at most 16777216 elements an example',
    ],
    ...(["MaxPool", "AveragePool"] as const).flatMap((op) => [
      [
        `windows of ${op} over zeros`,
        { nodes: [{ op, inputs: ["x"], attributes: window(16_000) }], input: [1, 1, 1, 1] },
        `node "${op}_0" (${op}) of shape [1, 16000, 16000]: expected at most … elements an example in all nodes up to this one`,
      ] as const,
      [
        `windows of ${op} that are longer than all maps`,
        { nodes: [{ op, inputs: ["x"], attributes: window(1024) }], input: [1, 1, 1, 1] },
        `node "${op}_0" (${op}) with 281474976710656 products for an example: expected at most 274877906944 in all nodes up to this one`,
      ] as const,
    ]),
    [
      "a convolution of zeros",
      {
        nodes: [{ op: "Conv", inputs: ["x", "w"], attributes: { pads: [8000, 8000, 8000, 8000] } }],
        input: [1, 1, 1, 1],
        constants: { w: float32([1, 1, 1, 1], [1]) },
      },
      'node "Conv_0" (Conv) of shape [1, 16001, 16001]: expected at most … elements an example in all nodes up to this one',
    ],
    [
      "a kernel as large as its maps",
      {
        nodes: [{ op: "Conv", inputs: ["x", "w"], attributes: { pads: [512, 512, 511, 511] } }],
        input: [1, 1, 1024, 1024],
        constants: { w: zeros("float32", [1, 1, 1024, 1024]) },
      },
      'node "Conv_0" (Conv) with 1099511627776 products for an example: expected at most 274877906944 in all nodes up to this one',
    ],
    [
      "a sum of one input over and over",
      { nodes: [{ op: "Sum", inputs: many("x") }], input: [1, 2 ** 20] },
      'node "Sum_0" (Sum) with 8053063680000 products for an example: expected at most 274877906944 in all nodes up to this one',
    ],
    [
      "a sum of what is broadcast over and over",
      {
        nodes: [
          { op: "Transpose", inputs: ["x"], outputs: ["y"], attributes: { perm: [0, 2, 1] } },
          { op: "Sum", inputs: ["x", ...many("y")] },
        ],
        input: [1, 1024, 1],
      },
      'node "Sum_1" (Sum) with 1048576 elements to move: expected at most 16777216 in all nodes up to this one',
    ],
    [
      "one input behind itself",
      { nodes: [{ op: "Concat", inputs: many("x"), attributes: { axis: 1 } }], input: [1, 4096] },
      'node "Concat_0" (Concat) of shape [122880000]: expected at most … elements an example in all nodes up to this one',
    ],
    ...(["Sum", "Max", "Min"] as const).map(
      (op) =>
        [
          `${op} of constants that are broadcast`,
          folded([{ op, inputs: ["wide", ...many("one")], outputs: ["made"] }], {
            wide: zeros("float32", [16_000]),
            one: float32([1], [1]),
          }),
          `node "${op}_0" (${op}) with 480000000 elements of constants to make: expected at most … in all nodes up to this one of a file of this size`,
        ] as const,
    ),
    [
      "a sum of a constant that the file only asks for",
      folded(
        [
          { op: "ConstantOfShape", inputs: ["shape"], outputs: ["wide"] },
          { op: "Sum", inputs: many("wide"), outputs: ["made"] },
        ],
        { shape: ints(2 ** 21) },
      ),
      'node "Sum_1" (Sum) with 2097152 elements of constants to make: expected at most … in all nodes up to this one of a file of this size',
    ],
    [
      "a sum of parameters without end",
      folded(
        [{ op: "Sum", inputs: Array.from({ length: 10_000 }, (_, i) => `p${i}`), outputs: ["made"] }],
        Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`p${i}`, float32([1], [i])])),
      ),
      `node "Sum_0" (Sum) with 22592 elements of constants to make: expected at most … in all nodes up to this one of a file of this size`,
    ],
    [
      "one large constant that many nodes look at",
      {
        nodes: Array.from({ length: 2000 }, (_, i) => ({
          op: "Dropout",
          inputs: [i === 0 ? "x" : `t${i - 1}`, "ratio", "large"],
        })),
        constants: { ratio: float32([], [0.5]), large: zeros("float32", [1000, 1000]) },
      },
      'node "Dropout_69" (Dropout) with 1000000 elements of constants to make: expected at most … in all nodes up to this one of a file of this size',
    ],
    [
      "one large constant that many nodes pick a number from",
      folded(
        [
          ...Array.from({ length: 2000 }, (_, i) => ({
            op: "Slice",
            inputs: ["large", "from", "to"],
            outputs: [`part${i}`],
          })),
          { op: "Sum", inputs: Array.from({ length: 2000 }, (_, i) => `part${i}`), outputs: ["made"] },
        ],
        { large: zeros("float32", [1_000_000]), from: ints(0), to: ints(1) },
      ),
      'node "Slice_70" (Slice) with 1000001 elements of constants to make: expected at most … in all nodes up to this one of a file of this size',
    ],
  ];
  it.each(CASES)("%s", (_, model, message) => {
    const { message: told, hint } = errorOf(() => networkFromOnnx(onnxModel(model)));
    // a larger file may ask for more
    const shown = told.replace(
      /at most \d+( elements an example in all| in all nodes up to this one of a file)/,
      "at most …$1",
    );
    expect({ message: shown, hint }).toEqual({ message, hint: LESS });
  });

  it("nothing, however long its other axis is", () => {
    const model = folded(
      [
        { op: "ConstantOfShape", inputs: ["shape"], outputs: ["none"] },
        { op: "Add", inputs: ["none", "one"], outputs: ["made"] },
      ],
      { shape: ints(0, 2 ** 52 + 1), one: float32([], [1]) },
    );
    expect(networkFromOnnx(onnxModel(model)).nodes).toHaveLength(2);
  });

  it("a sum that doubles costs nothing", () => {
    expect(networkFromOnnx(onnxModel(doubled("Add"))).nodes).toHaveLength(65);
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
  const model = modelProto(CONV_POOL_MODEL);
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
