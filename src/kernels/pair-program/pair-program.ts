/**
 * The exact path kernel of a network as a program of a small machine (wasm/pair-program.as.ts): what pair.ts computes node
 * by node of one pair, compiled once and run for eight pairs at a time (theory 3.6 to 3.12).
 *
 * A kernel is told by lines of pairs of positions that are one step apart. A max-pool reads the lines before it through
 * masks of the channels that chose each place of a window, so that nothing is kept for a channel. Lines are made one after
 * the other, each given at once to what reads it and then forgotten: what a program needs at a time stays in the cache.
 */
import type { GatedNetwork } from "../../network/index.ts";
import type { PairPlan } from "../pair/plan.ts";
import { Buffers } from "./buffers.ts";
import { type GateSlot, Slots, type ValueSlot } from "./gate-slots.ts";
import { networkKernel } from "./network-kernel.ts";
import { ProgramCode } from "./program-code.ts";
import { type ProgramLine, type ProgramLines, programLines } from "./program-lines.ts";

/** What runs of a program need: plain data. */
export interface RunnableProgram {
  readonly code: Int32Array;
  /** Ends of pieces of the code that take some milliseconds each. */
  readonly pieces: readonly number[];
  readonly constants: Float64Array;
  /** Numbers, of 64 bytes each, for the kernels of eight pairs. */
  readonly numbers: number;
  /** The number that is the result. */
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

/** Numbers of kernels: 512 MiB. */
const MOST_NUMBERS = 2 ** 23;

/** Undefined where a network has nodes that the machine has no instructions for, or its program would be too long. */
export function pairProgram(network: GatedNetwork, plan: PairPlan): PairProgram | undefined {
  const kernel = networkKernel(network, plan);
  if (kernel === undefined) return undefined;
  const slots = new Slots();
  const lines = programLines(kernel, slots);
  if (lines === undefined) return undefined;
  const made = emitted(lines);
  if (made.numbers > MOST_NUMBERS) return undefined;
  const { gateNumbers, valueNumbers } = slots;
  return { ...made, gateNumbers, valueNumbers, ...slots.all() };
}

type Emitted = Omit<PairProgram, "gateNumbers" | "valueNumbers" | "gates" | "values">;

/** Instructions of all lines: each is begun by the first that gives to it, and done once all have given. */
function emitted({ last, lines, constants }: ProgramLines): Emitted {
  const buffers = new Buffers();
  const widest = lines.reduce((most, { own }) => Math.max(most, own.columns), 1);
  const code = new ProgramCode(constants, buffers.take(widest));
  const addresses = new Map<ProgramLine, number>();
  const waiting = new Map(lines.map((line) => [line, line.needs.filter(({ from }) => from !== undefined).length]));
  const addressOf = (line: ProgramLine): number => {
    const known = addresses.get(line);
    if (known !== undefined) return known;
    const address = buffers.take(line.size);
    addresses.set(line, address);
    return address;
  };
  const begin = (line: ProgramLine): void => {
    const address = addressOf(line);
    code.begin(line, address);
    for (const need of line.needs) if (need.from === undefined) code.contribute(need, 0, line, address, false);
  };
  const begun = new Set<ProgramLine>();
  /** Lines that are done and not yet given to their readers, the next one last. */
  const finished: ProgramLine[] = [];
  const give = (line: ProgramLine): void => {
    const address = addressOf(line);
    code.finish(line, address);
    const ready: ProgramLine[] = [];
    for (const { line: reader, contribution } of line.readers) {
      const isFirst = !begun.has(reader) && reader.needs.every(({ from }) => from !== undefined);
      const fills = isFirst && (contribution.kind === "box" || (contribution.kind === "count" && contribution.fills));
      if (!begun.has(reader) && !fills) begin(reader);
      begun.add(reader);
      code.contribute(contribution, address, reader, addressOf(reader), fills);
      const left = (waiting.get(reader) ?? 0) - 1;
      waiting.set(reader, left);
      if (left === 0) ready.push(reader);
    }
    if (line !== last) buffers.give(address, line.size);
    for (const next of ready.reverse()) finished.push(next);
  };
  for (const root of rootsOf(lines)) {
    begin(root);
    finished.push(root);
    for (let next = finished.pop(); next !== undefined; next = finished.pop()) give(next);
  }
  return { ...code.done(), numbers: buffers.end, result: addressOf(last) };
}

/** Lines that no other gives to, by their steps: those that meet in one line come one behind the other. */
const rootsOf = (lines: readonly ProgramLine[]): readonly ProgramLine[] =>
  lines
    .filter(({ needs }) => needs.every(({ from }) => from === undefined))
    .sort(({ step: [a, b] }, { step: [c, d] }) => a - c || b - d);
