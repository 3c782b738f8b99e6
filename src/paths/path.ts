import { sizeOf } from "../graph/index.ts";
import { type GatedNode, gateOfNode, pathInputs, weightLayers } from "../network/index.ts";
import type { PathGraph } from "./path-graph.ts";
import { log2Of, plain, type Scaled } from "./path-pass.ts";

/** A unit: its index in a vector, `[channel, row, column]` in maps. */
export type Unit = number | readonly [channel: number, row: number, column: number];

/** Where a path starts, and with which value. */
export type PathStart =
  | { readonly kind: "input"; readonly unit: Unit; readonly value: number }
  /** The bias of weight layer `layer`; the value is the bias. */
  | { readonly kind: "bias"; readonly layer: number; readonly unit: Unit; readonly value: number }
  /** A saturated unit of a clipped gate behind weight layer `layer`; the value is the ceiling. */
  | { readonly kind: "saturation"; readonly layer: number; readonly unit: Unit; readonly value: number };

/** A path of one example to one output (theory 2.3 and 2.4). */
export interface Path {
  /** `φ(p)·v(p)`: start, weights, gates and fixed weights (pools) multiplied from the start to the output. */
  readonly contribution: number;
  /** `log₂|contribution|`, right also where the contribution lies outside float64. */
  readonly log2Contribution: number;
  /** The input's element (unless the path starts later) and a unit of each weight layer that the path comes through. */
  readonly units: readonly Unit[];
  /** The weight layer of each of `units`, from 1; 0 is the input. */
  readonly layers: readonly number[];
  /** The weight layer whose bias the path starts at, or null. */
  readonly startsAtBiasOfLayer: number | null;
  readonly start: PathStart;
}

/** A path as its steps, from where it starts to the output. */
export interface Step {
  readonly position: number;
  readonly unit: number;
  /** Of the edge to the next step; 1 at the output. */
  readonly weight: number;
}

/** Turns steps into paths. */
export class PathReader {
  readonly #graph: PathGraph;
  readonly #layers: ReadonlyMap<number, number>;

  constructor(graph: PathGraph) {
    this.#graph = graph;
    this.#layers = weightLayers(graph.network);
  }

  /** @param steps from the start to the output */
  pathOf(steps: readonly Step[]): Path {
    const { nodes } = this.#graph.network;
    const contribution = this.#contribution(steps);
    const start = this.#start(steps);
    const units: Unit[] = start.kind === "bias" ? [] : [start.unit];
    const layers: number[] = start.kind === "bias" ? [] : [start.kind === "input" ? 0 : start.layer];
    for (const { position, unit } of steps) {
      const layer = this.#layers.get(position);
      if (layer === undefined) continue;
      units.push(unitOf(unit, nodes[position]?.shape ?? []));
      layers.push(layer);
    }
    return {
      contribution: plain(contribution),
      log2Contribution: log2Of(contribution),
      units,
      layers,
      startsAtBiasOfLayer: start.kind === "bias" ? start.layer : null,
      start,
    };
  }

  /** The product in one order for all, so equal paths have equal bits; powers of two are taken out as it goes. */
  #contribution(steps: readonly Step[]): Scaled {
    let value = this.#startValue(steps[0]);
    let exponent = 0;
    for (const { weight } of steps) {
      value *= weight;
      const magnitude = Math.abs(value);
      if (magnitude > 0 && (magnitude < 2 ** -256 || magnitude > 2 ** 256)) {
        const shift = Math.floor(Math.log2(magnitude));
        value *= 2 ** -shift;
        exponent += shift;
      }
    }
    return { value, exponent };
  }

  #startValue(step: Step | undefined): number {
    return step === undefined ? 0 : (this.#graph.starts.get(step.position)?.[step.unit] ?? 0);
  }

  #start([first]: readonly Step[]): PathStart {
    if (first === undefined) throw new Error("unreachable: a path without steps");
    const node = this.#graph.network.nodes[first.position];
    const unit = unitOf(first.unit, node?.shape ?? []);
    const value = this.#startValue(first);
    const layer = this.#layers.get(first.position);
    if (layer !== undefined) return { kind: "bias", layer, unit, value };
    if (gateOfNode(node) !== undefined)
      return { kind: "saturation", layer: this.#layerBehind(first.position), unit, value };
    return { kind: "input", unit, value };
  }

  /** The weight layer that a node's first path comes through last; 0 where there is none. */
  #layerBehind(position: number): number {
    for (let at: number | undefined = position; at !== undefined; ) {
      const layer = this.#layers.get(at);
      if (layer !== undefined) return layer;
      const node: GatedNode | undefined = this.#graph.network.nodes[at];
      at = node && pathInputs(node)[0];
    }
    return 0;
  }
}

/** A unit of a node of that shape by its place in C order: maps have rank 3, everything else is a vector. */
export function unitOf(index: number, shape: readonly number[]): Unit {
  if (shape.length !== 3) return index;
  const positions = sizeOf(shape.slice(1));
  const [, , columns = 1] = shape;
  return [Math.floor(index / positions), Math.floor((index % positions) / columns), index % columns];
}

/** Larger magnitude first, then by units, then by layers. */
export function sortedPaths(paths: readonly Path[]): readonly Path[] {
  // paths tie by the hundred behind a mean: the numbers of each are listed once
  const listed = paths.map((path) => ({ path, units: path.units.flat() }));
  listed.sort(
    (a, b) =>
      b.path.log2Contribution - a.path.log2Contribution ||
      Math.abs(b.path.contribution) - Math.abs(a.path.contribution) ||
      compareNumbers(a.units, b.units) ||
      compareNumbers(a.path.layers, b.path.layers),
  );
  return listed.map(({ path }) => path);
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
