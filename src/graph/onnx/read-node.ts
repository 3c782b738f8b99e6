import type { DenseArray } from "../dense-array.ts";
import { type AttributeProto, AttributeProto_AttributeType, type NodeProto } from "./onnx_pb.ts";
import { quoted } from "./quoted.ts";
import { elementTypeName, isReadable, readTensor } from "./read-tensor.ts";

/**
 * An attribute of a node; 64-bit integers beyond 2⁵³ are rounded. `unread` are graphs, lists of strings, tensors of
 * strings and the like: `what` names them as ONNX does.
 */
export type OnnxAttribute =
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "tensor"; readonly value: DenseArray }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "unread"; readonly what: string };

export interface OnnxNode {
  /** As the file calls it, or `node 3` for the third node of the file if it has no name. */
  readonly name: string;
  /** For messages: `node "Conv_0" (Conv)`, `node 3 (Conv)`. */
  readonly label: string;
  /** For an op of another set, with its name in front: `ai.onnx.ml.Scaler`. */
  readonly opType: string;
  /** "" for ONNX's own. */
  readonly operatorSet: string;
  /** Names of tensors; "" where an optional one is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** Whether this is ONNX's own set of operators, which has two names. */
export const isOnnx = (domain: string): boolean => domain === "" || domain === "ai.onnx";

/** For messages: `node "Conv_0" (Conv)`, or its place in the file where it has no name. */
export const labelOf = ({ name, opType }: NodeProto, index: number): string =>
  `${name === "" ? `node ${index + 1}` : `node ${quoted(name)}`} (${quoted(opType).slice(1, -1)})`;

/**
 * @param index position in the file, from 0
 * @throws GatewiseError for a damaged tensor among the attributes
 */
export function readNode(node: NodeProto, index: number): OnnxNode {
  const { name, opType, domain, input, output, attribute } = node;
  const shown = labelOf(node, index);
  const operatorSet = isOnnx(domain) ? "" : domain;
  return {
    name: name === "" ? `node ${index + 1}` : name,
    label: shown,
    opType: operatorSet === "" ? opType : `${operatorSet}.${opType}`,
    operatorSet,
    inputs: input,
    outputs: output,
    attributes: new Map(attribute.map((one) => [one.name, readAttribute(one, shown)])),
  };
}

/** Bytes of an attribute that is a word, such as `SAME_UPPER`: a longer one is none that any operator knows, however it ends. */
const LONGEST_WORD = 1000;

function readAttribute(attribute: AttributeProto, node: string): OnnxAttribute {
  const types = AttributeProto_AttributeType;
  switch (attribute.type) {
    case types.FLOAT:
      return { kind: "float", value: attribute.f };
    case types.INT:
      return { kind: "int", value: Number(attribute.i) };
    case types.STRING:
      return { kind: "string", value: new TextDecoder().decode(attribute.s.subarray(0, LONGEST_WORD)) };
    case types.TENSOR:
      return attribute.t === undefined || !isReadable(attribute.t)
        ? { kind: "unread", what: `TENSOR of ${elementTypeName(attribute.t?.dataType ?? 0)}` }
        : { kind: "tensor", value: readTensor(attribute.t, `${node}: its tensor ${quoted(attribute.name)}`) };
    case types.FLOATS:
      return { kind: "floats", value: attribute.floats };
    case types.INTS:
      return { kind: "ints", value: attribute.ints.map(Number) };
    default:
      return { kind: "unread", what: types[attribute.type] };
  }
}
