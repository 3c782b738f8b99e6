/**
 * The lines of pairs that a kernel's graph is made of, from the last one back to the inputs: which are read, and what each
 * line gives to which others.
 */
import type { Size, Step } from "../pair/pair-lines.ts";
import type { GateSlot, Slots } from "./gate-slots.ts";
import { gatheredRuns, type LineRuns, RUN, type RunPlaces } from "./gathered-runs.ts";
import type { KernelNode, KernelPart } from "./kernel-nodes.ts";
import { type Rectangle, rectangleOf, staysWithin, stepKey, stepOf } from "./lines.ts";

export interface ProgramLine {
  readonly node: KernelNode;
  readonly step: Step;
  readonly own: Rectangle;
  /** Numbers. */
  readonly size: number;
  /** What other lines give to this one, and values that are read for it. */
  readonly needs: Contribution[];
  /** Contributions to others, one each. */
  readonly readers: { readonly line: ProgramLine; readonly contribution: Contribution }[];
}

export type Contribution =
  | { readonly kind: "box"; readonly from: ProgramLine; readonly node: Extract<KernelNode, { readonly kind: "box" }> }
  /** Runs `[runs, 7]` of gates that are counted. */
  | {
      readonly kind: "count";
      readonly from: ProgramLine;
      readonly planes: number;
      readonly channels: number;
      readonly isWeighted: boolean;
      readonly runs: readonly number[];
    }
  /** The same runs without gates; into one number where `outStep` is 0. */
  | { readonly kind: "add"; readonly from: ProgramLine; readonly runs: readonly number[]; readonly outStep: 0 | 1 }
  /** Runs `[runs, 4]` of values: {left, right, out, count}. */
  | {
      readonly kind: "products";
      readonly from: undefined;
      readonly channels: number;
      readonly pitch: number;
      readonly runs: readonly number[];
    };

/** Pairs of positions that are looked at one by one when runs are made: about a second. */
const MOST_PAIRS = 2 ** 23;
/** Lines altogether. */
const MOST_LINES = 2 ** 18;

export interface ProgramLines {
  readonly last: ProgramLine;
  /** Each behind those that it reads. */
  readonly lines: readonly ProgramLine[];
  readonly constants: readonly number[];
}

/**
 * Undefined where a program would be too long.
 * @param ordered the kernels, each behind its inputs
 * @param hasWeights whether weights of places are multiplied one by one in a kernel
 */
export function programLines(
  ordered: readonly KernelNode[],
  slots: Slots,
  hasWeights: (node: KernelNode) => boolean,
): ProgramLines | undefined {
  const last = ordered.at(-1);
  if (last === undefined) throw new Error("unreachable: no kernel");
  const made = new Map<KernelNode, Map<number, ProgramLine>>();
  const constants: number[] = [0, 1];
  let [pairs, count] = [0, 0];
  const lineAt = (node: KernelNode, step: Step): ProgramLine => {
    const lines = made.get(node) ?? new Map<number, ProgramLine>();
    made.set(node, lines);
    const key = stepKey(node.size, step);
    const known = lines.get(key);
    if (known !== undefined) return known;
    const own = rectangleOf(node.size, step);
    const line: ProgramLine = { node, step, own, size: own.rows * own.columns, needs: [], readers: [] };
    lines.set(key, line);
    count += 1;
    return line;
  };
  const tellOf = (node: KernelNode): RunPlaces => ({
    hasWeights: hasWeights(node),
    gates({ mask }) {
      const slot: GateSlot | undefined = mask === undefined ? undefined : slots.gate(mask);
      return { at: slot?.at ?? 0, planes: slot?.planes ?? 1 };
    },
    weight: (value) => constants.push(value) - 1,
    count(more) {
      pairs += more;
      return pairs <= MOST_PAIRS;
    },
  });
  const end = lineAt(last, [0, 0]);
  for (const node of ordered.toReversed()) {
    const tell = tellOf(node);
    for (const line of made.get(node)?.values() ?? []) {
      const needs = needsOf(line, lineAt, slots, tell);
      if (needs === undefined || count > MOST_LINES) return undefined;
      for (const contribution of needs) {
        line.needs.push(contribution);
        contribution.from?.readers.push({ line, contribution });
      }
    }
  }
  const lines = ordered.flatMap((node) => [...(made.get(node)?.values() ?? [])]);
  return { last: end, lines, constants };
}

type LineAt = (node: KernelNode, step: Step) => ProgramLine;

function needsOf(
  line: ProgramLine,
  lineAt: LineAt,
  slots: Slots,
  tell: RunPlaces,
): readonly Contribution[] | undefined {
  const { node, step } = line;
  switch (node.kind) {
    case "ones":
      return [];
    case "box": {
      const before: Step = [step[0] * node.window.strides[0], step[1] * node.window.strides[1]];
      return staysWithin(node.input.size, before) ? [{ kind: "box", from: lineAt(node.input, before), node }] : [];
    }
    case "gather": {
      const needs = node.parts.map((part) => partNeeds(part, line, lineAt, slots, tell));
      return needs.includes(undefined) ? undefined : needs.flatMap((own) => own ?? []);
    }
  }
}

function partNeeds(
  part: KernelPart,
  line: ProgramLine,
  lineAt: LineAt,
  slots: Slots,
  tell: RunPlaces,
): readonly Contribution[] | undefined {
  const { node, step, own, size } = line;
  switch (part.kind) {
    case "values":
      return [valueProducts(part, node.size, step, own, slots)];
    case "diagonal": {
      const from = lineAt(part.kernel, [0, 0]);
      return [{ kind: "add", from, runs: wholeRun(from.size), outStep: 0 }];
    }
    case "all": {
      const [height, width] = part.kernel.size;
      const count = (2 * height - 1) * (2 * width - 1);
      if (count > MOST_LINES) return undefined;
      return Array.from({ length: count }, (_, key) => {
        const from = lineAt(part.kernel, stepOf(part.kernel.size, key));
        return { kind: "add", from, runs: wholeRun(from.size), outStep: 0 } as const;
      });
    }
    case "places": {
      const { kernel, places } = part;
      const [first] = places;
      const isSame = String(kernel.size) === String(node.size);
      if (first?.mask === undefined && first?.map === undefined && isSame) {
        return [{ kind: "add", from: lineAt(kernel, step), runs: wholeRun(size), outStep: 1 }];
      }
      const lines = gatheredRuns(part, node.size, step, tell);
      return lines?.map((runs) => gathered(runs, part, lineAt, slots, tell));
    }
  }
}

/** All numbers of a line, {@link RUN}. */
const wholeRun = (count: number): readonly number[] => [0, 0, 0, 0, count, 1, -1];

function gathered(
  { from, runs }: LineRuns,
  { kernel, places }: Extract<KernelPart, { readonly kind: "places" }>,
  lineAt: LineAt,
  slots: Slots,
  { hasWeights }: RunPlaces,
): Contribution {
  const line = lineAt(kernel, stepOf(kernel.size, from));
  const [first] = places;
  if (first?.mask === undefined) return { kind: "add", from: line, runs, outStep: 1 };
  return {
    kind: "count",
    from: line,
    planes: slots.gate(first.mask).planes,
    channels: first.mask.channels,
    isWeighted: hasWeights && places.some(({ weights }) => weights !== undefined),
    runs,
  };
}

function valueProducts(
  { values, channels: [start, end] }: Extract<KernelPart, { readonly kind: "values" }>,
  size: Size,
  step: Step,
  own: Rectangle,
  slots: Slots,
): Contribution {
  const { at } = slots.value(values);
  const pitch = values.channels;
  const shift = step[0] * size[1] + step[1];
  const runs: number[] = [];
  for (let row = 0; row < own.rows; row++) {
    const p = (own.top + row) * size[1] + own.left;
    runs.push(at + p * pitch + start, at + (p + shift) * pitch + start, row * own.columns, own.columns);
  }
  return { kind: "products", from: undefined, channels: end - start, pitch, runs };
}
