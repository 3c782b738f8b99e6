/**
 * ONNX models as plain data: names resolved, nodes in topological order, every length checked against the bytes that
 * are there. What an op means is not known here.
 */
import { GatewiseError } from "../../errors.ts";
import { asBytes, type BinaryData } from "../binary-data.ts";
import type { DenseArray } from "../dense-array.ts";
import { decodeModel } from "./decode.ts";
import { attachExternalData, type ExternalData, type ExternalFile, externalFilesOf } from "./external-data.ts";
import type { GraphProto, ModelProto, ValueInfoProto } from "./onnx_pb.ts";
import { quoted } from "./quoted.ts";
import { isOnnx, type OnnxNode, readNode } from "./read-node.ts";
import { sortedNodes, twice } from "./read-order.ts";
import { elementTypeError, isReadable, readShape, readTensor } from "./read-tensor.ts";

/** What comes after 26 is not known yet. */
const OPSETS = { oldest: 1, newest: 26 } as const;

/** Name, element type (`TensorProto.DataType`) and shape of an input or output. */
export interface OnnxPort {
  readonly name: string;
  readonly elementType: number;
  /** Undefined where the file says nothing; a symbolic or unknown size is a string (maybe ""). */
  readonly shape: readonly (number | string)[] | undefined;
}

export interface OnnxModel {
  /** Version of the default operator set. */
  readonly opset: number;
  /** In topological order. */
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, DenseArray>;
  /** Initializers of strings and other elements that no array has, each with the error for whoever needs it. */
  readonly unread: ReadonlyMap<string, GatewiseError>;
  /** Without those that are initializers too. */
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  /** Size in bytes of the file and of what it takes from others. */
  readonly bytes: number;
}

/** What a model that is not one file needs beside its own bytes. */
export interface OnnxOptions {
  /** Bytes of the files that {@link externalFiles} names, by location. */
  readonly externalData?: ExternalData;
}

/** An ONNX file whose structure is decoded: what it needs beside it can be asked before its weights are read. */
export interface OnnxFile {
  readonly kind: "onnx-file";
  /** @internal */
  readonly model: ModelProto;
  /** Size of the file. */
  readonly bytes: number;
}

/**
 * Decodes a file once, for {@link externalFiles} and for `networkFromOnnx` of `gatewise/network` both.
 * @throws GatewiseError for bytes that are no model
 */
export function openOnnx(data: BinaryData): OnnxFile {
  const bytes = asBytes(data, "an ONNX model");
  return { kind: "onnx-file", model: decodeModel(bytes), bytes: bytes.length };
}

const opened = (source: BinaryData | OnnxFile): OnnxFile =>
  source !== null && typeof source === "object" && "kind" in source ? source : openOnnx(source);

/**
 * The files beside a model that hold some of its weights: what PyTorch writes into `model.onnx.data`.
 * @throws GatewiseError for bytes that are no model, and for places in files that do not fit their tensors
 */
export function externalFiles(source: BinaryData | OnnxFile): readonly ExternalFile[] {
  const { graph } = opened(source).model;
  return graph === undefined ? [] : externalFilesOf(graph);
}

/**
 * Reads an ONNX model with all its weights.
 * @throws GatewiseError for bytes that are no model, damaged tensors, external ones whose bytes are not given, versions
 * of ONNX's operator set other than 1 to 26, tensors made twice or never, cycles
 */
export function readModel(source: BinaryData | OnnxFile, { externalData = new Map() }: OnnxOptions = {}): OnnxModel {
  const { model, bytes } = opened(source);
  const { graph } = model;
  if (graph === undefined || graph.node.length === 0) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${bytes} bytes without a node`,
      expected: "an ONNX model",
      next: "check that the file is whole and holds a network",
    });
  }
  const externalBytes = attachExternalData(graph, externalData);
  const { initializers, unread } = readInitializers(graph);
  const held = [...initializers.keys(), ...unread.keys()];
  const isHeld = new Set(held);
  const inputs = graph.input.filter(({ name }) => !isHeld.has(name)).map(readPort);
  const known = [...held, ...inputs.map(({ name }) => name)];
  return {
    opset: opsetOf(model),
    nodes: sortedNodes(graph.node.map(readNode), known, graph.output),
    initializers,
    unread,
    inputs,
    outputs: graph.output.map(readPort),
    bytes: bytes + externalBytes,
  };
}

function opsetOf({ opsetImport }: ModelProto): number {
  const version = Number(opsetImport.find(({ domain }) => isOnnx(domain))?.version ?? 0n);
  if (OPSETS.oldest <= version && version <= OPSETS.newest) return version;
  throw new GatewiseError({
    code: "unsupported-model",
    received: version === 0 ? "a model without ONNX's operator set" : `operator set ${version}`,
    expected: `${OPSETS.oldest} to ${OPSETS.newest}`,
    next: "export the model with opset_version=18",
  });
}

function readInitializers({ initializer, sparseInitializer }: GraphProto): Pick<OnnxModel, "initializers" | "unread"> {
  if (sparseInitializer.length > 0) {
    throw new GatewiseError({
      code: "unsupported-model",
      received: "a model with sparse weights",
      expected: "dense weights",
      next: "convert its sparse initializers before the export",
    });
  }
  const initializers = new Map<string, DenseArray>();
  const unread = new Map<string, GatewiseError>();
  for (const tensor of initializer) {
    const what = `initializer ${quoted(tensor.name)}`;
    if (initializers.has(tensor.name) || unread.has(tensor.name)) throw twice(what);
    if (isReadable(tensor)) initializers.set(tensor.name, readTensor(tensor, what));
    else unread.set(tensor.name, elementTypeError(tensor, what));
  }
  return { initializers, unread };
}

function readPort({ name, type }: ValueInfoProto): OnnxPort {
  if (type?.value.case !== "tensorType") return { name, elementType: 0, shape: undefined };
  const { elemType, shape } = type.value.value;
  const what = `${quoted(name)}, an input or output,`;
  const sizes = shape?.dim.map(({ value }) => {
    if (value.case !== "dimValue") return value.value ?? "";
    // what some exporters write for "any size", as ONNX Runtime takes it
    return value.value === -1n ? "" : (readShape([value.value], what)[0] ?? 0);
  });
  return { name, elementType: elemType, shape: sizes };
}
