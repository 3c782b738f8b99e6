/**
 * Which tensor of a model is the network's result. Classifiers of scikit-learn give labels beside probabilities, or a map
 * from labels to probabilities: the network is what makes the probabilities, and a sigmoid at its end is left out as
 * softmax is. Looked for from the end, by names alone, so that labels are never read.
 */
import { GatewiseError } from "../../errors.ts";
import { type OnnxModel, type OnnxNode, type OnnxPort, quoted } from "../../graph/index.ts";
import { FLOAT_TYPES } from "./float-types.ts";
import { numbersOf } from "./value.ts";

/**
 * The output of floating-point numbers, or the logits behind it where it is a sigmoid.
 * @throws GatewiseError unless there is one such output, or one output at all
 */
export function networkOutput(model: OnnxModel): OnnxPort {
  const makers = new Map(model.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const numbers = model.outputs
    .map((port) => withoutLabels(port, makers.get(port.name)))
    .filter(({ elementType }) => elementType === UNKNOWN || FLOAT_TYPES.includes(elementType));
  const port = only(numbers.length === 1 ? numbers : model.outputs, "output");
  return { ...port, name: logitsOf(port.name, makers, model) };
}

/** Element type of what is no tensor, or of no stated type. */
const UNKNOWN = 0;

/** ZipMap writes labels beside the numbers of a tensor. */
const withoutLabels = (port: OnnxPort, maker: OnnxNode | undefined): OnnxPort =>
  maker?.opType === "ai.onnx.ml.ZipMap" ? { ...port, name: maker.inputs[0] || port.name } : port;

/** What goes into the sigmoid at the end, whose results are passed on unchanged; the tensor itself where there is none. */
function logitsOf(name: string, makers: ReadonlyMap<string, OnnxNode>, model: OnnxModel): string {
  // nodes are in order, so names cannot come back
  for (let at: string | undefined = name; at !== undefined; ) {
    const maker: OnnxNode | undefined = makers.get(at);
    if (maker?.opType === "Sigmoid") return maker.inputs[0] || name;
    at = maker && passedOn(maker, makers, model);
  }
  return name;
}

/** Ops that keep all elements in order; a network's outputs are a vector anyway. */
const IN_ORDER: readonly string[] = ["Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze"];

/** The input that a node passes on, its numbers and their order unchanged. */
function passedOn(node: OnnxNode, makers: ReadonlyMap<string, OnnxNode>, model: OnnxModel): string | undefined {
  const [first, second] = node.inputs;
  if (IN_ORDER.includes(node.opType)) return first;
  if (node.opType === "Cast") {
    const to = node.attributes.get("to");
    return to?.kind === "int" && FLOAT_TYPES.includes(to.value) ? first : undefined;
  }
  if (node.opType !== "Concat" || node.inputs.length !== 2) return undefined;
  // two classes by one sigmoid: 1 − p and p
  const other = makers.get(first ?? "");
  const fromOne = other?.opType === "Sub" && other.inputs[1] === second && isOne(model, other.inputs[0]);
  return fromOne ? second : undefined;
}

function isOne({ initializers }: OnnxModel, name = ""): boolean {
  const array = initializers.get(name);
  return array?.data.length === 1 && numbersOf(array)[0] === 1;
}

/** @throws GatewiseError unless there is one port */
export function only(ports: readonly OnnxPort[], what: "input" | "output"): OnnxPort {
  const [port] = ports;
  if (port !== undefined && ports.length === 1) return port;
  const names = ports.slice(0, 4).map(({ name }) => quoted(name));
  throw new GatewiseError({
    received: `a model of ${ports.length} ${what}s${names.length > 0 ? ` (${names.join(", ")}${ports.length > 4 ? ", …" : ""})` : ""}`,
    expected: `one ${what}`,
    next: `export the part of the model with one ${what}`,
  });
}
