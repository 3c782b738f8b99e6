/**
 * The exact path kernel of a network as a program of a small machine (wasm/pair-program.as.ts): what pair.ts computes node
 * by node of one pair, compiled once and run for eight pairs at a time (theory 3.6 to 3.12).
 *
 * A kernel is told by lines of pairs of positions that are one step apart. A max-pool reads the lines before it through
 * masks of the channels that chose each place of a window, so that nothing is kept for a channel. The kernel is linear in
 * what comes in, so it is gone through from its end: how often each number goes into the result is a whole number that
 * begins small, and is summed and multiplied in 16 and 32 bits as long as it fits; only at the input it meets values. Lines
 * are made one after the other, each given at once to what it reads and then forgotten: what a program needs at a time
 * stays in the cache.
 */
import type { GatedNetwork } from "../../network/index.ts";
import type { PairPlan } from "../pair/plan.ts";
import { type AdjointLine, adjointLines, isSideBySide, REAL, VECTORS } from "./adjoint-lines.ts";
import { Buffers } from "./buffers.ts";
import { type GateSlot, Slots, type ValueSlot } from "./gate-slots.ts";
import { type KernelNode, orderedKernels } from "./kernel-nodes.ts";
import { networkKernel } from "./network-kernel.ts";
import { marginOf, type Numbers, ProgramCode, SUM_ADDRESS } from "./program-code.ts";
import { squaredDivisor, uniformScales, waistOf } from "./program-ends.ts";
import { type ProgramLine, type ProgramLines, programLines } from "./program-lines.ts";

/** What runs of a program need: plain data. */
export interface RunnableProgram {
  readonly code: Int32Array;
  /** Ends of pieces of the code that take some milliseconds each. */
  readonly pieces: readonly number[];
  readonly constants: Float64Array;
  /** Of 16 bytes each, for the numbers of eight pairs. */
  readonly vectors: number;
  /** The first vector of the result, in float64. */
  readonly result: number;
  /** What is packed of an example: so many numbers of 16 gates and of values. */
  readonly gateNumbers: number;
  readonly valueNumbers: number;
  /** Of one pair, in one thread, about (bench/cnn-kernel.bench.ts). */
  readonly secondsPerPair: number;
}

/** A program, and where an example's gates and values stand in it when it is packed. */
export interface PairProgram extends RunnableProgram {
  readonly gates: readonly GateSlot[];
  readonly values: readonly ValueSlot[];
}

/** 512 MiB. */
const MOST_VECTORS = 2 ** 25;

/** Undefined where a network has nodes that the machine has no instructions for, or its program would be too long. */
export function pairProgram(network: GatedNetwork, plan: PairPlan): PairProgram | undefined {
  const kernel = networkKernel(network, plan);
  if (kernel === undefined) return undefined;
  const slots = new Slots();
  const ordered = orderedKernels(kernel);
  const waist = waistOf(ordered);
  const scales = uniformScales(ordered, waist);
  const lines = programLines(ordered, slots, (node) => scales?.has(node) !== true);
  if (lines === undefined) return undefined;
  const made = emitted(lines, waist, scales);
  if (made.vectors > MOST_VECTORS) return undefined;
  const { gateNumbers, valueNumbers } = slots;
  return { ...made, gateNumbers, valueNumbers, ...slots.all() };
}

type Emitted = Omit<PairProgram, "gateNumbers" | "valueNumbers" | "gates" | "values">;
type Scales = ReadonlyMap<KernelNode, number> | undefined;

function emitted({ last, lines, constants }: ProgramLines, waist: KernelNode, scales: Scales): Emitted {
  const end = lines.findIndex(({ node }) => node === waist) + 1;
  const [front, tail] = [lines.slice(0, end), lines.slice(end)];
  const buffers = new Buffers();
  buffers.take(SUM_ADDRESS + VECTORS[REAL]);
  const widest = lines.reduce((most, { own, node }) => {
    return Math.max(most, own.columns + (node.kind === "box" ? 2 * marginOf(node.window) : 0));
  }, 1);
  const code = new ProgramCode(constants, buffers.take(VECTORS[REAL] * widest));
  code.clear(SUM_ADDRESS, VECTORS[REAL]);
  new Backward(code, buffers, front, scales).emit();
  const result = emitForward(code, buffers, front.at(-1), tail) ?? SUM_ADDRESS;
  if (last !== (tail.at(-1) ?? front.at(-1)))
    throw new Error("unreachable: a kernel that does not end in its last line");
  return { ...code.done(), vectors: buffers.end, result };
}

/** From the last line to the inputs: each line is begun by the first reader that gives to it, and done once all have. */
class Backward {
  private readonly adjoints: ReadonlyMap<ProgramLine, AdjointLine>;
  private readonly addresses = new Map<ProgramLine, number>();
  /** Lines that an owner's numbers are still read by. */
  private readonly holders = new Map<ProgramLine, number>();
  private readonly waiting: Map<ProgramLine, number>;
  private readonly last: ProgramLine | undefined;

  constructor(
    private readonly code: ProgramCode,
    private readonly buffers: Buffers,
    lines: readonly ProgramLine[],
    private readonly scales: Scales,
  ) {
    this.last = lines.at(-1);
    this.adjoints = adjointLines(lines, (node) => this.isDivided(node));
    this.waiting = new Map(lines.map((line) => [line, line.readers.length]));
    for (const { owner } of this.adjoints.values()) this.holders.set(owner, (this.holders.get(owner) ?? 0) + 1);
  }

  emit(): void {
    const ready = this.last === undefined ? [] : [this.last];
    for (let line = ready.pop(); line !== undefined; line = ready.pop()) {
      for (const next of this.give(line).toReversed()) ready.push(next);
    }
  }

  /** Gives a line's numbers to all that it reads. */
  private give(line: ProgramLine): readonly ProgramLine[] {
    const { code } = this;
    const own = this.numbersOf(line);
    const scale = this.scales?.get(line.node) ?? 1;
    const { node } = line;
    // the bias of the last line is added at the end, behind its division
    const bias = node.kind === "ones" ? 1 : line === this.last ? 0 : node.bias;
    if (bias !== 0) code.sum(own, line.size, bias * scale);
    if (this.isDivided(node)) code.divide(own.address, divisorsOf(line));
    const ready: ProgramLine[] = [];
    for (const need of line.needs) {
      if (need.kind === "products")
        code.products(need, own, this.scales === undefined ? 1 : scale / squaredDivisor(node, this.last?.node));
      else {
        this.giveTo(need.from, need, line, own);
        const left = (this.waiting.get(need.from) ?? 0) - 1;
        this.waiting.set(need.from, left);
        if (left === 0) ready.push(need.from);
      }
    }
    this.release(line);
    return ready;
  }

  private giveTo(
    from: ProgramLine,
    need: Exclude<ProgramLine["needs"][number], { readonly kind: "products" }>,
    line: ProgramLine,
    own: Numbers,
  ): void {
    const { owner } = this.adjoint(from);
    if (owner !== from) return;
    const isFirst = !this.addresses.has(from);
    const to = this.numbersOf(from);
    const fills = isFirst && (need.kind === "box" || isSideBySide(need, from));
    if (isFirst && !fills) this.code.clear(to.address, VECTORS[to.type] * from.size);
    this.code.back(need, line, own, to, this.adjoint(line).bound, fills);
  }

  private numbersOf(line: ProgramLine): Numbers {
    const { owner, type } = this.adjoint(line);
    const known = this.addresses.get(owner);
    if (known !== undefined) return { address: known, type };
    const address = this.buffers.take(VECTORS[type] * owner.size);
    this.addresses.set(owner, address);
    return { address, type };
  }

  private release(line: ProgramLine): void {
    const { owner, type } = this.adjoint(line);
    const left = (this.holders.get(owner) ?? 0) - 1;
    this.holders.set(owner, left);
    if (left === 0) this.buffers.give(this.addresses.get(owner) ?? 0, VECTORS[type] * owner.size);
  }

  private adjoint(line: ProgramLine): AdjointLine {
    const own = this.adjoints.get(line);
    if (own === undefined) throw new Error("unreachable: a line of no type");
    return own;
  }

  /** Whether a kernel's numbers are divided one by one. */
  private isDivided(node: KernelNode): boolean {
    return (
      this.scales === undefined && node !== this.last?.node && node.kind === "gather" && node.divisors !== undefined
    );
  }
}

/** From the sum on: single numbers, each made of those before it. */
function emitForward(
  code: ProgramCode,
  buffers: Buffers,
  waist: ProgramLine | undefined,
  tail: readonly ProgramLine[],
): number | undefined {
  if (waist === undefined) return undefined;
  const numbers = new Map<ProgramLine, Numbers>([[waist, { address: SUM_ADDRESS, type: REAL }]]);
  finish(code, waist, SUM_ADDRESS);
  for (const line of tail) {
    const to: Numbers = { address: buffers.take(VECTORS[REAL]), type: REAL };
    numbers.set(line, to);
    code.clear(to.address, VECTORS[REAL]);
    for (const need of line.needs) {
      const from = need.from === undefined ? undefined : numbers.get(need.from);
      if (from === undefined) throw new Error("unreachable: a number behind the sum that comes from before it");
      code.forth(need, from, to);
    }
    finish(code, line, to.address);
  }
  return numbers.get(tail.at(-1) ?? waist)?.address;
}

function finish(code: ProgramCode, line: ProgramLine, address: number): void {
  const { node } = line;
  if (node.kind === "gather" && node.divisors !== undefined) code.divide(address, divisorsOf(line));
  code.addConstant(address, node.kind === "ones" ? 1 : node.bias);
}

/** What the numbers of a line are divided by. */
function divisorsOf({ node, own, step }: ProgramLine): readonly number[] {
  if (node.kind !== "gather" || node.divisors === undefined) return [];
  const { divisors } = node;
  const shift = step[0] * node.size[1] + step[1];
  const values: number[] = [];
  for (let row = 0; row < own.rows; row++) {
    const p = (own.top + row) * node.size[1] + own.left;
    for (let u = p; u < p + own.columns; u++) values.push(divisors[u]! * divisors[u + shift]!);
  }
  return values;
}
