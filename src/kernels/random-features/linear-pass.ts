/**
 * A network beside its own gates (theory 2.5 and 3.15): its paths once more, with other weights, while the gates and selections
 * stay those of the network itself. What a ReLU network decides by its own weights no longer depends on the new ones.
 *
 * So that float32 holds what deep and wide networks add up, the new weights are divided by the root of their layer's
 * fan-in. Paths that go through fewer layers (from a bias, around a residual block) are scaled alike where they meet.
 */
import { decidingNodes } from "../../gates/index.ts";
import { float64, multiply, sizeOf, smallestOf, type Tensor } from "../../graph/index.ts";
import {
  allInputs,
  edgePattern,
  type ForwardOptions,
  forwardNodes,
  type GatedNetwork,
  type GatedNode,
  gateOf,
  gateOfNode,
  isWeightNode,
  passGate,
  pathInputs,
  pathNodes,
  placedNode,
  type Weights,
} from "../../network/index.ts";
import { nodeAt } from "../pair/maps.ts";

type FloatTensor = Tensor<"float32">;

export interface SeparatedNetwork {
  /**
   * Placeholders for the nodes of the network itself, and behind them those of the paths once more; its output is the
   * second one.
   */
  readonly network: GatedNetwork;
  /** Nodes of the network itself whose values decide gates and selections: read once, given to every pass. */
  readonly deciding: readonly number[];
  /** Weights and biases of the second network: by what they have to be multiplied. */
  readonly parameters: readonly SeparatedParameter[];
  /** What the scales multiply every path to the output by. */
  readonly scale: number;
  /** By clipped gate of the second network: the scale of values that start there. */
  readonly starts: ReadonlyMap<number, number>;
}

export interface SeparatedParameter {
  readonly position: number;
  readonly kind: "weight" | "bias";
  readonly own: Weights;
  readonly scale: number;
}

export function separated(network: GatedNetwork): SeparatedNetwork {
  const deciding = decidingNodes(network).filter((position) => allInputs(nodeAt(network, position)).length > 0);
  const nodes: GatedNode[] = network.nodes.map(placeholder);
  const places = new Map([[0, 0]]);
  const scales = new Map([[0, 1]]);
  const starts = new Map<number, number>();
  const parameters: SeparatedParameter[] = [];
  const append = (node: GatedNode, scale: number): number => {
    const place = nodes.push({ ...node, name: `${node.name} (paths ${nodes.length})` }) - 1;
    scales.set(place, scale);
    return place;
  };
  const placeOf = (position: number): number => places.get(position) ?? 0;
  const scaleAt = (place: number): number => scales.get(place) ?? 1;
  /** The node's value at the scale of others that it meets. */
  const rescaled = (position: number, scale: number): number => {
    const place = placeOf(position);
    if (scaleAt(place) === scale) return place;
    const { shape } = nodeAt({ nodes, output: 0 }, place);
    const size = sizeOf(shape);
    const factor = float64(shape, new Float64Array(size).fill(scale / scaleAt(place)));
    const shift = float64(shape, new Float64Array(size));
    return append({ kind: "normalize", name: "rescaled", shape, input: place, factor, shift }, scale);
  };
  for (const position of pathNodes(network)) {
    const node = nodeAt(network, position);
    const sources = pathInputs(node);
    if (sources.length === 0) continue;
    const before = smallestOf(sources.map((source) => scaleAt(placeOf(source))));
    const scale = before * weightScale(node);
    const input = (source: number): number => rescaled(source, before);
    const place = append(placedNode(node, { input, decider: (position) => position }), scale);
    places.set(position, place);
    if (gateOfNode(node) !== undefined) starts.set(place, scale);
    if (!isWeightNode(node)) continue;
    if (node.weight !== undefined)
      parameters.push({ position: place, kind: "weight", own: node.weight, scale: scale / before });
    if (node.bias !== undefined) parameters.push({ position: place, kind: "bias", own: node.bias, scale });
  }
  const output = placeOf(network.output);
  return { network: { nodes, output }, deciding, parameters, scale: scaleAt(output), starts };
}

/** A node whose value is given: a gate, for a pass may say what a gate gives. */
const placeholder = ({ name, shape, ...node }: GatedNode): GatedNode =>
  // the input has no input, and its value is given already
  node.kind === "input"
    ? { name, shape, ...node }
    : { name, shape, kind: "gate", input: 0, gatedBy: 0, rule: { kind: "hard" } };

/** One over the root of the fan-in. */
function weightScale(node: GatedNode): number {
  const pattern = edgePattern(node);
  if (pattern.kind === "every") return 1 / Math.sqrt(pattern.weight.shape[0] ?? 1);
  if (pattern.kind === "convolution") return 1 / Math.sqrt(sizeOf(pattern.weight.shape.slice(1)));
  return pattern.kind === "edges" && isWeightNode(node) ? 1 / Math.sqrt(Math.max(1, pattern.most)) : 1;
}

/** What stands for the values that a pass is given. */
export interface PassTensors {
  /** Of a weight or bias of the second network, scaled. */
  readonly parameter: NonNullable<ForwardOptions<"float32">["parameter"]>;
  /** The value of a deciding node, `[batch, ...shape]`. */
  readonly decided: (position: number) => FloatTensor;
}

/**
 * Outputs of the second network, `[batch, outputs]`.
 * @param x `[batch, ...inputShape]`
 */
export function linearPass(
  { network, deciding, starts }: SeparatedNetwork,
  x: FloatTensor,
  { parameter, decided }: PassTensors,
): FloatTensor {
  const given = new Set(deciding);
  const values = forwardNodes(network, x, {
    parameter,
    gate: (position, z, q) =>
      given.has(position) ? decided(position) : gateValue(nodeAt(network, position), z, q, starts.get(position) ?? 1),
  });
  const output = values.get(network.output);
  if (output === undefined) throw new Error("unreachable: a network without its output");
  return output;
}

/** `z · G`; what a clipped gate adds comes at the scale of its paths. */
function gateValue(node: GatedNode, z: FloatTensor, q: FloatTensor, scale: number): FloatTensor {
  const own = gateOfNode(node);
  if (own === undefined) throw new Error(`unreachable: node "${node.name}" is no gate`);
  const { gate, start } = gateOf(own.rule, q);
  return passGate(z, start === undefined ? { gate } : { gate, start: multiply(start, scale) });
}
