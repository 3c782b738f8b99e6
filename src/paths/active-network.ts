import { GatewiseError } from "../errors.ts";
import { eachNumber, sizeOf } from "../graph/index.ts";
import {
  chosenUnits,
  decisionOf,
  type GatedNetwork,
  type GatedNode,
  type GateRule,
  inputShapeOf,
  pathInputs,
  scalarGate,
  startAt,
  startsAt,
  usedNodes,
  type Weights,
} from "../network/index.ts";
import { mapEdges } from "./edge-maps.ts";
import { ITSELF } from "./factors.ts";
import type { PathGraph } from "./path-graph.ts";
import { commonExponent, overflowing, plain, scaledBy } from "./path-pass.ts";

/** What the gates of one example leave of the network (theory 1). */
export interface ActiveNetwork extends PathGraph {
  /** What each used node gives, by position; 0 or infinite beyond float64, where gates are right all the same. */
  readonly values: ReadonlyMap<number, Float64Array>;
  readonly logits: Float64Array;
}

/**
 * Evaluates the network on one example and keeps what is active, in float64 with a power of two for each node: gates do
 * not change under it, and tiny weights in many layers do not shut them by underflow.
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
  const scaled = new Map<number, { readonly exponent: number; readonly totals: Float64Array }>();
  const gates = new Map<number, Float64Array>();
  const selected = new Map<number, Int32Array>();
  const starts = new Map<number, Float64Array>();
  const scaledAt = (position: number) => scaled.get(position) ?? { exponent: 0, totals: new Float64Array() };
  const at = (position: number): Float64Array => {
    const { exponent, totals } = scaledAt(position);
    if (exponent === 0) return totals;
    return eachNumber(new Float64Array(totals.length), totals, (value) =>
      value === 0 ? 0 : plain({ value, exponent }),
    );
  };
  const shapeAt = (position: number): readonly number[] => network.nodes[position]?.shape ?? [];
  for (const position of usedNodes(network)) {
    const node = network.nodes[position];
    if (node === undefined) throw new Error(`unreachable: no node ${position}`);
    const decision = decisionOf(node);
    if (decision?.kind === "gate") {
      const { bySign } = scalarGate(decision.rule);
      gates.set(position, gateValues(node, decision.rule, bySign ? scaledAt(decision.by).totals : at(decision.by)));
    }
    if (decision?.kind === "choice") {
      selected.set(position, chosenUnits(node, shapeAt(decision.by), scaledAt(decision.by).totals));
    }
    const begun = startsOf(node, input, at);
    if (begun !== undefined) starts.set(position, begun);
    const inputs = pathInputs(node).map((source) => ({ ...scaledAt(source), shape: shapeAt(source) }));
    const exponent = commonExponent(inputs, begun);
    const vectors = inputs.map((one) => ({ data: scaledBy(one.totals, one.exponent - exponent), shape: one.shape }));
    const decided = { gates: gates.get(position), selected: selected.get(position) };
    const value = mapEdges(node, vectors, decided, ITSELF, "sum");
    if (begun !== undefined) for (let i = 0; i < value.length; i++) value[i]! += begun[i]! * 2 ** -exponent;
    const shift = overflowing(value);
    scaled.set(position, { exponent: exponent + shift, totals: scaledBy(value, -shift) });
  }
  const values = new Map([...scaled.keys()].map((position) => [position, at(position)]));
  return { network, gates, selected, starts, values, logits: at(network.output) };
}

/** Gate values of a node, from the pre-activation that decides them. */
function gateValues({ shape }: GatedNode, rule: GateRule, q: Float64Array): Float64Array {
  const { gate } = scalarGate(rule);
  const positions = sizeOf(shape.slice(1));
  const values = new Float64Array(q.length);
  for (let i = 0, channel = 0; i < q.length; channel++) {
    for (const end = i + positions; i < end; i++) values[i] = gate(q[i]!, channel);
  }
  return values;
}

function startsOf(
  node: GatedNode,
  example: ArrayLike<number>,
  at: (position: number) => Float64Array,
): Float64Array | undefined {
  const decision = decisionOf(node);
  if (decision?.kind === "gate") {
    const gate = scalarGate(decision.rule);
    return gate.starts.length === 0 ? undefined : at(decision.by).map((q) => startAt(gate, q));
  }
  const starts = startsAt(node);
  if (starts?.kind === "bias") return perUnit(starts.bias, node.shape);
  const inputs = pathInputs(node);
  return starts?.values(inputs.length === 0 ? [Float64Array.from(example)] : inputs.map(at));
}

/** One number, or one for each channel (axis 0), by unit. */
export function perUnit({ data }: Weights, shape: readonly number[]): Float64Array {
  const positions = sizeOf(shape.slice(1));
  const units = new Float64Array(sizeOf(shape));
  for (let i = 0; i < units.length; i += positions)
    units.fill(data[data.length === 1 ? 0 : i / positions]!, i, i + positions);
  return units;
}

/**
 * The network with every gate open and 1 at every element of the input: max-pools pass the sum of their windows, and no
 * path starts at a saturated unit.
 */
export function openNetwork(network: GatedNetwork): PathGraph {
  const starts = new Map<number, Float64Array>();
  for (const position of usedNodes(network)) {
    const node = network.nodes[position];
    const begun = node && startsAt(node);
    if (node === undefined || begun === undefined) continue;
    const size = sizeOf(node.shape);
    starts.set(position, begun.kind === "bias" ? perUnit(begun.bias, node.shape) : new Float64Array(size).fill(1));
  }
  return { network, gates: new Map(), selected: new Map(), starts };
}
