/** Instructions of the machine as numbers, told in wasm/pair-program. */
import { largestOf } from "../../graph/index.ts";
import type { MapWindow } from "../../network/index.ts";
import {
  hasInstruction,
  meetings,
  type NumberType,
  REAL,
  strideElements,
  typeOfBound,
  UNIT,
  VECTORS,
} from "./adjoint-lines.ts";
import { RUN } from "./gathered-runs.ts";
import type { Rectangle } from "./lines.ts";
import type { Contribution, ProgramLine } from "./program-lines.ts";

const CLEAR = 0;
const ADD = 1;
const COUNT = 2;
const PRODUCTS = 3;
const BOX = 4;
const DIVIDE = 5;
const ADD_NUMBER = 6;
const SUM = 7;

/** How numbers are put where they belong. */
const STORED = 0;
const ADDED = 1;
const WEIGHTED = 2;

/** Where the sum of each pair stands. */
export const SUM_ADDRESS = 0;

/** Nanoseconds of a number of eight pairs, on one core of an AMD EPYC (bench/cnn-kernel.bench.ts). */
const RATES = {
  clear: 0.15,
  add: 0.5,
  count: 0.6,
  plane: 1,
  products: 1.2,
  channel: 1.2,
  ofOne: 1.8,
  box: 0.6,
  tap: 0.3,
  /** Of the machine's small boxes: a row of a window, and a vector that is stored. */
  row: 0.3,
  stored: 0.35,
  divide: 2.4,
  sum: 0.5,
};
const INSTRUCTION = 8;
const RUN_NANOSECONDS = 2;
/** Of a piece of the code. */
const PIECE = 2e7;

/** Where numbers stand, and of which type they are. */
export interface Numbers {
  readonly address: number;
  readonly type: NumberType;
}

type OfKind<K extends Contribution["kind"]> = Extract<Contribution, { readonly kind: K }>;

export class ProgramCode {
  private code = new Int32Array(1024);
  private length = 0;
  private nanoseconds = 0;
  private readonly pieces: number[] = [];
  private pieceEnd = PIECE;
  private readonly constants: number[];
  private readonly places = new Map<string, number>();

  /** @param room for a row of a line with its margins */
  constructor(
    constants: readonly number[],
    private readonly room: number,
  ) {
    this.constants = [...constants];
  }

  clear(address: number, vectors: number): void {
    this.put([CLEAR, address, vectors], RATES.clear * vectors);
  }

  /** Adds a constant to a number. */
  addConstant(address: number, value: number): void {
    if (value !== 0) this.put([ADD_NUMBER, address, this.constantsAt([value])], 0);
  }

  divide(address: number, divisors: readonly number[]): void {
    this.put([DIVIDE, address, divisors.length, this.constantsAt(divisors)], RATES.divide * divisors.length);
  }

  /** Adds `factor` times the sum of numbers to the result. */
  sum({ address, type }: Numbers, count: number, factor: number): void {
    if (type === UNIT) this.addConstant(SUM_ADDRESS, factor * count);
    else this.put([SUM, type, address, count, this.constantsAt([factor])], RATES.sum * VECTORS[type] * count);
  }

  /** Adds what a line reads of values, `factor` times, to the result. */
  products({ runs, channels, pitch }: OfKind<"products">, { address, type }: Numbers, factor: number): void {
    const own: number[] = [PRODUCTS, type, channels, pitch, this.constantsAt([factor]), runs.length / 4];
    for (let run = 0; run < runs.length; run += 4) {
      own.push(runs[run]!, runs[run + 1]!, address + VECTORS[type] * runs[run + 2]!, runs[run + 3]!);
    }
    const each = channels === 1 && type !== REAL ? RATES.ofOne : RATES.products + RATES.channel * channels;
    this.put(own, each * numbersOf(runs, 4, 3) + (RUN_NANOSECONDS * runs.length) / 4);
  }

  /** Gives a line's numbers back to what it reads. */
  back(contribution: Contribution, line: ProgramLine, from: Numbers, to: Numbers, bound: number, fills: boolean): void {
    // the machine would take them for others, and tell numbers all the same
    if (!hasInstruction(from.type, to.type) || (contribution.kind === "box" && from.type === UNIT))
      throw new Error(`unreachable: numbers of type ${from.type} into those of type ${to.type}`);
    switch (contribution.kind) {
      case "products":
        throw new Error("unreachable: values that are given back to");
      case "box":
        this.box(contribution, line, from, to, bound, fills ? STORED : ADDED);
        break;
      case "add": {
        const { runs, outStep } = contribution;
        this.addRuns(runs, from, to, (run) => [runs[run + 3]!, runs[run + 2]!, outStep, runs[run + 5]!]);
        break;
      }
      case "count": {
        const { runs } = contribution;
        const how = contribution.isWeighted ? WEIGHTED : fills ? STORED : ADDED;
        this.count(contribution, from, to, how, (run) => [runs[run + 3]!, runs[run + 2]!, runs[run + 5]!]);
        break;
      }
    }
  }

  /** Gives single numbers on to what reads them. */
  forth(contribution: Contribution, from: Numbers, to: Numbers): void {
    if (contribution.kind === "add") this.addRuns(contribution.runs, from, to, () => [0, 0, 1, 1]);
    else if (contribution.kind === "count") {
      this.count(contribution, from, to, contribution.isWeighted ? WEIGHTED : ADDED, () => [0, 0, 1]);
    } else if (contribution.kind === "box" && holdsFirst(contribution.node.window)) {
      this.addRuns([0, 0, 0, 0, 1, 1, -1], from, to, () => [0, 0, 1, 1]);
    }
  }

  done(): {
    readonly code: Int32Array;
    readonly pieces: readonly number[];
    readonly constants: Float64Array;
    readonly secondsPerPair: number;
  } {
    const pieces = this.pieces.at(-1) === this.length ? this.pieces : [...this.pieces, this.length];
    return {
      code: this.code.slice(0, this.length),
      pieces,
      constants: Float64Array.from(this.constants),
      secondsPerPair: this.nanoseconds / 8e9,
    };
  }

  private addRuns(
    runs: readonly number[],
    from: Numbers,
    to: Numbers,
    places: (run: number) => readonly [from: number, to: number, step: number, outStep: number],
  ): void {
    const own: number[] = [ADD, from.type, to.type, runs.length / RUN];
    for (let run = 0; run < runs.length; run += RUN) {
      const [read, written, step, outStep] = places(run);
      own.push(from.address + VECTORS[from.type] * read, to.address + VECTORS[to.type] * written);
      own.push(runs[run + 4]!, step, outStep);
    }
    this.put(own, RATES.add * VECTORS[to.type] * numbersOf(runs, RUN, 4) + (RUN_NANOSECONDS * runs.length) / RUN);
  }

  private count(
    { runs, planes }: OfKind<"count">,
    from: Numbers,
    to: Numbers,
    how: number,
    places: (run: number) => readonly [from: number, to: number, outStep: number],
  ): void {
    const own: number[] = [COUNT, planes, how, from.type, to.type, runs.length / RUN];
    for (let run = 0; run < runs.length; run += RUN) {
      const [read, written, outStep] = places(run);
      own.push(runs[run]!, runs[run + 1]!);
      own.push(from.address + VECTORS[from.type] * read, to.address + VECTORS[to.type] * written);
      own.push(runs[run + 4]!, outStep, runs[run + 6]!);
    }
    const each = RATES.plane * planes + RATES.count * VECTORS[to.type];
    this.put(own, each * numbersOf(runs, RUN, 4) + (RUN_NANOSECONDS * runs.length) / RUN);
  }

  private box(
    { from: read, node }: OfKind<"box">,
    { own }: ProgramLine,
    from: Numbers,
    to: Numbers,
    bound: number,
    how: number,
  ): void {
    const { kernel, strides, pads, dilations } = node.window;
    // where the last element of the first window stands, negated
    const first = (start: number, axis: 0 | 1, begins: number): number =>
      begins - start * strides[axis] + pads[axis] - (kernel[axis] - 1) * dilations[axis];
    const firsts = [first(own.top, 0, read.own.top), first(own.left, 1, read.own.left)];
    const periods = [strideElements(strides[0], dilations[0]), strideElements(strides[1], dilations[1])];
    const rowsType = typeOfBound(bound * meetings(node, 0));
    const between = Math.min(to.type, Math.max(from.type, rowsType));
    const source = [from.type, between, to.type, how, from.address, own.rows, own.columns];
    const target = [to.address, read.own.rows, read.own.columns, ...firsts];
    const shape = [...kernel, ...strides, ...dilations, ...periods];
    const fields = [BOX, ...source, ...target, ...shape, this.room, marginOf(node.window)];
    const [left = 0, margin] = [firsts[1], marginOf(node.window)];
    const last = (read.own.columns - 1 + left + (kernel[1] - 1) * dilations[1]) / strides[1];
    if (left < -margin * strides[1] || last >= own.columns + margin)
      throw new Error("unreachable: a window that reaches further");
    if (isSmallBox(node.window, own, read.own) && between === from.type && to.type !== REAL) {
      const each = RATES.row * kernel[0] * VECTORS[from.type] + RATES.stored * VECTORS[to.type];
      this.put(fields, each * read.size);
      return;
    }
    const taps =
      VECTORS[from.type] * meetings(node, 0) * read.own.rows * own.columns +
      VECTORS[to.type] * meetings(node, 1) * read.size;
    this.put(fields, RATES.tap * taps + RATES.box * VECTORS[to.type] * read.size);
  }

  private constantsAt(values: readonly number[]): number {
    const key = values.join();
    const known = this.places.get(key) ?? this.constants.length;
    if (known === this.constants.length) for (const value of values) this.constants.push(value);
    this.places.set(key, known);
    return known;
  }

  private put(numbers: readonly number[], nanoseconds: number): void {
    const end = this.length + numbers.length;
    if (end > this.code.length) {
      const grown = new Int32Array(2 * end);
      grown.set(this.code);
      this.code = grown;
    }
    this.code.set(numbers, this.length);
    this.length = end;
    this.nanoseconds += nanoseconds + INSTRUCTION;
    if (this.nanoseconds < this.pieceEnd) return;
    this.pieces.push(end);
    this.pieceEnd = this.nanoseconds + PIECE;
  }
}

/** Numbers beside a line that windows reach, at most. */
export const marginOf = ({ kernel, strides, pads, dilations }: MapWindow): number =>
  (kernel[1] - 1) * dilations[1] + strides[1] + largestOf(pads, 0);

/** Whether the machine sums windows in one pass (wasm/pair-program/small-box.as.ts). */
const isSmallBox = ({ kernel, strides, pads, dilations }: MapWindow, own: Rectangle, read: Rectangle): boolean =>
  [3, 5].includes(kernel[0]) &&
  kernel[1] === kernel[0] &&
  [...strides, ...dilations].every((value) => value === 1) &&
  [pads[0], pads[1]].every((pad) => 2 * pad === kernel[0] - 1) &&
  own.rows === read.rows &&
  own.columns === read.columns;

/** Whether the first window holds the first position. */
const holdsFirst = ({ kernel, pads, dilations }: MapWindow): boolean =>
  ([0, 1] as const).every((axis) => {
    const element = pads[axis] / dilations[axis];
    return Number.isInteger(element) && element < kernel[axis];
  });

/** Numbers that runs write together. */
function numbersOf(runs: readonly number[], pitch: number, count: number): number {
  let sum = 0;
  for (let run = 0; run < runs.length; run += pitch) sum += runs[run + count]!;
  return sum;
}
