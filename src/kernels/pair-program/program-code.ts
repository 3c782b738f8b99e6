/** Instructions of the machine as numbers, told in wasm/pair-program. */
import { RUN } from "./gathered-runs.ts";
import type { Contribution, ProgramLine } from "./program-lines.ts";

const FILL = 0;
const ADD = 1;
const COUNT = 2;
const PRODUCTS = 3;
const BOX = 4;
const DIVIDE = 5;
const ADD_NUMBER = 6;

/** How counts are put where they belong. */
const STORED = 0;
const ADDED = 1;
const WEIGHTED = 2;

/** Places of constants. */
const ZERO = 0;
const ONE = 1;

/** Nanoseconds of a number of eight pairs, on one core of an AMD EPYC (bench/cnn-kernel.bench.ts). */
const RATES = {
  fill: 0.8,
  add: 1.6,
  count: 3,
  plane: 1,
  products: 1.2,
  channel: 1.2,
  box: 1.5,
  row: 1.2,
  column: 1.2,
  divide: 2.4,
};
const INSTRUCTION = 8;
const RUN_NANOSECONDS = 2;
/** Of a piece of the code. */
const PIECE = 2e7;

/** Grows by what lines are begun with, given and finished with. */
export class ProgramCode {
  private code = new Int32Array(1024);
  private length = 0;
  private nanoseconds = 0;
  private readonly pieces: number[] = [];
  private pieceEnd = PIECE;
  private readonly constants: number[];
  private readonly divisors = new Map<string, number>();

  /** @param room for a row of a line */
  constructor(
    constants: readonly number[],
    private readonly room: number,
  ) {
    this.constants = [...constants];
  }

  begin({ node, size, needs }: ProgramLine, address: number): void {
    const bias = node.kind === "box" && needs.length === 0 ? node.bias : 0;
    this.put([FILL, address, size, node.kind === "ones" || bias === 1 ? ONE : ZERO], RATES.fill * size);
  }

  finish({ node, size, step, own }: ProgramLine, address: number): void {
    if (node.kind !== "gather") return;
    if (node.divisors !== undefined) {
      const { divisors } = node;
      const shift = step[0] * node.size[1] + step[1];
      const values: number[] = [];
      for (let row = 0; row < own.rows; row++) {
        const p = (own.top + row) * node.size[1] + own.left;
        for (let u = p; u < p + own.columns; u++) values.push(divisors[u]! * divisors[u + shift]!);
      }
      this.put([DIVIDE, address, size, this.constantsAt(values)], RATES.divide * size);
    }
    if (node.bias !== 0) this.put([ADD_NUMBER, address, size, ONE], RATES.fill * size);
  }

  /** @param fills whether what is there is written over */
  contribute(contribution: Contribution, from: number, to: ProgramLine, address: number, fills: boolean): void {
    switch (contribution.kind) {
      case "box":
        this.box(contribution, from, to, address);
        break;
      case "add": {
        const { runs, outStep } = contribution;
        const own: number[] = [ADD, runs.length / RUN];
        for (let run = 0; run < runs.length; run += RUN) {
          own.push(from + runs[run + 2]!, address + runs[run + 3]!, runs[run + 4]!, runs[run + 5]!, outStep);
        }
        this.put(own, RATES.add * numbersOf(runs, RUN, 4) + (RUN_NANOSECONDS * runs.length) / RUN);
        break;
      }
      case "count": {
        const { runs, planes, isWeighted } = contribution;
        const kind = isWeighted ? WEIGHTED : fills ? STORED : ADDED;
        const own: number[] = [COUNT, planes, kind, runs.length / RUN];
        for (let run = 0; run < runs.length; run += RUN) {
          own.push(runs[run]!, runs[run + 1]!, from + runs[run + 2]!, address + runs[run + 3]!);
          own.push(runs[run + 4]!, runs[run + 5]!, runs[run + 6]!);
        }
        const each = RATES.count + RATES.plane * planes;
        this.put(own, each * numbersOf(runs, RUN, 4) + (RUN_NANOSECONDS * runs.length) / RUN);
        break;
      }
      case "products": {
        const { runs, channels, pitch } = contribution;
        const own: number[] = [PRODUCTS, channels, pitch, runs.length / 4];
        for (let run = 0; run < runs.length; run += 4) {
          own.push(runs[run]!, runs[run + 1]!, address + runs[run + 2]!, runs[run + 3]!);
        }
        const each = RATES.products + RATES.channel * channels;
        this.put(own, each * numbersOf(runs, 4, 3) + (RUN_NANOSECONDS * runs.length) / 4);
        break;
      }
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

  private box(
    { from, node }: Extract<Contribution, { readonly kind: "box" }>,
    source: number,
    { own, size }: ProgramLine,
    address: number,
  ): void {
    const { kernel, strides, pads, dilations } = node.window;
    const { own: read } = from;
    const first = (start: number, axis: 0 | 1, begins: number): number => start * strides[axis] - pads[axis] - begins;
    const places = [first(own.top, 0, read.top), first(own.left, 1, read.left)];
    const shape = [...kernel, ...strides, ...places, ...dilations];
    const fields = [BOX, source, read.rows, read.columns, address, own.rows, own.columns, ...shape];
    const sums = RATES.row * kernel[0] * own.rows * read.columns + RATES.column * kernel[1] * size;
    this.put([...fields, node.bias === 1 ? ONE : ZERO, this.room], sums + RATES.box * size);
  }

  private constantsAt(values: readonly number[]): number {
    const key = values.join();
    const known = this.divisors.get(key) ?? this.constants.length;
    if (known === this.constants.length) for (const value of values) this.constants.push(value);
    this.divisors.set(key, known);
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

/** Numbers that runs write together. */
function numbersOf(runs: readonly number[], pitch: number, count: number): number {
  let sum = 0;
  for (let run = 0; run < runs.length; run += pitch) sum += runs[run + count]!;
  return sum;
}
