import { GatewiseError } from "../errors.ts";
import { sizeOf } from "../graph/index.ts";
import {
  type GatedNetwork,
  type GatedNode,
  type GateNode,
  inputShapeOf,
  pathInputs,
  usedNodes,
  type Weights,
} from "../network/index.ts";
import { mapEdges, windowUnits } from "./edge-maps.ts";

/** The linear network along which paths run: edges, and where paths start with which value. All float64. */
export interface PathGraph {
  readonly network: GatedNetwork;
  /** By position of a gate, its values by unit; all 1 where there are none. */
  readonly gates: ReadonlyMap<number, Float64Array>;
  /** By position of a max-pool, the unit of its input that passes, by unit; the whole window where there are none. */
  readonly selected: ReadonlyMap<number, Int32Array>;
  /**
   * By position, the value of the path that starts at each unit: elements of the input (behind its normalization),
   * biases, the ceiling of saturated units; 0 where none starts.
   */
  readonly starts: ReadonlyMap<number, Float64Array>;
}

/** What the gates of one example leave of the network (theory 1). */
export interface ActiveNetwork extends PathGraph {
  /** What each used node gives, by position. */
  readonly values: ReadonlyMap<number, Float64Array>;
  readonly logits: Float64Array;
}

/**
 * Evaluates the network on one example and keeps what is active, in float64.
 * @param input the elements of one example, `[...inputShape]` in C order
 * @throws GatewiseError if the example has another number of elements
 */
export function activate(network: GatedNetwork, input: ArrayLike<number>): ActiveNetwork {
  const size = sizeOf(inputShapeOf(network));
  if (input.length !== size) {
    throw new GatewiseError({
      received: `an example of ${input.length} elements`,
      expected: `${size}, the shape [${inputShapeOf(network).join(", ")}]`,
      next: "give one example at a time, as the network has it",
    });
  }
  const values = new Map<number, Float64Array>();
  const gates = new Map<number, Float64Array>();
  const selected = new Map<number, Int32Array>();
  const starts = new Map<number, Float64Array>();
  const at = (position: number): Float64Array => values.get(position) ?? new Float64Array();
  const shapeAt = (position: number): readonly number[] => network.nodes[position]?.shape ?? [];
  for (const position of usedNodes(network)) {
    const node = network.nodes[position];
    if (node === undefined) throw new Error(`unreachable: no node ${position}`);
    if (node.kind === "gate") gates.set(position, gateValues(node, at(node.gatedBy)));
    if (node.kind === "max-pool") {
      selected.set(position, selectedUnits(node, at(node.selectedBy), shapeAt(node.selectedBy)));
    }
    const begun = startsOf(node, input, at);
    if (begun !== undefined) starts.set(position, begun);
    const inputs = pathInputs(node).map((source) => ({ data: at(source), shape: shapeAt(source) }));
    const decided = { gates: gates.get(position), selected: selected.get(position) };
    const value = mapEdges(node, inputs, decided, (weight) => weight, "sum");
    if (begun !== undefined) for (let i = 0; i < value.length; i++) value[i]! += begun[i]!;
    values.set(position, value);
  }
  return { network, gates, selected, starts, values, logits: at(network.output) };
}

/** Gate values of a node, from the pre-activation that decides them. */
function gateValues({ rule, shape }: GateNode, q: Float64Array): Float64Array {
  switch (rule.kind) {
    case "hard":
      return q.map((value) => (value > 0 ? 1 : 0));
    case "soft":
      return q.map((value) => (1 + rule.epsilon) / (1 + Math.exp(-rule.beta * value)));
    case "leaky": {
      const slopes = perUnit(rule.slopes, shape);
      return q.map((value, i) => (value > 0 ? 1 : slopes[i]!));
    }
    case "clipped":
      return q.map((value) => (value > 0 && value < rule.ceiling ? 1 : 0));
  }
}

/** The unit of each window at which `deciding` is greatest, the first at a tie. */
function selectedUnits(
  node: Extract<GatedNode, { readonly kind: "max-pool" }>,
  deciding: Float64Array,
  shape: readonly number[],
): Int32Array {
  return Int32Array.from({ length: sizeOf(node.shape) }, (_, unit) =>
    windowUnits(node, shape, unit).reduce((best, one) => (deciding[one]! > deciding[best]! ? one : best)),
  );
}

function startsOf(
  node: GatedNode,
  input: ArrayLike<number>,
  at: (position: number) => Float64Array,
): Float64Array | undefined {
  switch (node.kind) {
    case "input":
      return Float64Array.from(input);
    case "normalize":
      return Float64Array.from(input, (x, i) => x * node.factor.data[i]! + node.shift.data[i]!);
    case "dense":
    case "convolution":
    case "scale":
      return node.bias && perUnit(node.bias, node.shape);
    case "gate": {
      const { rule } = node;
      if (rule.kind !== "clipped") return undefined;
      return at(node.gatedBy).map((q) => (q >= rule.ceiling ? rule.ceiling : 0));
    }
    default:
      return undefined;
  }
}

/** One number, or one for each channel (axis 0), by unit. */
export function perUnit({ data }: Weights, shape: readonly number[]): Float64Array {
  const positions = sizeOf(shape.slice(1));
  return Float64Array.from(
    { length: sizeOf(shape) },
    (_, i) => data[data.length === 1 ? 0 : Math.floor(i / positions)]!,
  );
}

/**
 * The network with every gate open and 1 at every element of the input: max-pools pass the sum of their windows, and no
 * path starts at a saturated unit.
 */
export function openNetwork(network: GatedNetwork): PathGraph {
  const starts = new Map<number, Float64Array>();
  for (const position of usedNodes(network)) {
    const node = network.nodes[position];
    if (node?.kind === "input" || node?.kind === "normalize") {
      starts.set(position, new Float64Array(sizeOf(node.shape)).fill(1));
    } else if (node !== undefined && node.kind !== "gate") {
      const begun = startsOf(node, [], () => new Float64Array());
      if (begun !== undefined) starts.set(position, begun);
    }
  }
  return { network, gates: new Map(), selected: new Map(), starts };
}
