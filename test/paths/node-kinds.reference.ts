/**
 * What each kind of node is to a path, read aloud: the edges into a unit and what starts there, for one example. Shares no code with
 * `src/network/kinds/`; with a body of `gated-networks.ts` that holds the kind, the row of tests of a kind.
 */
import { sizeOf } from "../../src/graph/index.ts";
import type { GatedNode, MapWindow, NodeKindName, Weights } from "../../src/network/index.ts";

export interface Edge {
  readonly node: number;
  readonly unit: number;
  readonly weight: number;
  /** What the example makes of the edge: 0 or 1 for a selection, a gate's value. */
  readonly gate: number;
  /** Place of the weight among the node's weights; −1 where it is none of them. */
  readonly place: number;
}

export interface Unit {
  readonly edges: readonly Edge[];
  /** A path that starts here: its value of the example, its part of the weights. */
  readonly starts: readonly { readonly value: number; readonly weight: number; readonly saturation: boolean }[];
}

export interface UnitTools {
  readonly example: (unit: number) => number;
  readonly shape: (position: number) => readonly number[];
  /** What a unit of an earlier node gives. */
  readonly value: (position: number, unit: number) => number;
}

type UnitOf<K extends NodeKindName> = (node: GatedNode<Weights, K>, unit: number, tools: UnitTools) => Unit;

const edge = (node: number, unit: number, weight = 1, gate = 1): Edge => ({ node, unit, weight, gate, place: -1 });
/** An edge of one of the node's weights, at that index of their array. */
const weighted = (node: number, unit: number, weight: Weights, index: readonly number[]): Edge => {
  const place = placeOf(index, weight.shape);
  return { node, unit, weight: weight.data[place] ?? Number.NaN, gate: 1, place };
};
const linear = (edges: readonly Edge[]): Unit => ({ edges, starts: [] });
const startingWith = (value: number): Unit => ({ edges: [], starts: [{ value, weight: 1, saturation: false }] });
const biased = (bias: Weights | undefined, channel: number, edges: readonly Edge[]): Unit => {
  const value = bias?.data[channel];
  return { edges, starts: value === undefined ? [] : [{ value, weight: value, saturation: false }] };
};

const UNITS: { readonly [K in NodeKindName]: UnitOf<K> } = {
  input: (_, unit, { example }) => startingWith(example(unit)),
  normalize: ({ factor, shift }, unit, { example }) =>
    startingWith(example(unit) * (factor.data[unit] ?? 0) + (shift.data[unit] ?? 0)),
  dense({ input, weight, bias }, unit) {
    const [inputs = 0] = weight.shape;
    const edges = Array.from({ length: inputs }, (_, i) => weighted(input, i, weight, [i, unit]));
    return biased(bias, unit, edges);
  },
  convolution({ input, weight, bias, window, groups, shape: own }, unit, { shape: shapeOf }) {
    const shape = shapeOf(input);
    const [channel = 0, ...position] = indexOf(unit, own);
    const [, perGroup = 0] = weight.shape;
    const group = Math.floor(channel / ((own[0] ?? 0) / groups));
    const edges = Array.from({ length: perGroup }, (_, c) =>
      cellsOf(window, position, shape).map(({ row, column, tap }) =>
        weighted(input, placeOf([group * perGroup + c, row, column], shape), weight, [channel, c, ...tap]),
      ),
    ).flat();
    return biased(bias, channel, edges);
  },
  scale({ input, weight, bias, shape }, unit) {
    const [channel = 0] = indexOf(unit, shape);
    return biased(bias, channel, [weight === undefined ? edge(input, unit) : weighted(input, unit, weight, [channel])]);
  },
  gate({ input, gatedBy, rule, shape }, unit, { value }) {
    const [channel = 0] = indexOf(unit, shape);
    const q = value(gatedBy, unit);
    switch (rule.kind) {
      case "hard":
        return linear([edge(input, unit, 1, q > 0 ? 1 : 0)]);
      case "soft":
        return linear([edge(input, unit, 1, (1 + rule.epsilon) * (1 / (1 + Math.exp(-rule.beta * q))))]);
      case "leaky": {
        const slope = rule.slopes.data[rule.slopes.data.length === 1 ? 0 : channel] ?? 0;
        return linear([edge(input, unit, 1, q > 0 ? 1 : slope)]);
      }
      case "clipped": {
        const saturated = q >= rule.ceiling ? rule.ceiling : 0;
        return {
          edges: [edge(input, unit, 1, q > 0 && q < rule.ceiling ? 1 : 0)],
          starts: [{ value: saturated, weight: 1, saturation: true }],
        };
      }
    }
  },
  "max-pool"({ input, selectedBy, window, shape: own }, unit, { shape: shapeOf, value }) {
    const shape = shapeOf(input);
    const [channel = 0, ...position] = indexOf(unit, own);
    const cells = cellsOf(window, position, shape).map(({ row, column }) => placeOf([channel, row, column], shape));
    const deciding = cells.map((cell) => value(selectedBy, cell));
    const chosen = deciding.indexOf(Math.max(...deciding));
    return linear(cells.map((cell, i) => edge(input, cell, 1, i === chosen ? 1 : 0)));
  },
  "average-pool"({ input, window, countPadding, shape: own }, unit, { shape: shapeOf }) {
    const shape = shapeOf(input);
    const [channel = 0, ...position] = indexOf(unit, own);
    const cells = cellsOf(window, position, shape);
    const divisor = countPadding ? sizeOf(window.kernel) : cells.length;
    return linear(cells.map(({ row, column }) => edge(input, placeOf([channel, row, column], shape), 1 / divisor)));
  },
  sum: ({ inputs }, unit) => linear(inputs.map((input) => edge(input, unit))),
  concat({ inputs, axis, shape: own }, unit, { shape: shapeOf }) {
    const index = indexOf(unit, own);
    let along = index[axis] ?? 0;
    for (const input of inputs) {
      const shape = shapeOf(input);
      const size = shape[axis] ?? 0;
      if (along < size) {
        const at = index.map((i, one) => (one === axis ? along : i));
        return linear([edge(input, placeOf(at, shape))]);
      }
      along -= size;
    }
    throw new Error("beyond the concatenated nodes");
  },
  rearrange({ input, from }, unit) {
    const place = from === undefined ? unit : (from[unit] ?? -1);
    return linear(place < 0 ? [] : [edge(input, place)]);
  },
};

const isKindName = (name: string): name is NodeKindName => name in UNITS;
export const KIND_NAMES: readonly NodeKindName[] = Object.keys(UNITS).filter(isKindName);

/** The edges into a unit, those included that the example stops, and the paths that start there. */
export const unitOf = <K extends NodeKindName>(node: GatedNode<Weights, K>, unit: number, tools: UnitTools): Unit =>
  UNITS[node.kind](node, unit, tools);

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
