/** Tiny ONNX models, node by node. */
import { create, toBinary } from "@bufbuild/protobuf";
import { bytesOf, type DenseArray, float32, sizeOf } from "../../../src/graph/index.ts";
import { ELEMENT_TYPE } from "../../../src/graph/onnx/element-types.ts";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from "../../../src/graph/onnx/onnx_pb.ts";
import { randomStream } from "../../../src/random.ts";

/** Whole numbers are `ints` and `int`; floats are told apart by `{ float }`. */
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly tensor: DenseArray };
/** `[opType, inputs, outputs, attributes]`; named `opType_index` unless `name` says otherwise. */
export interface NodeOf {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs?: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly name?: string;
  readonly domain?: string;
}
export interface ModelOf {
  readonly opset?: number;
  readonly input?: readonly (number | string)[];
  /** Nodes that say no outputs give `t0`, `t1`, …; the last one gives the output. */
  readonly nodes: readonly NodeOf[];
  readonly constants?: Readonly<Record<string, DenseArray>>;
  readonly outputs?: readonly string[];
  readonly elementType?: number;
  /** Element types of outputs that differ. */
  readonly outputTypes?: Readonly<Record<string, number>>;
}

export const tensorProto = (name: string, array: DenseArray) =>
  create(TensorProtoSchema, {
    name,
    dims: array.shape.map(BigInt),
    dataType: ELEMENT_TYPE[array.dtype],
    rawData: bytesOf(array),
  });

function attributeProto(name: string, value: AttributeValue) {
  const types = AttributeProto_AttributeType;
  if (typeof value === "number") return create(AttributeProtoSchema, { name, type: types.INT, i: BigInt(value) });
  if (typeof value === "string")
    return create(AttributeProtoSchema, { name, type: types.STRING, s: new TextEncoder().encode(value) });
  if ("float" in value) return create(AttributeProtoSchema, { name, type: types.FLOAT, f: value.float });
  if ("floats" in value) return create(AttributeProtoSchema, { name, type: types.FLOATS, floats: [...value.floats] });
  if ("tensor" in value)
    return create(AttributeProtoSchema, { name, type: types.TENSOR, t: tensorProto("", value.tensor) });
  return create(AttributeProtoSchema, { name, type: types.INTS, ints: value.map(BigInt) });
}

export const valueInfo = (name: string, shape: readonly (number | string)[] | undefined, elemType = 1) =>
  create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, {
      value: {
        case: "tensorType",
        value: {
          elemType,
          ...(shape && {
            shape: {
              dim: shape.map((size) => ({
                value:
                  typeof size === "string"
                    ? { case: "dimParam" as const, value: size }
                    : { case: "dimValue" as const, value: BigInt(size) },
              })),
            },
          }),
        },
      },
    }),
  });

/** The model as protobuf message, to be damaged by tests. */
export function modelProto({
  opset = 18,
  input: shape = [1, 4],
  nodes,
  constants = {},
  outputs,
  elementType = 1,
  outputTypes = {},
}: ModelOf): ModelProto {
  const last = `t${nodes.length - 1}`;
  return create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [
      { domain: "", version: BigInt(opset) },
      ...[...new Set(nodes.flatMap(({ domain }) => domain ?? []))].map((domain) => ({ domain, version: 1n })),
    ],
    graph: create(GraphProtoSchema, {
      name: "tiny",
      node: nodes.map(({ op, inputs, outputs: made = [], attributes = {}, name, domain = "" }, i) =>
        create(NodeProtoSchema, {
          name: name ?? `${op}_${i}`,
          opType: op,
          domain,
          input: [...inputs],
          output: made.length > 0 ? [...made] : [`t${i}`],
          attribute: Object.entries(attributes).map(([key, value]) => attributeProto(key, value)),
        }),
      ),
      initializer: Object.entries(constants).map(([name, array]) => tensorProto(name, array)),
      input: [valueInfo("x", shape, elementType)],
      output: (outputs ?? [nodes.at(-1)?.outputs?.[0] ?? last]).map((name) =>
        valueInfo(name, undefined, outputTypes[name] ?? elementType),
      ),
    }),
  });
}

/** The entries that say where the bytes of an external tensor lie. */
export const placeEntries = (place: Readonly<Record<string, string>>) =>
  Object.entries(place).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }));

/** Moves the bytes of all tensors of a model into a file beside it, as PyTorch does, and gives that file. */
export function movedOut({ graph }: ModelProto, location: string): Uint8Array {
  const tensors = [
    ...(graph?.initializer ?? []),
    ...(graph?.node ?? []).flatMap(({ attribute }) => attribute.flatMap(({ t }) => t ?? [])),
  ];
  const file: number[] = [];
  for (const tensor of tensors) {
    tensor.externalData = placeEntries({ location, offset: `${file.length}`, length: `${tensor.rawData.length}` });
    tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
    file.push(...tensor.rawData);
    tensor.rawData = new Uint8Array();
  }
  return Uint8Array.from(file);
}

export const bytesOfModel = (model: ModelProto): Uint8Array => toBinary(ModelProtoSchema, model);
export const onnxModel = (model: ModelOf): Uint8Array => bytesOfModel(modelProto(model));

/** Weights drawn for a test; the same name gives the same. */
export const drawn = (name: string, ...shape: readonly number[]): DenseArray<"float32"> =>
  float32(
    shape,
    randomStream(5, "onnx test", name)
      .normal(sizeOf(shape))
      .map((value) => value * 0.7),
  );
