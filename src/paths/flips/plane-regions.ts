/**
 * Activation regions over a plane of inputs, exactly. Layer by layer each convex cell is cut along the lines on which a
 * pre-activation passes a threshold: within a cell the gates before it stay as they are, so the pre-activation is linear there
 * (theory 1.1), known from a value and two changes. It takes three passes of a layer for each cell in front of it; networks
 * before training have about half the square of their gates as many (Hanin and Rolnick, NeurIPS 2019).
 */
import { GatewiseError } from "../../errors.ts";
import type { GatedNetwork } from "../../network/index.ts";
import { activate } from "../active-network.ts";
import { type FlippingLayer, flippingLayers, type GateDecider } from "./deciders.ts";
import { type Held, LinearRegion, type Values } from "./linear-region.ts";

/** A parallelogram of inputs: `origin + s·across + t·up`, with `s` and `t` from 0 to 1. */
export interface PlaneSection {
  readonly origin: Float64Array;
  readonly across: Float64Array;
  readonly up: Float64Array;
}

/** A piece of the line on which a gate flips. */
export interface LinePiece {
  /** Index of the gate's layer. */
  readonly layer: number;
  readonly unit: number;
  /** `s` and `t` of both ends. */
  readonly ends: readonly [number, number, number, number];
}

/** The regions of a section: in each all gates are what they are, and the deciding values linear. */
export interface PlaneRegions {
  /** The layers of gates, in the order of the network. */
  readonly layers: readonly FlippingLayer[];
  /** `s` and `t` of the corners of all regions, which are convex. */
  readonly corners: Float64Array;
  /** Where each region's corners begin, in pairs; one more for the end. */
  readonly from: Int32Array;
  /** `[regions, units]`: 1 where a gate is open, one layer behind the other. */
  readonly gates: Uint8Array;
  readonly lines: readonly LinePiece[];
}

/** `c + a·s + b·t` */
interface Affine {
  readonly c: number;
  readonly a: number;
  readonly b: number;
}

/** A cell with what one decider is in it; the cells behind it are cut before its siblings. */
interface Cell {
  /** Index of the decider; −1 before the first. */
  readonly decided: number;
  readonly corners: readonly number[];
  readonly states: Int32Array;
}

/** Values against the size of what they are made of: what rounding leaves of a corner on the line. */
const ROUNDING = 1e-12;
const SQUARE = [0, 0, 1, 0, 1, 1, 0, 1] as const;

/**
 * Yields the number of regions so far after each cell, so that others may take their turn.
 * @throws GatewiseError if a soft gate decides further ones, or maxima decide
 */
export function* planeRegions(network: GatedNetwork, section: PlaneSection): Generator<number, PlaneRegions> {
  const region = new LinearRegion(activate(network, section.origin));
  const deciders = region.held.map((held) => gatesOf(network, held));
  const layers = flippingLayers(network);
  const told = deciders.map((decider) => toldLayer(decider, deciders, layers));
  const between = deciders.map(({ by }, i) => region.between(deciders[i - 1]?.by ?? -1, by));
  const planes = { value: new Map(), across: new Map(), up: new Map() } satisfies Record<string, Values>;
  const found = { corners: [] as number[], from: [0], gates: [] as Uint8Array[], lines: [] as LinePiece[] };
  const open: Cell[] = [{ decided: -1, corners: SQUARE, states: new Int32Array() }];
  for (let cell = open.pop(); cell !== undefined; cell = open.pop()) {
    const before = deciders[cell.decided];
    if (before !== undefined) region.decideAll(before, cell.states);
    const next = deciders[cell.decided + 1];
    if (next === undefined) {
      for (const one of cell.corners) found.corners.push(one);
      found.from.push(found.corners.length / 2);
      found.gates.push(gatesNow(deciders, layers));
      yield found.gates.length;
      continue;
    }
    const positions = between[cell.decided + 1];
    region.pass("values", section.origin, planes.value, positions);
    region.pass("change", section.across, planes.across, positions);
    region.pass("change", section.up, planes.up, positions);
    const lineOf = (unit: number): Affine => ({
      c: planes.value.get(next.by)?.[unit] ?? 0,
      a: planes.across.get(next.by)?.[unit] ?? 0,
      b: planes.up.get(next.by)?.[unit] ?? 0,
    });
    const lines = Array.from(next.states, (_, unit) => lineOf(unit));
    const { cells, pieces } = cutAll(cell.corners, lines, next.flipsAt);
    const layer = told[cell.decided + 1] ?? -1;
    if (layer >= 0) for (const piece of pieces) found.lines.push({ layer, ...piece });
    for (const corners of cells) {
      open.push({ decided: cell.decided + 1, corners, states: statesIn(corners, lines, next.flipsAt) });
    }
    yield found.gates.length;
  }
  const units = found.gates[0]?.length ?? 0;
  const gates = new Uint8Array(units * found.gates.length);
  for (const [i, own] of found.gates.entries()) gates.set(own, i * units);
  return {
    ...{ layers, gates, lines: found.lines },
    corners: Float64Array.from(found.corners),
    from: Int32Array.from(found.from),
  };
}

function gatesOf({ nodes }: GatedNetwork, held: Held): Held & GateDecider {
  if (held.kind === "gate") return held;
  throw new GatewiseError({
    received: `maxima of layer "${nodes[held.positions[0] ?? -1]?.name}"`,
    expected: "a network whose gates alone decide",
    next: "ask a network without max-pools, or for the flips between two inputs",
  });
}

/** The layer whose gates flip with a decider: a feature network's own gates flip where those of the paths do. */
function toldLayer({ by }: GateDecider, all: readonly GateDecider[], layers: readonly FlippingLayer[]): number {
  const told = all.find((one) => one.by === by && one.told !== undefined)?.told;
  return layers.findIndex(({ position }) => position === told);
}

/** Gates of the paths as they are held now. */
function gatesNow(deciders: readonly (Held & GateDecider)[], layers: readonly FlippingLayer[]): Uint8Array {
  const gates = new Uint8Array(layers.reduce((sum, { units }) => sum + units, 0));
  let start = 0;
  for (const { position, units } of layers) {
    const states = deciders.find(({ told }) => told === position)?.states;
    // behind a second threshold a gate is shut again
    for (let unit = 0; unit < units; unit++) gates[start + unit] = states?.[unit] === 1 ? 1 : 0;
    start += units;
  }
  return gates;
}

const valueAt = ({ c, a, b }: Affine, s: number, t: number): number => c + a * s + b * t;

/** Cuts a cell along the lines of a layer's units; pieces of them lie between the cells. */
function cutAll(corners: readonly number[], lines: readonly Affine[], flipsAt: GateDecider["flipsAt"]) {
  let cells: (readonly number[])[] = [corners];
  const pieces: Omit<LinePiece, "layer">[] = [];
  for (const [unit, line] of lines.entries()) {
    for (const { q } of flipsAt) {
      const next: (readonly number[])[] = [];
      for (const cell of cells) {
        const halves = cut(cell, { ...line, c: line.c - q });
        if (halves === undefined) next.push(cell);
        else {
          next.push(halves.below, halves.above);
          pieces.push({ unit, ends: halves.ends });
        }
      }
      cells = next;
    }
  }
  return { cells, pieces };
}

/** Both sides of a line that goes through a cell, and its piece in between; undefined where it does not. */
function cut(corners: readonly number[], line: Affine) {
  const slack = ROUNDING * (Math.abs(line.c) + Math.abs(line.a) + Math.abs(line.b));
  const values: number[] = [];
  let [least, most] = [0, 0];
  for (let i = 0; i < corners.length; i += 2) {
    const value = valueAt(line, corners[i]!, corners[i + 1]!);
    values.push(value);
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  if (least >= -slack || most <= slack) return undefined;
  const [below, above, ends]: [number[], number[], number[]] = [[], [], []];
  for (const [i, value] of values.entries()) {
    const j = (i + 1) % values.length;
    const [s, t] = [corners[2 * i]!, corners[2 * i + 1]!];
    if (value <= slack) below.push(s, t);
    if (value >= -slack) above.push(s, t);
    if (Math.abs(value) <= slack) ends.push(s, t);
    const after = values[j]!;
    if (Math.min(value, after) >= -slack || Math.max(value, after) <= slack) continue;
    const share = value / (value - after);
    const place = [s + share * (corners[2 * j]! - s), t + share * (corners[2 * j + 1]! - t)] as const;
    for (const side of [below, above, ends]) side.push(place[0], place[1]);
  }
  const [s1 = 0, t1 = 0, s2 = 0, t2 = 0] = ends;
  return { below, above, ends: [s1, t1, s2, t2] as const };
}

/** What each unit of a layer is within a cell: how many thresholds its pre-activation has passed in the middle. */
function statesIn(corners: readonly number[], lines: readonly Affine[], flipsAt: GateDecider["flipsAt"]): Int32Array {
  let [s, t] = [0, 0];
  for (let i = 0; i < corners.length; i += 2) {
    s += (2 * corners[i]!) / corners.length;
    t += (2 * corners[i + 1]!) / corners.length;
  }
  return Int32Array.from(lines, (line) => {
    const value = valueAt(line, s, t);
    return flipsAt.filter(({ q, reached }) => value > q || (reached && value === q)).length;
  });
}
