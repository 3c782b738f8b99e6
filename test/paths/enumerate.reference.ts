/**
 * All paths of a small network for one example, one by one: the definition of theory 2.5 read aloud, in float64. Shares no
 * code with `src/paths`: every unit is evaluated by recursion over the edges listed here, and the gates come from that.
 */
import type { GatedNetwork, GatedNode } from "../../src/network/index.ts";
import { type Unit, type UnitTools, unitOf } from "./node-kinds.reference.ts";

export interface EnumeratedPath {
  /** `[node, unit]` from where the path starts to the output. */
  readonly steps: readonly (readonly [node: number, unit: number])[];
  /** Whether every gate on it is not 0 (and, for a path from a saturated unit, the unit is saturated). */
  readonly active: boolean;
  /** `φ(p)·v(p)`; 0 if it is not active. */
  readonly contribution: number;
  /** Product of weights, biases and fixed weights alone. */
  readonly value: number;
  readonly startsAtSaturation: boolean;
}

/** Every path to an output, those included whose gates are shut. */
export function enumeratePaths(
  network: GatedNetwork,
  input: ArrayLike<number>,
  output: number,
): readonly EnumeratedPath[] {
  const evaluation = new Evaluation(network, input);
  const found: EnumeratedPath[] = [];
  const walk = (
    node: number,
    unit: number,
    behind: EnumeratedPath["steps"],
    weights: readonly number[],
    gates: readonly number[],
  ): void => {
    const steps = [[node, unit] as const, ...behind];
    const { edges, starts } = evaluation.unit(node, unit);
    for (const { value, weight, saturation } of starts) {
      const active = gates.every((gate) => gate !== 0) && (!saturation || value !== 0);
      const product = weights.reduce((a, b) => a * b, 1);
      const contribution = active ? gates.reduce((a, b) => a * b, value * product) : 0;
      found.push({ steps, active, contribution, value: weight * product, startsAtSaturation: saturation });
    }
    for (const edge of edges) walk(edge.node, edge.unit, steps, [edge.weight, ...weights], [edge.gate, ...gates]);
  };
  walk(network.output, output, [], [], []);
  return found;
}

/** The network's outputs for the example. */
export function enumeratedLogits(network: GatedNetwork, input: ArrayLike<number>): readonly number[] {
  const evaluation = new Evaluation(network, input);
  return Array.from({ length: network.nodes[network.output]?.shape[0] ?? 0 }, (_, unit) =>
    evaluation.value(network.output, unit),
  );
}

/** Units of a network for one example, by recursion. */
export class Evaluation {
  readonly #network: GatedNetwork;
  readonly #input: ArrayLike<number>;
  readonly #values = new Map<string, number>();
  readonly #units = new Map<string, Unit>();
  readonly #tools: UnitTools = {
    example: (unit) => this.#input[unit] ?? 0,
    shape: (position) => this.#node(position).shape,
    value: (position, unit) => this.value(position, unit),
  };

  constructor(network: GatedNetwork, input: ArrayLike<number>) {
    this.#network = network;
    this.#input = input;
  }

  value(node: number, unit: number): number {
    const key = `${node}/${unit}`;
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const { edges, starts } = this.unit(node, unit);
    const value =
      starts.reduce((sum, start) => sum + start.value, 0) +
      edges.reduce((sum, edge) => sum + edge.gate * edge.weight * this.value(edge.node, edge.unit), 0);
    this.#values.set(key, value);
    return value;
  }

  unit(node: number, unit: number): Unit {
    const key = `${node}/${unit}`;
    const known = this.#units.get(key) ?? unitOf(this.#node(node), unit, this.#tools);
    this.#units.set(key, known);
    return known;
  }

  #node(position: number): GatedNode {
    const node = this.#network.nodes[position];
    if (node === undefined) throw new Error(`no node ${position}`);
    return node;
  }
}
