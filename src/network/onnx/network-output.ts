/**
 * Which tensor of a model is the network's result. Classifiers of scikit-learn give labels beside probabilities, or a map
 * from labels to probabilities: the network is what makes the probabilities, and a sigmoid at its end is left out as
 * softmax is. Looked for from the end, by names alone, so that labels are never read.
 */
import { GatewiseError } from "../../errors.ts";
import { type OnnxModel, type OnnxNode, type OnnxPort, quoted } from "../../graph/index.ts";
import { FLOAT_TYPES } from "./float-types.ts";
import { portList } from "./ports.ts";
import { numbersOf } from "./value.ts";

/**
 * The output of floating-point numbers, or the logits behind it where it is a sigmoid.
 * @param choice name of an output, its place among them from 0, or the name of any tensor or node inside the model
 * @throws GatewiseError where there are several such outputs and none is chosen, or nothing has the name
 */
export function networkOutput(model: OnnxModel, choice?: string | number): OnnxPort {
  const makers = new Map(model.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const outputs = uniquePorts(model.outputs);
  const port = choice === undefined ? onlyOutput(outputs, makers) : chosenOutput(model, outputs, makers, choice);
  const inside = withoutLabels(port, makers.get(port.name));
  return { ...inside, name: logitsOf(inside.name, makers, model) };
}

type Makers = ReadonlyMap<string, OnnxNode>;

/** Element type of what is no tensor, or of no stated type. */
const UNKNOWN = 0;

/** Some exporters list an output once for each name that it had. */
const uniquePorts = (ports: readonly OnnxPort[]): readonly OnnxPort[] =>
  [...new Map(ports.toReversed().map((port) => [port.name, port] as const)).values()].reverse();

function onlyOutput(outputs: readonly OnnxPort[], makers: Makers): OnnxPort {
  const numbers = outputs.filter((port) => {
    const { elementType } = withoutLabels(port, makers.get(port.name));
    return elementType === UNKNOWN || FLOAT_TYPES.includes(elementType);
  });
  const candidates = numbers.length > 0 ? numbers : outputs;
  const [port] = candidates;
  if (port === undefined) {
    throw new GatewiseError({
      code: "unsupported-model",
      received: "a model without outputs",
      expected: "a network from one input to one output",
      next: "export the model again with its outputs, or choose a tensor inside it",
    });
  }
  if (candidates.length === 1) return port;
  throw new GatewiseError({
    received: `a model of ${portList(outputs, "output")}`,
    expected: "one of them to be chosen",
    next: `choose one by its name or number: output: ${JSON.stringify(port.name)}`,
    settings: { output: port.name },
  });
}

function chosenOutput(
  model: OnnxModel,
  outputs: readonly OnnxPort[],
  makers: Makers,
  choice: string | number,
): OnnxPort {
  const named = outputs.find(({ name }) => name === choice);
  if (named !== undefined) return named;
  const counted = typeof choice === "number" || /^\d{1,9}$/.test(choice) ? outputs[Number(choice)] : undefined;
  if (counted !== undefined) return counted;
  const inner = typeof choice === "string" ? innerTensor(model, makers, choice) : undefined;
  if (inner !== undefined) return { name: inner, elementType: UNKNOWN, shape: undefined };
  throw new GatewiseError({
    received: `output ${typeof choice === "string" ? quoted(choice) : choice} of a model of ${portList(outputs, "output")}`,
    expected: `one of them, its number from 0 to ${outputs.length - 1}, or the name of a tensor or node inside the model`,
    next: outputs[0] === undefined ? "choose a tensor" : `choose another, for example ${quoted(outputs[0].name)}`,
  });
}

/** A tensor of this name, or the first output of the node of this name. */
const innerTensor = ({ nodes }: OnnxModel, makers: Makers, name: string): string | undefined =>
  makers.has(name) ? name : nodes.find((node) => node.name === name)?.outputs.find((output) => output !== "");

/** ZipMap writes labels beside the numbers of a tensor. */
const withoutLabels = (port: OnnxPort, maker: OnnxNode | undefined): OnnxPort =>
  maker?.opType === "ai.onnx.ml.ZipMap" ? { ...port, name: maker.inputs[0] || port.name } : port;

/** What goes into the sigmoid at the end, whose results are passed on unchanged; the tensor itself where there is none. */
function logitsOf(name: string, makers: Makers, model: OnnxModel): string {
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
function passedOn(node: OnnxNode, makers: Makers, model: OnnxModel): string | undefined {
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
