import { fromBinary } from "@bufbuild/protobuf";
import type { WrittenModel } from "../../src/graph/index.ts";
import { type GraphProto, type ModelProto, ModelProtoSchema, type NodeProto } from "../../src/graph/onnx/onnx_pb.ts";

export const decode = ({ bytes }: WrittenModel): ModelProto => fromBinary(ModelProtoSchema, bytes);

/** Types of the nodes of a model, in order, without those inside its loops. */
export const rootOps = (model: WrittenModel): readonly string[] => opsOf(decode(model).graph);

export const opsOf = (graph: GraphProto | undefined): readonly string[] =>
  graph?.node.map(({ opType }) => opType) ?? [];

/** Bodies of the loops of a graph, in order. */
export const bodiesOf = (graph: GraphProto | undefined): readonly GraphProto[] =>
  graph?.node.flatMap((node) => attributeOf(node, "body")?.g ?? []) ?? [];

export const attributeOf = (node: NodeProto, name: string): NodeProto["attribute"][number] | undefined =>
  node.attribute.find((one) => one.name === name);
