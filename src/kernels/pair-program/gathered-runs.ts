/** Which numbers of a kernel go into which of another, as runs of neighbors that instructions go through. */
import type { Size, Step } from "../pair/pair-lines.ts";
import type { KernelPart, KernelPlace } from "./kernel-nodes.ts";
import { type Rectangle, rectangleOf, stepKey } from "./lines.ts";

/** Numbers of a run: {left, right, from, out, count, step, constant}, gates by position of the places' masks. */
export const RUN = 7;

/** Runs out of one line of a kernel into one line of another. */
export interface LineRuns {
  /** Of the line that they read, by `stepKey`. */
  readonly from: number;
  /** `[runs, 7]` */
  readonly runs: readonly number[];
}

/** Where a place's gates stand, and how many numbers of them a position has; what constants of a run begin with. */
export interface RunPlaces {
  readonly gates: (place: KernelPlace) => { readonly at: number; readonly planes: number };
  readonly weight: (value: number) => number;
  /** Whether the places' weights are told. */
  readonly hasWeights: boolean;
  /** Called with the pairs of positions that are looked at; whether there may be as many. */
  readonly count: (pairs: number) => boolean;
}

type PlacesPart = Extract<KernelPart, { readonly kind: "places" }>;

/**
 * The runs of a line of a gathered kernel, by the line that they read; undefined where they are too many.
 * @param size of the kernel that is made, of which `step` tells the line
 */
export function gatheredRuns(
  { kernel, places }: PlacesPart,
  size: Size,
  step: Step,
  tell: RunPlaces,
): readonly LineRuns[] | undefined {
  const own = rectangleOf(size, step);
  if (areAllItself(places) && String(size) === String(kernel.size)) return [ownRuns(places, size, step, own, tell)];
  const lines = new Map<number, RunBuilder>();
  const shift = step[0] * size[1] + step[1];
  for (const first of places) {
    for (const second of places) {
      if (!tell.count(own.rows * own.columns)) return undefined;
      const reader = new PlacePair(first, second, kernel.size, tell);
      for (let row = 0, out = 0; row < own.rows; row++) {
        const start = (own.top + row) * size[1] + own.left;
        for (let p = start; p < start + own.columns; p++, out++) reader.add(lines, p, p + shift, out);
      }
    }
  }
  return [...lines].map(([from, { runs }]) => ({ from, runs }));
}

const areAllItself = (places: readonly KernelPlace[]): boolean =>
  places.every(({ map, weights }) => map === undefined && weights === undefined);

/** Of places that are the positions themselves: the rows of the same line. */
function ownRuns(
  places: readonly KernelPlace[],
  size: Size,
  step: Step,
  { top, left, rows, columns }: Rectangle,
  tell: RunPlaces,
): LineRuns {
  const shift = step[0] * size[1] + step[1];
  // positions of whole rows are neighbors too
  const [count, length] = columns === size[1] ? [1, rows * columns] : [rows, columns];
  const runs: number[] = [];
  for (const first of places) {
    for (const second of places) {
      const [a, b] = [tell.gates(first), tell.gates(second)];
      for (let row = 0, at = 0; row < count; row++, at += length) {
        const p = (top + row) * size[1] + left;
        runs.push(a.at + p * a.planes, b.at + (p + shift) * b.planes, at, at, length, 1, -1);
      }
    }
  }
  return { from: stepKey(size, step), runs };
}

/** Two places of a kernel while their pairs of positions are gone through. */
class PlacePair {
  private readonly left: Int32Array | undefined;
  private readonly right: Int32Array | undefined;
  private readonly gates: readonly [ReturnType<RunPlaces["gates"]>, ReturnType<RunPlaces["gates"]>];
  private last: RunBuilder | undefined;
  private lastKey = -1;
  private lastRectangle = { top: 0, left: 0, columns: 0 };

  constructor(
    private readonly first: KernelPlace,
    private readonly second: KernelPlace,
    private readonly base: Size,
    private readonly tell: RunPlaces,
  ) {
    this.left = first.map?.from;
    this.right = second.map?.from;
    this.gates = [tell.gates(first), tell.gates(second)];
  }

  add(lines: Map<number, RunBuilder>, p: number, q: number, out: number): void {
    const u = this.left === undefined ? p : this.left[p]!;
    const v = this.right === undefined ? q : this.right[q]!;
    if (u < 0 || v < 0) return;
    const width = this.base[1];
    const row = Math.floor(u / width);
    const column = u - row * width;
    const down = Math.floor(v / width) - row;
    const right = (v % width) - column;
    const key = stepKey(this.base, [down, right]);
    if (key !== this.lastKey) {
      this.lastKey = key;
      this.lastRectangle = rectangleOf(this.base, [down, right]);
      this.last = lines.get(key) ?? new RunBuilder();
      lines.set(key, this.last);
    }
    const { top, left, columns } = this.lastRectangle;
    const from = (row - top) * columns + column - left;
    const [a, b] = this.gates;
    const { hasWeights } = this.tell;
    const isWeighted = hasWeights && (this.first.weights !== undefined || this.second.weights !== undefined);
    const weight = isWeighted ? this.tell.weight((this.first.weights?.[p] ?? 1) * (this.second.weights?.[q] ?? 1)) : -1;
    this.last?.add(a.at + p * a.planes, b.at + q * b.planes, from, out, weight, a.planes);
  }
}

/** Joins neighbors to runs. */
class RunBuilder {
  readonly runs: number[] = [];

  add(left: number, right: number, from: number, out: number, weight: number, planes: number): void {
    const { runs } = this;
    const at = runs.length - RUN;
    if (at >= 0) {
      const count = runs[at + 4]!;
      const step = count === 1 ? from - runs[at + 2]! : runs[at + 5]!;
      const follows =
        left === runs[at]! + count * planes &&
        right === runs[at + 1]! + count * planes &&
        out === runs[at + 3]! + count &&
        from === runs[at + 2]! + count * step &&
        step >= 0 &&
        (weight < 0 ? runs[at + 6] === -1 : weight === runs[at + 6]! + count);
      if (follows) {
        runs[at + 4] = count + 1;
        runs[at + 5] = step;
        return;
      }
    }
    runs.push(left, right, from, out, 1, 1, weight);
  }
}
