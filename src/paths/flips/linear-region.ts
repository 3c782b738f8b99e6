/**
 * A network behind decisions that are held as they are: there, every value is a linear function of the input (theory 1.1), whose
 * value and change come from one pass each.
 */

import { sizeOf } from "../../graph/index.ts";
import {
  type GatedNetwork,
  type GatedNode,
  gateOfNode,
  pathInputs,
  scalarGate,
  startAt,
  startsAt,
  type Threshold,
} from "../../network/index.ts";
import type { ActiveNetwork } from "../active-network.ts";
import { mapEdges } from "../edge-maps.ts";
import { perUnit } from "../evaluation.ts";
import { ITSELF } from "../factors.ts";
import { beyondFloat64 } from "../path-pass.ts";
import { type Decider, decidersOf, decidingPart } from "./deciders.ts";

/** Values of the nodes of the deciding part, by position. */
export type Values = Map<number, Float64Array>;

/** A decider with what it has decided: of gates how many of `flipsAt` each pre-activation has passed, of choices the unit that passes. */
export type Held = Decider & { readonly states: Int32Array };

/** The network's deciding part behind the decisions of one example, which can be changed one by one. */
export class LinearRegion {
  readonly held: readonly Held[];
  private readonly network: GatedNetwork;
  private readonly part: readonly number[];
  private readonly gates = new Map<number, Float64Array>();
  private readonly selected = new Map<number, Int32Array>();
  /** What starts at nodes: of the network alone, or of gates that are saturated. */
  private readonly starts = new Map<number, Float64Array>();

  /** @throws GatewiseError if a soft gate decides further ones */
  constructor({ network, values, selected }: ActiveNetwork) {
    this.network = network;
    const deciders = decidersOf(network);
    this.part = decidingPart(network, deciders);
    this.held = deciders.map((decider) => {
      const [first = -1] = decider.positions;
      const states =
        decider.kind === "choice"
          ? Int32Array.from(selected.get(first) ?? [])
          : Int32Array.from(
              values.get(decider.by) ?? [],
              (q) => decider.flipsAt.filter((at) => hasPassed(q, at)).length,
            );
      return { ...decider, states };
    });
    for (const position of this.part) {
      const node = network.nodes[position];
      const begun = node && startsAt(node);
      if (begun?.kind === "bias") this.starts.set(position, perUnit(begun.bias, node?.shape ?? []));
    }
    for (const one of this.held) {
      for (const position of one.positions) {
        if (one.kind === "choice") this.selected.set(position, one.states);
        else for (let unit = 0; unit < one.states.length; unit++) this.setGate(position, one, unit);
      }
    }
  }

  /** Decides anew at one unit. */
  decide(held: Held, unit: number, state: number): void {
    held.states[unit] = state;
    if (held.kind === "gate") for (const position of held.positions) this.setGate(position, held, unit);
  }

  /** Decides anew at all units. */
  decideAll(held: Held, states: Int32Array): void {
    for (let unit = 0; unit < states.length; unit++) {
      if (held.states[unit] !== states[unit]) this.decide(held, unit, states[unit]!);
    }
  }

  private setGate(position: number, { flipsAt, states }: Held & { readonly kind: "gate" }, unit: number): void {
    const node = this.network.nodes[position];
    const rule = gateOfNode(node)?.rule;
    if (node === undefined || rule === undefined) throw new Error(`unreachable: no gate ${position}`);
    const units = sizeOf(node.shape);
    const gate = scalarGate(rule);
    const q = between(flipsAt, states[unit]!);
    const values = this.gates.get(position) ?? new Float64Array(units);
    values[unit] = gate.gate(q, Math.floor(unit / sizeOf(node.shape.slice(1))));
    this.gates.set(position, values);
    if (gate.starts.length === 0) return;
    const starts = this.starts.get(position) ?? new Float64Array(units);
    starts[unit] = startAt(gate, q);
    this.starts.set(position, starts);
  }

  /** The nodes of the deciding part whose values hang on what these decide, ascending. */
  behind({ positions }: Held): readonly number[] {
    const reached = new Set(positions);
    return this.part.filter((position) => {
      const node = this.network.nodes[position];
      const isReached = node !== undefined && (reached.has(position) || pathInputs(node).some((at) => reached.has(at)));
      if (isReached) reached.add(position);
      return isReached;
    });
  }

  /** The nodes of the deciding part behind the first position, up to the other, ascending. */
  between(behind: number, upTo: number): readonly number[] {
    return this.part.filter((position) => position > behind && position <= upTo);
  }

  /**
   * Values at an input, or their change along a direction, behind what is held.
   * @param values of nodes that are not asked for; what comes out is written there
   * @param positions of the deciding part, ascending
   * @throws GatewiseError if one leaves float64
   */
  pass(kind: "values" | "change", input: Float64Array, values: Values = new Map(), positions = this.part): Values {
    for (const position of positions) {
      const node = this.network.nodes[position];
      if (node !== undefined) values.set(position, this.valueOf(kind, position, node, input, values));
    }
    return values;
  }

  private valueOf(
    kind: "values" | "change",
    position: number,
    node: GatedNode,
    input: Float64Array,
    values: Values,
  ): Float64Array {
    const inputs = pathInputs(node).map((at) => ({
      data: values.get(at) ?? new Float64Array(),
      shape: this.network.nodes[at]?.shape ?? [],
    }));
    const begun = startsAt(node);
    if (begun?.kind === "example") {
      const given = inputs.length === 0 ? [input] : inputs.map(({ data }) => data);
      const there = begun.values(given);
      if (kind === "values") return there;
      const origin = begun.values(given.map(({ length }) => new Float64Array(length)));
      return there.map((value, i) => value - origin[i]!);
    }
    const decided = { gates: this.gates.get(position), selected: this.selected.get(position) };
    const value = mapEdges(node, inputs, decided, ITSELF, "sum");
    const starts = kind === "values" ? this.starts.get(position) : undefined;
    let largest = 0;
    for (let unit = 0; unit < value.length; unit++) {
      if (starts !== undefined) value[unit]! += starts[unit]!;
      largest = Math.max(largest, Math.abs(value[unit]!));
    }
    if (!(largest < Number.POSITIVE_INFINITY)) throw beyondFloat64(`values of layer "${node.name}"`);
    return value;
  }
}

const hasPassed = (value: number, { q, reached }: Threshold): boolean => value > q || (reached && value === q);

/** A pre-activation that has passed so many of the thresholds. */
function between(flipsAt: readonly Threshold[], passed: number): number {
  const [below, above] = [flipsAt[passed - 1]?.q, flipsAt[passed]?.q];
  if (below === undefined) return (above ?? 1) - 1;
  return above === undefined ? below + 1 : (below + above) / 2;
}
