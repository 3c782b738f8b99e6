/**
 * Networks from ONNX models (theory 2.6): layers, gates, pooling and sums become nodes; normalization by constants in front
 * and batch normalization behind layers are taken together; what only moves elements becomes a rearrangement.
 *
 * A batch that exporters write into a model, of one example or many, is lifted: shapes are followed for one example, axis
 * 0 its batch, and an op that would mix the examples of a batch is refused.
 */

import { GatewiseError } from "../../errors.ts";
import {
  type BinaryData,
  type DenseArray,
  type OnnxFile,
  type OnnxModel,
  type OnnxNode,
  type OnnxOptions,
  type OnnxPort,
  quoted,
  readModel,
} from "../../graph/index.ts";
import { optionsIn } from "../../options.ts";
import type { GatedNetwork, Weights } from "../gated-network.ts";
import { FOLDS } from "./fold-constants.ts";
import { inputPlan, type ShapeOptions } from "./input-plan.ts";
import { Limits } from "./limits.ts";
import { NetworkBuilder } from "./network-builder.ts";
import { networkInput, type SetInputs, setInput } from "./network-input.ts";
import { networkOutput } from "./network-output.ts";
import { nodeError } from "./node-error.ts";
import { NodeReader, type OpReader } from "./node-reader.ts";
import { modernized } from "./old-opsets.ts";
import { type FileArray, itself, type Origin } from "./origin.ts";
import { add, divide, multiply, negate, subtract } from "./read-arithmetic.ts";
import { cast, castLike, constant } from "./read-constants.ts";
import { pad, slice, split } from "./read-cuts.ts";
import { clip, globalMaxPool, leakyRelu, maximum, maxPool, minimum, pRelu, relu } from "./read-gates.ts";
import {
  concat,
  dropout,
  expand,
  flatten,
  gather,
  identity,
  reshape,
  shape,
  squeeze,
  transpose,
  unsqueeze,
} from "./read-layout.ts";
import { batchNormalization, conv, gemm, matMul } from "./read-linear.ts";
import { averagePool, globalAveragePool } from "./read-means.ts";
import { reduceMax, reduceMean, reduceSum } from "./read-reductions.ts";
import { scaler } from "./read-scaler.ts";
import { softmax } from "./read-softmax.ts";
import { sum } from "./read-sums.ts";
import { constantOf, type ExampleValue, type Value } from "./value.ts";

const READERS: ReadonlyMap<string, OpReader> = new Map([
  ["Add", add],
  ["AveragePool", averagePool],
  ["BatchNormalization", batchNormalization],
  ["Cast", cast],
  ["CastLike", castLike],
  ["Clip", clip],
  ["Concat", concat],
  ["Constant", constant],
  ["Conv", conv],
  ["Div", divide],
  ["Dropout", dropout],
  ["Expand", expand],
  ["Flatten", flatten],
  ["Gather", gather],
  ["Gemm", gemm],
  ["GlobalAveragePool", globalAveragePool],
  ["GlobalMaxPool", globalMaxPool],
  ["Identity", identity],
  ["LeakyRelu", leakyRelu],
  ["LogSoftmax", softmax],
  ["MatMul", matMul],
  ["Max", maximum],
  ["MaxPool", maxPool],
  ["Min", minimum],
  ["Mul", multiply],
  ["Neg", negate],
  ["PRelu", pRelu],
  ["Pad", pad],
  ["ReduceMax", reduceMax],
  ["ReduceMean", reduceMean],
  ["ReduceSum", reduceSum],
  ["Relu", relu],
  ["Reshape", reshape],
  ["ai.onnx.ml.Scaler", scaler],
  ["Shape", shape],
  ["Slice", slice],
  ["Softmax", softmax],
  ["Split", split],
  ["Squeeze", squeeze],
  ["Sub", subtract],
  ["Sum", sum],
  ["Transpose", transpose],
  ["Unsqueeze", unsqueeze],
]);

/** Ops of ONNX that networks are read from; behind the name of its set, one that is not in ONNX's own. */
export const ONNX_OPS: readonly string[] = [...READERS.keys()];

/** Which part of a model is the network. */
export interface OnnxNetworkOptions extends OnnxOptions, ShapeOptions {
  /**
   * The output: its name, its place among the model's outputs from 0, or the name of a tensor or node inside the model.
   * Elements of maps are outputs one by one, in C order.
   */
  readonly output?: string | number;
  /** Name of the input that examples come through. */
  readonly input?: string;
  /** Values of the other inputs, by name: constants, the same for every example. */
  readonly set?: SetInputs;
}

/**
 * The network of an ONNX model: units with ReLU, leaky or clipped gates, max and average pooling, residual sums. A
 * softmax or sigmoid at the end is left out: the network gives logits (one for two classes `1 − p` and `p`). Of several
 * outputs the one of floating-point numbers is taken: a classifier's probabilities, not its labels.
 * @param source the file's bytes, or what `openOnnx` of `gatewise/graph` made of them
 * @param options what to take where a model has several inputs or outputs, or leaves sizes open; `externalData`: bytes of
 * the files that hold weights beside the model, see `externalFiles`
 * @throws GatewiseError for damaged files, for ops and shapes that no gated network has (naming the node), and for models
 * of several inputs or of several outputs of numbers of which none is chosen
 */
export function networkFromOnnx(source: BinaryData | OnnxFile, options: OnnxNetworkOptions = {}): GatedNetwork {
  optionsIn(options);
  const model = readModel(source, options);
  const output = networkOutput(model, options.output);
  const needed = neededNodes(model, output);
  const last = needed.at(-1);
  if (last === undefined) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `an output ${quoted(output.name)} that no node makes`,
      expected: "a network from one input to one output",
      next: "check the outputs of the model",
    });
  }
  const { set = {} } = options;
  const input = networkInput(model, needed, set, options.input);
  const plan = inputPlan(input, options);
  const builder = new NetworkBuilder(new Limits(model.bytes), plan.batch);
  const values = new Map<string, Value>();
  const isTraced = model.nodes.some(({ outputs }) => outputs.some((name) => TRACED.test(name)));
  for (const [name, array] of model.initializers) {
    const kind = isTraced && ATTRIBUTE.test(name) ? "attribute" : "initializer";
    values.set(name, constantOf(array, originOf(array, name, kind)));
    builder.fileArrays.add(array);
  }
  // a file that holds no initializers has its weights in Constant nodes
  const constants = [...model.initializers.values()].some(isFloat) ? "constant-node" : "initializer";
  for (const port of model.inputs) {
    const value = Object.hasOwn(set, port.name) ? set[port.name] : undefined;
    if (value !== undefined) values.set(port.name, constantOf(setInput(port, value, plan)));
  }
  const uses = usesOf(needed, output);
  const left = new Map(uses);
  const define = (name: string, value: Value): void => {
    values.set(name, value);
    if (value.kind === "example" && (uses.get(name) ?? 0) > 1) builder.share(value.position);
  };
  define(input.name, builder.input(input.name, plan.batched ? [1, ...plan.example] : plan.example, plan.batched));
  for (const node of needed) {
    refuseUnread(node, model);
    const made = readNode(node, values, builder, model.opset, uses);
    for (const [index, value] of made.entries()) {
      const name = node.outputs[index] ?? "";
      const isNode = node.opType === "Constant" && value.kind === "constant";
      if (isNode) builder.fileArrays.add(value.array);
      define(name, isNode ? constantOf(value.array, originOf(value.array, name, constants)) : value);
    }
    for (const name of node.inputs) {
      const uses = (left.get(name) ?? 0) - 1;
      left.set(name, uses);
      if (uses === 0) forget(name, values, made, builder.limits);
    }
  }
  return builder.finish(exampleAt(values, output), last);
}

/** A tensor that no node reads again: a constant that only constants were made of, in memory of their own, is gone. */
function forget(name: string, values: Map<string, Value>, made: readonly Value[], limits: Limits): void {
  const value = values.get(name);
  values.delete(name);
  if (value?.kind !== "constant") return;
  const { buffer } = value.array.data;
  if (made.every((one) => one.kind === "constant" && one.array.data.buffer !== buffer)) limits.drop(value.array.data);
}

/**
 * PyTorch's exporter that traces a module names tensors so, and writes the numbers of the program into Constant nodes: an
 * initializer that has the name of an attribute is one. What it has folded is called `onnx::Mul_12`.
 */
const TRACED = /^\/.*_output_\d+$/;
const ATTRIBUTE = /^\w+(\.\w+)*$/;

const isFloat = (array: DenseArray): array is Weights => array.dtype === "float32" || array.dtype === "float64";

/** An array of the file: numbers that may train, where they are no shapes or axes. */
const originOf = (array: DenseArray, name: string, kind: FileArray["kind"]): Origin =>
  isFloat(array) ? itself({ name, values: array, kind }) : [];

/** @throws GatewiseError for an op of another operator set, and for a tensor of a type that no array has */
function refuseUnread(node: OnnxNode, { unread }: OnnxModel): void {
  if (node.operatorSet !== "" && !READERS.has(node.opType)) {
    throw new GatewiseError({
      code: "unsupported-model",
      received: `${node.label} of the operator set ${quoted(node.operatorSet)}`,
      expected: "ops of ONNX's own set",
      next: "export the model without custom or fused ops",
    });
  }
  for (const name of node.inputs) {
    const error = unread.get(name);
    if (error !== undefined) throw error;
  }
}

function readNode(
  node: OnnxNode,
  values: ReadonlyMap<string, Value>,
  builder: NetworkBuilder,
  opset: number,
  uses: ReadonlyMap<string, number>,
): readonly Value[] {
  const given = node.inputs.map((name) => (name === "" ? undefined : values.get(name)));
  const { node: modern, inputs } = modernized(node, given, opset);
  const isConstant = inputs.length > 0 && inputs.every((value) => value?.kind !== "example");
  const read = (isConstant ? FOLDS.get(node.opType) : undefined) ?? READERS.get(node.opType);
  if (read === undefined) {
    throw new GatewiseError({
      code: "unsupported-model",
      received: node.label,
      expected: ONNX_OPS.join(", "),
      next: "only networks of ReLU-like gates have paths: replace this layer, or cut the model before it",
    });
  }
  const made = read(new NodeReader(modern, inputs, builder, opset));
  const outputs = made.kind === "outputs" ? made.values : [made];
  const extra = node.outputs.slice(outputs.length).find((name) => uses.has(name));
  if (extra !== undefined) {
    throw nodeError(node, `a second output ${quoted(extra)} in use`, "nodes of which the first output is used");
  }
  return outputs;
}

function exampleAt(values: ReadonlyMap<string, Value>, { name }: OnnxPort): ExampleValue {
  const value = values.get(name);
  if (value?.kind === "example") return value;
  throw new GatewiseError({
    code: "unsupported-model",
    received: `a constant output ${quoted(name)}`,
    expected: "a network from one input to one output",
    next: "check the outputs of the model",
  });
}

/** Nodes that the output depends on, in order. */
function neededNodes({ nodes }: OnnxModel, output: OnnxPort): readonly OnnxNode[] {
  const names = new Set([output.name]);
  const needed: OnnxNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => names.has(name))) continue;
    needed.push(node);
    for (const name of node.inputs) if (name !== "") names.add(name);
  }
  return needed.reverse();
}

/** How often each tensor is read, the model's output counted. */
function usesOf(nodes: readonly OnnxNode[], output: OnnxPort): ReadonlyMap<string, number> {
  const uses = new Map([[output.name, 1]]);
  for (const name of nodes.flatMap(({ inputs }) => inputs)) if (name !== "") uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
}
