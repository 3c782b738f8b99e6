/** What of a model a device may lack; told from the model alone, so that models from elsewhere are judged too. */
import { fromBinary } from "@bufbuild/protobuf";
import { DTYPES, type DType } from "../dense-array.ts";
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

/**
 * Ops that a device has kernels for, by ONNX's name, with the dtypes that they take. A node with several outputs is an op
 * of its own: `"MaxPool:2"`.
 */
export type KernelTable = Readonly<Record<string, readonly DType[]>>;

/**
 * The first node without a kernel, as a message calls it: `node "Slice:Slice_3" (int32)`. What follows from constants alone
 * is computed when the model is loaded and needs none; nor does an Identity that only names another node's result.
 */
export function nodeWithoutKernel(kernels: KernelTable, model: Uint8Array): string | undefined {
  const graph = graphOf(model);
  if (graph === undefined) return undefined;
  const constants = new Set(graph.initializer.map(({ name }) => name));
  const fed = new Set(graph.input.map(({ name }) => name));
  const types = new Map(graph.initializer.map(({ name, dataType }) => [name, dataType]));
  for (const { name, type } of graph.input) {
    if (type?.value.case === "tensorType") types.set(name, type.value.value.elemType);
  }
  for (const node of graph.node) {
    const { name, opType, input, output } = node;
    const decisive = types.get(input[opType === "Where" ? 1 : 0] ?? "");
    for (const one of output) types.set(one, resultType(node, decisive));
    if (input.every((one) => one === "" || constants.has(one))) {
      for (const one of output) constants.add(one);
      continue;
    }
    if (opType === "Identity" && !fed.has(input[0] ?? "")) continue;
    const taken = kernels[output.length > 1 ? `${opType}:${output.length}` : opType];
    const dtype = DTYPES.find((one) => ELEMENT_TYPE[one] === decisive);
    if (taken === undefined || (dtype !== undefined && !taken.includes(dtype))) {
      return `node "${name}"${dtype === undefined ? "" : ` (${dtype})`}`;
    }
  }
  return undefined;
}

const COMPARISONS = ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "And", "Or", "Xor"];
const INDICES = ["Shape", "Size", "ArgMax", "ArgMin", "NonZero"];

/** Element type of a node's results, from that of the input which decides; 0 where it is not known. */
function resultType({ opType, attribute }: NodeProto, decisive: number | undefined): number {
  if (opType === "Cast") return Number(attribute.find(({ name }) => name === "to")?.i ?? 0);
  if (COMPARISONS.includes(opType)) return ELEMENT_TYPE.bool;
  return INDICES.includes(opType) ? ELEMENT_TYPE.int64 : (decisive ?? 0);
}
