/**
 * All paths of a small network for one example, one by one: the definition of theory 2.5 read aloud, in float64. Shares no
 * code with `src/paths`: every unit is evaluated by recursion over the edges listed here, and the gates come from that.
 */
import { sizeOf } from "../../src/graph/index.ts";
import type { GatedNetwork, GatedNode, MapWindow } from "../../src/network/index.ts";

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

interface Edge {
  readonly node: number;
  readonly unit: number;
  readonly weight: number;
  /** What the example makes of the edge: 0 or 1 for a selection, a gate's value. */
  readonly gate: number;
}

interface Unit {
  readonly edges: readonly Edge[];
  /** A path that starts here: its value of the example, its part of the weights. */
  readonly starts: readonly { readonly value: number; readonly weight: number; readonly saturation: boolean }[];
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

class Evaluation {
  readonly #network: GatedNetwork;
  readonly #input: ArrayLike<number>;
  readonly #values = new Map<string, number>();
  readonly #units = new Map<string, Unit>();

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
    const known = this.#units.get(key) ?? this.#unitOf(this.#node(node), unit);
    this.#units.set(key, known);
    return known;
  }

  #node(position: number): GatedNode {
    const node = this.#network.nodes[position];
    if (node === undefined) throw new Error(`no node ${position}`);
    return node;
  }

  #unitOf(node: GatedNode, unit: number): Unit {
    const index = indexOf(unit, node.shape);
    const [channel = 0, ...position] = index;
    const biased = (edges: readonly Edge[]): Unit => {
      const bias = "bias" in node ? node.bias?.data[channel] : undefined;
      return { edges, starts: bias === undefined ? [] : [{ value: bias, weight: bias, saturation: false }] };
    };
    const edge = (from: number, fromUnit: number, weight = 1, gate = 1): Edge => ({
      node: from,
      unit: fromUnit,
      weight,
      gate,
    });
    switch (node.kind) {
      case "input":
        return { edges: [], starts: [{ value: this.#input[unit] ?? 0, weight: 1, saturation: false }] };
      case "normalize": {
        const value = (this.#input[unit] ?? 0) * (node.factor.data[unit] ?? 0) + (node.shift.data[unit] ?? 0);
        return { edges: [], starts: [{ value, weight: 1, saturation: false }] };
      }
      case "dense": {
        const [inputs = 0, units = 0] = node.weight.shape;
        return biased(
          Array.from({ length: inputs }, (_, i) => edge(node.input, i, node.weight.data[i * units + unit])),
        );
      }
      case "convolution": {
        const { shape } = this.#node(node.input);
        const [, perGroup = 0] = node.weight.shape;
        const group = Math.floor(channel / ((node.shape[0] ?? 0) / node.groups));
        return biased(
          Array.from({ length: perGroup }, (_, c) =>
            cellsOf(node.window, position, shape).map(({ row, column, tap }) =>
              edge(
                node.input,
                placeOf([group * perGroup + c, row, column], shape),
                node.weight.data[placeOf([channel, c, ...tap], node.weight.shape)],
              ),
            ),
          ).flat(),
        );
      }
      case "scale":
        return biased([edge(node.input, unit, node.weight?.data[channel] ?? 1)]);
      case "gate": {
        const q = this.value(node.gatedBy, unit);
        const { rule } = node;
        switch (rule.kind) {
          case "hard":
            return { edges: [edge(node.input, unit, 1, q > 0 ? 1 : 0)], starts: [] };
          case "soft": {
            const gate = (1 + rule.epsilon) * (1 / (1 + Math.exp(-rule.beta * q)));
            return { edges: [edge(node.input, unit, 1, gate)], starts: [] };
          }
          case "leaky": {
            const slope = rule.slopes.data[rule.slopes.data.length === 1 ? 0 : channel] ?? 0;
            return { edges: [edge(node.input, unit, 1, q > 0 ? 1 : slope)], starts: [] };
          }
          case "clipped": {
            const saturated = q >= rule.ceiling ? rule.ceiling : 0;
            return {
              edges: [edge(node.input, unit, 1, q > 0 && q < rule.ceiling ? 1 : 0)],
              starts: [{ value: saturated, weight: 1, saturation: true }],
            };
          }
        }
        break;
      }
      case "max-pool": {
        const { shape } = this.#node(node.input);
        const cells = cellsOf(node.window, position, shape).map(({ row, column }) =>
          placeOf([channel, row, column], shape),
        );
        const deciding = cells.map((cell) => this.value(node.selectedBy, cell));
        const chosen = deciding.indexOf(Math.max(...deciding));
        return { edges: cells.map((cell, i) => edge(node.input, cell, 1, i === chosen ? 1 : 0)), starts: [] };
      }
      case "average-pool": {
        const { shape } = this.#node(node.input);
        const cells = cellsOf(node.window, position, shape);
        const divisor = node.countPadding ? sizeOf(node.window.kernel) : cells.length;
        return {
          edges: cells.map(({ row, column }) => edge(node.input, placeOf([channel, row, column], shape), 1 / divisor)),
          starts: [],
        };
      }
      case "sum":
        return { edges: node.inputs.map((input) => edge(input, unit)), starts: [] };
      case "concat": {
        let along = index[node.axis] ?? 0;
        for (const input of node.inputs) {
          const { shape } = this.#node(input);
          const size = shape[node.axis] ?? 0;
          if (along < size) {
            const at = index.map((i, axis) => (axis === node.axis ? along : i));
            return { edges: [edge(input, placeOf(at, shape))], starts: [] };
          }
          along -= size;
        }
        throw new Error("beyond the concatenated nodes");
      }
      case "rearrange": {
        const from = node.from === undefined ? unit : (node.from[unit] ?? -1);
        return { edges: from < 0 ? [] : [edge(node.input, from)], starts: [] };
      }
    }
  }
}

/** Cells of the map under a window, with their tap; padding left out. */
function cellsOf(window: MapWindow, [row = 0, column = 0]: readonly number[], shape: readonly number[]) {
  const [, height = 0, width = 0] = shape;
  const taps = Array.from({ length: sizeOf(window.kernel) }, (_, i) => indexOf(i, window.kernel));
  return taps
    .map(([ky = 0, kx = 0]) => ({
      tap: [ky, kx],
      row: row * window.strides[0] - window.pads[0] + ky * window.dilations[0],
      column: column * window.strides[1] - window.pads[1] + kx * window.dilations[1],
    }))
    .filter((cell) => cell.row >= 0 && cell.row < height && cell.column >= 0 && cell.column < width);
}

/** Index in each axis of the element at that place in C order. */
function indexOf(place: number, shape: readonly number[]): readonly number[] {
  return shape.map((size, axis) => Math.floor(place / sizeOf(shape.slice(axis + 1))) % size);
}

const placeOf = (index: readonly number[], shape: readonly number[]): number =>
  index.reduce((place, i, axis) => place * (shape[axis] ?? 1) + i, 0);
