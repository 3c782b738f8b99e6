/**
 * Path bundles (theory 3.5): all paths that go through the same weights, however many positions they take. A bundle is
 * walked from the output back to where it starts: what is known of it on the way is, for each unit before its last
 * weight, the sum over all ways from there to the output.
 */
import { largestOf } from "../graph/index.ts";
import {
  type GatedNetwork,
  gateOfNode,
  isWeightNode,
  pathInputs,
  type WeightNode,
  weightLayers,
} from "../network/index.ts";
import { visitEdgesInto } from "./edges-into.ts";
import type { PathGraph } from "./path-graph.ts";
import { edgesOfWeight, positionsOf } from "./weight-edges.ts";

/** A weight or a bias that a bundle goes through. */
export interface BundleStep {
  /** Of the node that holds it. */
  readonly position: number;
  /** The bias: the bundle starts there. */
  readonly bias: boolean;
  /** Place in the node's weights, or in its biases. */
  readonly index: number;
}

/** Units of a node and a number for each, ascending. */
export interface Sparse {
  readonly units: Int32Array;
  readonly values: Float64Array;
}

/**
 * Where bundles begin without a weight: at the input, raw or normalized, or at saturated units. Gates behind one weight
 * layer are one start: what differs between paths from them is no weight.
 */
export interface BundleEnd {
  readonly kind: "input" | "saturation";
  /** The weight layer before the saturated units; 0 where there is none, and at the input. */
  readonly layer: number;
  /** The nodes that paths start at. */
  readonly positions: readonly number[];
  /** Of the paths that start there. */
  readonly sum: number;
  /** Names of the units that they start at, where paths are counted. */
  readonly units: ReadonlySet<string>;
}

/** What the walked part of a bundle reaches without another weight. */
export interface Reached {
  /** Units of weight nodes, by position. */
  readonly fronts: ReadonlyMap<number, Sparse>;
  readonly ends: readonly BundleEnd[];
}

export interface WalkOptions {
  /**
   * Numbers at a node are in units of `2^(exponent of the output − exponent of the node)`, so that deep networks stay
   * within float64.
   */
  readonly exponentAt: (position: number) => number;
  /** Count paths instead: every weight, gate and start is a 1. */
  readonly counting: boolean;
}

type Values = Map<number, number>;

export class BundleWalk {
  readonly #graph: PathGraph;
  readonly #exponentAt: (position: number) => number;
  readonly #counting: boolean;
  readonly #layers: ReadonlyMap<number, number>;

  constructor(graph: PathGraph, { exponentAt, counting }: WalkOptions) {
    this.#graph = graph;
    this.#exponentAt = exponentAt;
    this.#counting = counting;
    this.#layers = weightLayers(graph.network);
  }

  /** Every bundle of an output, before its last weight. */
  begin(output: number): Reached {
    return this.#settle(new Map([[this.#graph.network.output, new Map([[output, 1]])]]));
  }

  /** Those of them that go through that weight. Not for biases: there a bundle starts. */
  through({ fronts }: Reached, { position, index }: BundleStep): Reached {
    const node = this.#weightNode(position);
    const front = fronts.get(position);
    if (front === undefined) return { fronts: new Map(), ends: [] };
    const pending = new Map<number, Values>();
    const weight = this.#weightAt(node, index);
    const gates = this.#graph.gates.get(position);
    const sources = pathInputs(node).map((source) => ({
      factor: this.#counting ? 1 : weight * this.#scale(position, source),
      moved: movedTo(pending, source),
    }));
    const edges = edgesOfWeight(this.#graph.network, node, index);
    front.units.forEach((unit, i) => {
      const gate = gates?.[unit] ?? 1;
      if (gate === 0) return;
      const value = this.#counting ? front.values[i]! : front.values[i]! * gate;
      edges(unit, (which, from) => {
        const { factor, moved } = sources[which]!;
        moved.set(from, (moved.get(from) ?? 0) + factor * value);
      });
    });
    return this.#settle(pending);
  }

  /** Sum over the bundle that starts at a bias, and the units it starts at. */
  fromBias({ fronts }: Reached, { position, index }: BundleStep): { readonly sum: number; readonly units: number } {
    const node = this.#weightNode(position);
    const front = fronts.get(position);
    const factor = this.#counting ? 1 : (node.bias?.data[index] ?? 0) * 2 ** -this.#exponentAt(position);
    const perChannel = positionsOf(node);
    let sum = 0;
    let units = 0;
    front?.units.forEach((unit, i) => {
      if (Math.floor(unit / perChannel) !== index) return;
      sum += factor * front.values[i]!;
      units += 1;
    });
    return { sum, units };
  }

  #weightNode(position: number): WeightNode {
    const node = this.#graph.network.nodes[position];
    if (node === undefined || !isWeightNode(node)) throw new Error(`unreachable: no weights at ${position}`);
    return node;
  }

  #weightAt = (node: WeightNode, index: number): number => node.weight?.data[index] ?? 1;

  /** Powers of two of an edge from `source` into `position`. */
  #scale = (position: number, source: number): number => 2 ** (this.#exponentAt(source) - this.#exponentAt(position));

  /** Carries values back over edges without weights, to weight nodes and starts. */
  #settle(pending: Map<number, Values>): Reached {
    const fronts = new Map<number, Sparse>();
    const ends: BundleEnd[] = [];
    for (let position = largestOf(pending.keys()); position >= 0; position--) {
      const values = pending.get(position);
      if (values === undefined || values.size === 0) continue;
      const node = this.#graph.network.nodes[position];
      if (isWeightNode(node)) fronts.set(position, sparse(values));
      else for (const end of this.#endAt(position, values)) ends.push(end);
      if (isWeightNode(node) && node.weight !== undefined) continue;
      for (const [unit, value] of values) {
        visitEdgesInto(this.#graph, position, unit, (source, from, weight) => {
          const added = value * (this.#counting ? 1 : weight * this.#scale(position, source));
          const at = movedTo(pending, source);
          at.set(from, (at.get(from) ?? 0) + added);
        });
      }
    }
    return { fronts, ends: joined(ends) };
  }

  #endAt(position: number, values: Values): readonly BundleEnd[] {
    const { network, starts: all } = this.#graph;
    const starts = all.get(position);
    if (starts === undefined) return [];
    const isSaturation = gateOfNode(network.nodes[position]) !== undefined;
    const scale = 2 ** -this.#exponentAt(position);
    let sum = 0;
    let count = 0;
    const units = new Set<string>();
    for (const [unit, value] of values) {
      const start = starts[unit]!;
      // an input of 0 is active all the same, a unit that is not saturated starts no path
      if (isSaturation && start === 0) continue;
      sum += this.#counting ? value : value * start * scale;
      count += 1;
      if (this.#counting) units.add(isSaturation ? `${position}:${unit}` : `${unit}`);
    }
    if (count === 0) return [];
    const common = { positions: [position], sum, units };
    return isSaturation
      ? [{ kind: "saturation", layer: layerBefore(network, this.#layers, position), ...common }]
      : [{ kind: "input", layer: 0, ...common }];
  }
}

/** The weight layer that a node's first path comes through last; 0 where there is none. */
function layerBefore({ nodes }: GatedNetwork, layers: ReadonlyMap<number, number>, gate: number): number {
  let position = gate;
  for (let node = nodes[position]; node !== undefined && !layers.has(position); node = nodes[position]) {
    const [input] = pathInputs(node);
    if (input === undefined) break;
    position = input;
  }
  return layers.get(position) ?? 0;
}

/** Ends of one start as one: raw and normalized inputs, gates behind one weight layer. */
function joined(ends: readonly BundleEnd[]): readonly BundleEnd[] {
  const starts = new Map<string, BundleEnd>();
  for (const end of ends) {
    const key = startKey(end);
    const known = starts.get(key);
    const whole = known && {
      ...end,
      positions: [...known.positions, ...end.positions],
      sum: known.sum + end.sum,
      units: new Set([...known.units, ...end.units]),
    };
    starts.set(key, whole ?? end);
  }
  return [...starts.values()];
}

/** Names a start among those of bundles with the same weights. */
export const startKey = ({ kind, layer }: BundleEnd): string => `${kind} ${layer}`;

/** What goes to a node, none yet where nothing did. */
function movedTo(pending: Map<number, Values>, position: number): Values {
  const values = pending.get(position) ?? new Map<number, number>();
  pending.set(position, values);
  return values;
}

const sparse = (values: Values): Sparse => {
  const units = Int32Array.from(values.keys()).sort();
  return { units, values: Float64Array.from(units, (unit) => values.get(unit) ?? 0) };
};
