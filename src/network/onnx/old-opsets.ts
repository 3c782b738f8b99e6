/**
 * Nodes of opsets 1 to 6 as later ones write them: broadcasting that was asked for by attributes, sizes that were
 * attributes. What tells training from inference (`is_test`) is left out, as ONNX's own converter leaves it out.
 */
import { int64, type OnnxAttribute, type OnnxNode } from "../../graph/index.ts";
import { ELEMENT_NUMBERS } from "./float-types.ts";
import { constantOf, type Value } from "./value.ts";

export interface NodeWithInputs {
  readonly node: OnnxNode;
  /** Undefined where an optional input is left out. */
  readonly inputs: readonly (Value | undefined)[];
}

type Rewrite = (given: NodeWithInputs) => NodeWithInputs;

/** The opset in which an op became what it is, and how it was before. */
interface Change {
  readonly until: number;
  readonly rewrite: Rewrite;
}

const withAttributes = (
  { node, inputs }: NodeWithInputs,
  change: (attributes: Map<string, OnnxAttribute>) => void,
): NodeWithInputs => {
  const attributes = new Map(node.attributes);
  change(attributes);
  return { node: { ...node, attributes }, inputs };
};

const shapeOf = (value: Value | undefined): readonly number[] =>
  value === undefined ? [] : value.kind === "constant" ? value.array.shape : value.shape;

/** The second operand with axes of size 1 behind it, so that its own begin at `axis` of the first. */
function alignedAt(given: NodeWithInputs, axis: number): NodeWithInputs {
  const [first, second, ...others] = given.inputs;
  if (second?.kind !== "constant") return given;
  const { array } = second;
  const missing = shapeOf(first).length - axis - array.shape.length;
  if (missing <= 0) return given;
  const ones = Array.from({ length: missing }, () => 1);
  const shape = [...array.shape, ...ones];
  return { ...given, inputs: [first, { ...second, array: { ...array, shape } }, ...others] };
}

const broadcast: Rewrite = (given) => {
  const { node } = given;
  const [on, axis] = [node.attributes.get("broadcast"), node.attributes.get("axis")];
  if (on?.kind !== "int" || on.value === 0 || axis?.kind !== "int" || axis.value < 0) return given;
  return alignedAt(given, axis.value);
};

/** A slope for each channel; since opset 7 slopes are broadcast as numbers are everywhere. */
const slopes: Rewrite = (given) =>
  shapeOf(given.inputs[1]).length === 1 && shapeOf(given.inputs[1])[0] !== 1 ? alignedAt(given, 1) : given;

/** A list that was an attribute, as a constant input. */
const listAsInput =
  (name: string): Rewrite =>
  (given) => {
    const list = given.node.attributes.get(name);
    if (given.inputs.length > 1 || list?.kind !== "ints") return given;
    return { ...given, inputs: [given.inputs[0], constantOf(int64([list.value.length], list.value))] };
  };

const renamed =
  (from: string, to: string): Rewrite =>
  (given) =>
    withAttributes(given, (attributes) => {
      const value = attributes.get(from);
      if (value !== undefined) attributes.set(to, value);
    });

/** Element types were names: FLOAT. */
const namedType: Rewrite = (given) =>
  withAttributes(given, (attributes) => {
    const to = attributes.get("to");
    const value = to?.kind === "string" ? ELEMENT_NUMBERS.get(to.value.toUpperCase()) : undefined;
    if (value !== undefined) attributes.set("to", { kind: "int", value });
  });

const axisOne: Rewrite = (given) =>
  withAttributes(given, (attributes) => {
    if (!attributes.has("axis")) attributes.set("axis", { kind: "int", value: 1 });
  });

/** Sizes of parts that are an input where later an attribute has them. */
const partsAsAttribute: Rewrite = (given) => {
  const parts = given.inputs[1];
  if (parts?.kind !== "constant") return given;
  const { node } = withAttributes(given, (attributes) =>
    attributes.set("split", { kind: "ints", value: Array.from(parts.array.data, Number) }),
  );
  return { node, inputs: given.inputs.slice(0, 1) };
};

const BROADCAST: Change = { until: 7, rewrite: broadcast };
const CHANGES: ReadonlyMap<string, Change> = new Map([
  ...["Add", "And", "Div", "Equal", "Greater", "Less", "Mul", "Or", "Pow", "Sub"].map((op) => [op, BROADCAST] as const),
  ["Cast", { until: 6, rewrite: namedType }],
  ["Concat", { until: 4, rewrite: axisOne }],
  ["PRelu", { until: 7, rewrite: slopes }],
  ["Pad", { until: 2, rewrite: renamed("paddings", "pads") }],
  ["Reshape", { until: 5, rewrite: listAsInput("shape") }],
  ["Split", { until: 2, rewrite: partsAsAttribute }],
]);

/** The node as opset 7 has it. */
export function modernized(node: OnnxNode, inputs: NodeWithInputs["inputs"], opset: number): NodeWithInputs {
  const change = CHANGES.get(node.opType);
  return change === undefined || opset >= change.until ? { node, inputs } : change.rewrite({ node, inputs });
}
