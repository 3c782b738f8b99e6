/** A forward pass of one example in float64, node by node, which can be gone on with from any node on (theory 1). */
import { eachNumber, sizeOf } from "../graph/index.ts";
import {
  chosenUnits,
  decisionOf,
  type GatedNetwork,
  type GatedNode,
  type GateRule,
  pathInputs,
  scalarGate,
  startAt,
  startsAt,
  type Weights,
} from "../network/index.ts";
import { mapEdges } from "./edge-maps.ts";
import { ITSELF } from "./factors.ts";
import { commonExponent, type NodeTotals, overflowing, plain, scaledBy } from "./path-pass.ts";

/** What is known of an example, by position of the nodes that were evaluated. */
export interface Evaluated {
  /** What each gives, with a power of two for each node. */
  readonly totals: Map<number, NodeTotals>;
  readonly gates: Map<number, Float64Array>;
  readonly selected: Map<number, Int32Array>;
  readonly starts: Map<number, Float64Array>;
}

export const newEvaluation = (from?: Evaluated): Evaluated => ({
  totals: new Map(from?.totals),
  gates: new Map(from?.gates),
  selected: new Map(from?.selected),
  starts: new Map(from?.starts),
});

const NONE: NodeTotals = { exponent: 0, totals: new Float64Array(), slopes: undefined };

/** What a node gives; 0 or infinite beyond float64. */
export function plainAt({ totals: all }: Evaluated, position: number): Float64Array {
  const { exponent, totals } = all.get(position) ?? NONE;
  if (exponent === 0) return totals;
  return eachNumber(new Float64Array(totals.length), totals, (value) => (value === 0 ? 0 : plain({ value, exponent })));
}

/**
 * Evaluates a node whose inputs and deciders are evaluated.
 * @param input the elements of the example
 * @param into what is known so far; the node's own is added or replaced
 * @param closed of a gate: units not 0 there are closed whatever is decided, and start nothing
 */
export function evaluateNode(
  network: GatedNetwork,
  position: number,
  input: ArrayLike<number>,
  into: Evaluated,
  closed?: Uint8Array,
): void {
  const node = network.nodes[position];
  if (node === undefined) throw new Error(`unreachable: no node ${position}`);
  const shapeAt = (at: number): readonly number[] => network.nodes[at]?.shape ?? [];
  const decision = decisionOf(node);
  if (decision?.kind === "gate") {
    const { bySign } = scalarGate(decision.rule);
    const q = bySign ? (into.totals.get(decision.by) ?? NONE).totals : plainAt(into, decision.by);
    into.gates.set(position, closing(gateValues(node, decision.rule, q), closed));
  }
  if (decision?.kind === "choice") {
    const { totals } = into.totals.get(decision.by) ?? NONE;
    into.selected.set(position, chosenUnits(node, shapeAt(decision.by), totals));
  }
  const begun = startsOf(node, input, (at) => plainAt(into, at));
  if (begun !== undefined) into.starts.set(position, closing(begun, closed));
  const inputs = pathInputs(node).map((source) => ({ ...(into.totals.get(source) ?? NONE), shape: shapeAt(source) }));
  const exponent = commonExponent(inputs, begun);
  const vectors = inputs.map((one) => ({ data: scaledBy(one.totals, one.exponent - exponent), shape: one.shape }));
  const decided = { gates: into.gates.get(position), selected: into.selected.get(position) };
  const value = mapEdges(node, vectors, decided, ITSELF, "sum");
  if (begun !== undefined) for (let i = 0; i < value.length; i++) value[i]! += begun[i]! * 2 ** -exponent;
  const shift = overflowing(value);
  into.totals.set(position, { exponent: exponent + shift, totals: scaledBy(value, -shift), slopes: undefined });
}

function closing(values: Float64Array, closed: Uint8Array | undefined): Float64Array {
  if (closed !== undefined) for (let i = 0; i < values.length; i++) if (closed[i] !== 0) values[i] = 0;
  return values;
}

/** Gate values of a node, from the pre-activation that decides them. */
function gateValues({ shape }: GatedNode, rule: GateRule, q: Float64Array): Float64Array {
  // nearly all gates are: a call for each unit takes as long as a layer's products
  const values = new Float64Array(q.length);
  if (rule.kind === "hard") {
    for (let i = 0; i < q.length; i++) values[i] = q[i]! > 0 ? 1 : 0;
    return values;
  }
  const { gate } = scalarGate(rule);
  const positions = sizeOf(shape.slice(1));
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
