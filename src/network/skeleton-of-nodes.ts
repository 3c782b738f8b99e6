import { GatewiseError } from "../errors.ts";
import { float32, sizeOf } from "../graph/index.ts";
import type { ArchitectureNode, ArchitectureRule, NodeArchitecture } from "./architecture.ts";
import type { GatedNetwork, GatedNode, NodeOperation } from "./gated-network.ts";
import type { GateRule } from "./gating.ts";
import { nodeShape } from "./node-shapes.ts";
import { convolutionSlots, denseSlots, type ParameterSpec, scaleSlots } from "./parameter-spec.ts";

/**
 * The nodes of an architecture that has them, with their shapes. Weight layers are numbered in the order of the nodes.
 * @throws GatewiseError if a node does not fit those that it reads, naming it
 */
export function nodesSkeleton({ inputShape, nodes }: NodeArchitecture): GatedNetwork<ParameterSpec> {
  const made: GatedNode<ParameterSpec>[] = [{ kind: "input", name: "input", shape: inputShape }];
  const names = new Set(["input"]);
  let weightLayers = 0;
  for (const [index, node] of nodes.entries()) {
    const shapes = new Map<number, readonly number[]>();
    const at = (position: number): readonly number[] => {
      const shape = shapes.get(position) ?? made[position]?.shape;
      if (shape === undefined) throw misfit(node, "", `nodes 0 to ${index}, those before it`);
      shapes.set(position, shape);
      return shape;
    };
    if (names.has(node.name)) throw misfit(node, " a second time", "a name for each node");
    names.add(node.name);
    const found = nodeShape(node, at);
    const read = [...shapes.values()].map((shape) => `[${shape.join(", ")}]`).join(" and ");
    if (found.kind === "misfit") throw misfit(node, ` on ${read}`, found.expected);
    if (node.kind === "dense" || node.kind === "convolution" || node.kind === "scale") weightLayers += 1;
    made.push({ name: node.name, shape: found.shape, ...operationOf(node, at, weightLayers) });
  }
  return { nodes: made, output: nodes.length };
}

const misfit = ({ kind, name }: ArchitectureNode, received: string, expected: string): GatewiseError =>
  new GatewiseError({
    received: `node ${JSON.stringify(name)} (${kind})${received}`,
    expected,
    next: "change the node, or one of those that it reads",
  });

function operationOf(
  node: ArchitectureNode,
  shapeAt: (position: number) => readonly number[],
  layer: number,
): NodeOperation<ParameterSpec> {
  switch (node.kind) {
    case "normalize": {
      const { kind, input } = node;
      const shape = shapeAt(input);
      const spread = (numbers: readonly number[]) => float32(shape, spreadOver(shape, numbers));
      return { kind, input, factor: spread(node.factor), shift: spread(node.shift) };
    }
    case "dense": {
      const { kind, input, units, bias } = node;
      return { kind, input, ...denseSlots(layer, shapeAt(input)[0] ?? 0, units, bias) };
    }
    case "convolution": {
      const { kind, input, channels, window, groups, bias } = node;
      const inputs = (shapeAt(input)[0] ?? 0) / groups;
      return { kind, input, window, groups, ...convolutionSlots(layer, [inputs, channels], window.kernel, bias) };
    }
    case "scale":
      return { kind: node.kind, input: node.input, ...scaleSlots(layer, shapeAt(node.input)[0] ?? 0, node.bias) };
    case "gate":
      return { kind: node.kind, input: node.input, gatedBy: node.gatedBy, rule: gateRule(node.rule) };
    case "max-pool":
      return { kind: node.kind, input: node.input, selectedBy: node.selectedBy, window: node.window };
    case "average-pool":
      return { kind: node.kind, input: node.input, window: node.window, countPadding: node.countPadding };
    case "sum":
      return { kind: node.kind, inputs: node.inputs };
    case "concat":
      return { kind: node.kind, inputs: node.inputs, axis: node.axis };
    case "rearrange":
      return { kind: node.kind, input: node.input, from: node.from && Int32Array.from(node.from) };
  }
}

function gateRule(rule: ArchitectureRule): GateRule {
  if (rule.kind !== "leaky") return rule;
  return { kind: rule.kind, slopes: float32([rule.slopes.length], rule.slopes) };
}

/** One number for all elements, one for each channel, or one each. */
function spreadOver(shape: readonly number[], numbers: readonly number[]): Float32Array {
  const size = sizeOf(shape);
  const each = numbers.length === size ? 1 : size / numbers.length;
  return Float32Array.from({ length: size }, (_, i) => numbers[Math.floor(i / each)]!);
}
