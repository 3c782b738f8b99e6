/** Nodes, attributes and ports as messages of an ONNX file. */
import { create } from "@bufbuild/protobuf";
import type { Attribute, Attributes, Tensor } from "../symbolic.ts";
import { ELEMENT_TYPE } from "./element-types.ts";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./onnx_pb.ts";

export function node(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Attributes,
): NodeProto {
  return create(NodeProtoSchema, {
    name: `${opType}:${output.at(-1)}`,
    opType,
    input: [...input],
    output: [...output],
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  });
}

function attribute(name: string, value: Attribute): AttributeProto {
  const kinds = AttributeProto_AttributeType;
  if ("int" in value) return create(AttributeProtoSchema, { name, type: kinds.INT, i: BigInt(value.int) });
  if ("ints" in value) return create(AttributeProtoSchema, { name, type: kinds.INTS, ints: value.ints.map(BigInt) });
  if ("float" in value) return create(AttributeProtoSchema, { name, type: kinds.FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: kinds.STRING, s: new TextEncoder().encode(value.string) });
}

export function valueInfo(name: string, { dtype, shape }: Pick<Tensor, "dtype" | "shape">): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: "tensorType",
        value: {
          elemType: ELEMENT_TYPE[dtype],
          shape: {
            dim: shape.map((size) =>
              typeof size === "number"
                ? { value: { case: "dimValue" as const, value: BigInt(size) } }
                : { value: { case: "dimParam" as const, value: size } },
            ),
          },
        },
      },
    },
  });
}
