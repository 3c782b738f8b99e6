/** What of a model a device may lack; told from the model alone, so that models from elsewhere are judged too. */
import { fromBinary } from "@bufbuild/protobuf";
import { ELEMENT_TYPE } from "./element-types.ts";
import { type AttributeProto, type GraphProto, ModelProtoSchema, type NodeProto } from "./onnx_pb.ts";

/** Features of models that not every device has. */
export type ModelFeature = "scan" | "float64";

/**
 * The first node, input or constant that needs a feature, as a message calls it: `node "Scan:scan_3"`. None in bytes that
 * are no model: the engine that loads them says so in its own words.
 */
export function nodeThatNeeds(feature: ModelFeature, model: Uint8Array): string | undefined {
  const graph = graphOf(model);
  return graph && findIn(graph, feature === "scan" ? LOOPS : FLOAT64);
}

function graphOf(model: Uint8Array): GraphProto | undefined {
  try {
    return fromBinary(ModelProtoSchema, model).graph;
  } catch {
    return undefined;
  }
}

interface Feature {
  readonly node: (node: NodeProto) => boolean;
  readonly elements: (elementType: number) => boolean;
}
const LOOPS: Feature = { node: ({ opType }) => opType === "Scan" || opType === "Loop", elements: () => false };
const isFloat64 = (elementType: number): boolean => elementType === ELEMENT_TYPE.float64;
const FLOAT64: Feature = {
  node: ({ opType, attribute }) =>
    attribute.some(
      ({ name, i, t }) => (opType === "Cast" && name === "to" && isFloat64(Number(i))) || isFloat64(t?.dataType ?? 0),
    ),
  elements: isFloat64,
};

function findIn(graph: GraphProto, feature: Feature): string | undefined {
  for (const { name, type } of graph.input) {
    if (type?.value.case === "tensorType" && feature.elements(type.value.value.elemType)) return `input "${name}"`;
  }
  for (const { name, dataType } of graph.initializer) if (feature.elements(dataType)) return `constant "${name}"`;
  for (const node of graph.node) {
    if (feature.node(node)) return `node "${node.name}"`;
    for (const body of node.attribute.flatMap(subgraphs)) {
      const found = findIn(body, feature);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

const subgraphs = ({ g, graphs }: AttributeProto): readonly GraphProto[] => (g === undefined ? graphs : [g, ...graphs]);
