/**
 * What a program keeps of each line when it goes from the end of a kernel to its beginning: how often each number of the
 * line goes into the result (theory 3.9). These are whole numbers that begin small, of products of overlaps: they are kept
 * in the smallest type that holds their bound.
 */
import { RUN } from "./gathered-runs.ts";
import type { KernelNode } from "./kernel-nodes.ts";
import type { Contribution, ProgramLine } from "./program-lines.ts";

/** Eight u16, i32 or float64, as wasm/pair-program has them; of the last there are no numbers, each is 1. */
export const SHORT = 0;
export const INT = 1;
export const REAL = 2;
export const UNIT = 3;
export type NumberType = typeof SHORT | typeof INT | typeof REAL | typeof UNIT;

/** Vectors of 16 bytes that a number of each type takes. */
export const VECTORS = [1, 2, 4, 0] as const;

export interface AdjointLine {
  /** The line whose numbers these are: the line itself, or the one reader that takes all of it as it is. */
  readonly owner: ProgramLine;
  type: NumberType;
  readonly bound: number;
}

const SHORT_END = 2 ** 16;
const INT_END = 2 ** 31;

export const typeOfBound = (bound: number): NumberType => (bound < SHORT_END ? SHORT : bound < INT_END ? INT : REAL);

/**
 * @param lines each behind those that it reads, the last one a single number
 * @param isReal whether a kernel's numbers are divided one by one, or multiplied by weights
 */
export function adjointLines(
  lines: readonly ProgramLine[],
  isReal: (node: KernelNode) => boolean,
): ReadonlyMap<ProgramLine, AdjointLine> {
  const made = new Map<ProgramLine, AdjointLine>();
  const last = lines.at(-1);
  for (const line of lines.toReversed()) {
    made.set(line, line === last ? { owner: line, type: UNIT, bound: 1 } : adjointOf(line, made, isReal));
  }
  settleTypes(lines, made);
  return new Map([...made].map(([line, own]) => [line, { ...own, type: known(made, own.owner).type }]));
}

/**
 * An instruction makes a type of itself or of the one before it ({@link hasInstruction}): what gives to float64 is no u16,
 * and what is given to is no smaller than what gives, which may stand in a larger type than its bound needs.
 */
function settleTypes(lines: readonly ProgramLine[], made: ReadonlyMap<ProgramLine, AdjointLine>): void {
  const owned = lines.filter((line) => known(made, line).owner === line && known(made, line).type !== UNIT);
  for (let isSettled = false; !isSettled; ) {
    isSettled = true;
    for (const line of [...owned, ...owned.toReversed()]) {
      const own = known(made, line);
      for (const reader of line.readers) {
        const giving = known(made, known(made, reader.line).owner);
        if (giving.type === UNIT) continue;
        const least = own.type === REAL ? INT : SHORT;
        if (giving.type < least) giving.type = least;
        else if (giving.type > own.type) own.type = giving.type;
        else continue;
        isSettled = false;
      }
    }
  }
}

/** Whether the machine makes numbers of a type of others. */
export const hasInstruction = (from: NumberType, to: NumberType): boolean =>
  to !== UNIT && (from === UNIT || from === to || from === to - 1);

function known(made: ReadonlyMap<ProgramLine, AdjointLine>, line: ProgramLine): AdjointLine {
  const own = made.get(line);
  if (own === undefined) throw new Error("unreachable: a line that nobody reads");
  return own;
}

function adjointOf(
  line: ProgramLine,
  made: ReadonlyMap<ProgramLine, AdjointLine>,
  isReal: (node: KernelNode) => boolean,
): AdjointLine {
  const [first, ...others] = line.readers;
  if (first !== undefined && others.length === 0 && takesAll(first.contribution, line) && !isReal(line.node)) {
    const reader = known(made, first.line);
    // windows are summed of numbers that are there
    const isUnit = reader.type === UNIT;
    if (isUnit ? line.node.kind !== "box" : line.size === first.line.size) return reader;
  }
  const bound = isReal(line.node) || line.readers.some(isWeighted) ? Number.POSITIVE_INFINITY : boundOf(line, made);
  return { owner: line, type: typeOfBound(bound), bound };
}

const isWeighted = ({ contribution }: ProgramLine["readers"][number]): boolean =>
  contribution.kind === "count" && contribution.isWeighted;

/** Whether all numbers of a line are taken as they are, each once. */
function takesAll(contribution: Contribution, { size }: ProgramLine): boolean {
  if (contribution.kind !== "add") return false;
  const { runs } = contribution;
  return runs.length === RUN && runs[2] === 0 && runs[3] === 0 && runs[4] === size && runs[5] === 1;
}

/** Whether each number of a line is read once, for the same number of the other. */
export function isSideBySide(contribution: Contribution, { size }: ProgramLine): boolean {
  if (contribution.kind !== "count" || contribution.isWeighted) return false;
  const { runs } = contribution;
  let at = 0;
  for (let run = 0; run < runs.length; run += RUN) {
    if (runs[run + 2] !== at || runs[run + 3] !== at || runs[run + 5] !== 1) return false;
    at += runs[run + 4]!;
  }
  return at === size;
}

/** The greatest number of a line: what its readers give, at most. */
function boundOf(line: ProgramLine, made: ReadonlyMap<ProgramLine, AdjointLine>): number {
  let everywhere = 0;
  let each: Float64Array | undefined;
  for (const { line: reader, contribution } of line.readers) {
    const { bound } = known(made, reader);
    if (contribution.kind === "box") {
      const [rows, columns] = [0, 1].map((axis) => meetings(contribution.node, axis === 0 ? 0 : 1));
      everywhere += bound * (rows ?? 1) * (columns ?? 1);
    } else if (isSideBySide(contribution, line)) {
      everywhere += bound * channelsOf(contribution);
    } else if (contribution.kind !== "products") {
      each ??= new Float64Array(line.size);
      const { runs } = contribution;
      const more = bound * channelsOf(contribution);
      for (let run = 0; run < runs.length; run += RUN) {
        const step = runs[run + 5]!;
        for (let i = runs[run + 2]!, left = runs[run + 4]!; left > 0; left--, i += step) each[i]! += more;
      }
    }
  }
  return everywhere + (each?.reduce((most, value) => Math.max(most, value), 0) ?? 0);
}

const channelsOf = (contribution: Contribution): number => (contribution.kind === "count" ? contribution.channels : 1);

/** Elements of a window that are the same position, of all windows, along an axis. */
export function meetings({ window }: Extract<KernelNode, { readonly kind: "box" }>, axis: 0 | 1): number {
  return Math.ceil(window.kernel[axis] / strideElements(window.strides[axis], window.dilations[axis]));
}

/** How many elements apart those of a window are that stand on the same position of windows a stride apart. */
export function strideElements(stride: number, dilation: number): number {
  let [a, b] = [stride, dilation];
  while (b > 0) [a, b] = [b, a % b];
  return stride / a;
}
