/** What the kernel of one node takes of a pair of examples, from the plan and the forms of the terms that come in. */
import {
  decisionOf,
  edgePattern,
  edgeWeights,
  type GatedNetwork,
  type GatedNode,
  type MapWindow,
  pathInputs,
  scalarGate,
  startsAt,
} from "../../network/index.ts";
import { mapsOf, nodeAt, sizeOfMaps } from "./maps.ts";
import { type PositionPairs, pairCountOf } from "./pair-lines.ts";
import type { PairPlan } from "./plan.ts";
import { uniformMove } from "./rearranged.ts";

/** Terms of a node: how many of each kind (terms.ts), and how much their masks take to multiply. */
interface Form {
  /** Values that met no weight. */
  readonly raw: number;
  readonly uniform: number;
  readonly perChannel: number;
  readonly isSummed: boolean;
  /** Whether the masks of uniform terms are counted as bits. */
  readonly areBits: boolean;
}

export interface Made {
  readonly form: Form;
  /** Numbers that stay for the readers. */
  readonly kept: number;
  /** Numbers that are given back at once. */
  readonly passing: number;
  /** Inner products of masks that are made beforehand for all nodes (mask-products.ts). */
  readonly products?: number;
  readonly nanoseconds: number;
}

/** Nanoseconds, measured on one core beside other work (bench/pair-cost.bench.ts). */
export const RATES = {
  /** Of a node, however small its maps. */
  node: 8e3,
  /** Of a number that is added or multiplied along a row. */
  row: 4,
  /** Of a number that is looked up by its channel and positions, where all pairs are kept and where lines are. */
  lookup: { all: 35, lines: 120 },
  /** Of 32 gates of a pair of positions. */
  word: 2,
  /** Of a channel at a pair of positions, where the engine multiplies masks that are no bits (mask-products.ts). */
  product: 0.3,
  /** Of 64 channels at a pair of positions, in the module of box chains. */
  chain: 0.57,
  /** Of a term of maps that are joined, and of each element of its masks: every part has masks of the whole. */
  joined: { term: 1e5, element: 100 },
};

const lookupRate = (pairs: PositionPairs): number => (pairs === "all" ? RATES.lookup.all : RATES.lookup.lines);

export const ONE_UNIFORM: Form = { raw: 0, uniform: 1, perChannel: 0, isSummed: false, areBits: true };

export function nodeCost(
  network: GatedNetwork,
  plan: PairPlan,
  position: number,
  formOf: (input: number) => Form | undefined,
): Made {
  const node = nodeAt(network, position);
  const { channels, positions } = mapsOf(node);
  const pairs = plan.pairs.get(position) ?? "all";
  const size = pairCountOf(pairs, positions);
  const reads = pathInputs(node).map((input) => readOf(network, plan, position, input, formOf(input) ?? ONE_UNIFORM));
  const [first = { form: ONE_UNIFORM, size: 0, channels: 0, copied: 0, pairs: "all" as const }] = reads;
  const copied = reads.reduce((sum, read) => sum + read.copied, 0);
  const lookup = lookupRate(pairs);
  const pattern = edgePattern(node);
  const decision = decisionOf(node);
  const mixes = pattern.kind === "every" || pattern.kind === "convolution" || plan.summed.has(position);
  const one = (form: Form, kept: number, passing: number, work: number): Made => ({
    form,
    kept: kept + copied,
    passing,
    products: mixes && !first.form.areBits ? first.form.uniform * first.size : 0,
    nanoseconds: work + copied * lookup,
  });
  if (decision?.kind === "gate") {
    const kept = first.form.perChannel * channels * size;
    const mayBegin = scalarGate(decision.rule).starts.length > 0;
    const form = {
      ...first.form,
      raw: first.form.raw + (mayBegin ? 1 : 0),
      areBits: first.form.areBits && decision.rule.kind === "hard",
    };
    return one(form, kept, 0, 4 * kept * RATES.row);
  }
  const terms = first.form.uniform + first.form.perChannel;
  const perChannel = { ...first.form, uniform: 0, perChannel: terms };
  if (decision?.kind === "choice") return one(perChannel, terms * channels * size, 0, terms * channels * size * lookup);
  switch (pattern.kind) {
    case "none":
      return one({ ...ONE_UNIFORM, raw: 1, uniform: 0, areBits: false }, 0, 0, 0);
    case "every":
      return one(ONE_UNIFORM, size, 2 * first.size, contraction(first));
    case "convolution": {
      const { groups, window } = pattern;
      const kept = groups === 1 ? size : channels * size;
      const passing = (groups === 1 ? 2 : groups + 1) * first.size + (groups === 1 ? 0 : groups * size);
      const form = groups === 1 ? ONE_UNIFORM : { ...ONE_UNIFORM, uniform: 0, perChannel: 1 };
      const shifts = groups * windowSums(network, node, window, pairs, size);
      return one(form, kept, passing + middle(network, node, pairs), contraction(first) + shifts * RATES.row);
    }
    case "window": {
      const means = poolSums(network, node, pattern.window, pairs, positions, size) * RATES.row;
      if (plan.summed.has(position)) {
        return one({ ...ONE_UNIFORM, uniform: 0, isSummed: true }, size, 2 * first.size, contraction(first) + means);
      }
      const each = terms * channels;
      const work = each * (first.size * lookupRate(first.pairs) + means);
      return one(perChannel, each * size, first.size + size, work);
    }
    case "unit":
      if (reads.length > 1) return joinedCost(node, reads, { channels, positions, size, lookup }, one);
      return one({ ...first.form, raw: first.form.raw + (startsAt(node) === undefined ? 0 : 1) }, 0, 0, 0);
    case "edges": {
      if (node.kind === "concat") return joinedCost(node, reads, { channels, positions, size, lookup }, one);
      if (node.kind === "rearrange") {
        return rearrangeCost(network, plan, node, position, first, { channels, positions, pairs }, one);
      }
      const numbers = channels * size;
      if (edgeWeights(node) === "parameters") {
        // of the pairs of edges few have the same weight, but all are looked at
        const incoming = reads.reduce((sum, { form }) => sum + form.raw + form.uniform + form.perChannel, 0);
        const work = incoming * numbers * (pattern.most ** 2 * RATES.row + pattern.most * lookup);
        return one({ ...ONE_UNIFORM, uniform: 0, perChannel: 1, areBits: false }, numbers, 0, work);
      }
      const kept = reads.reduce((sum, { form }) => sum + form.uniform + form.perChannel, 0) * numbers;
      return one({ ...perChannel, areBits: false }, kept, 0, kept * pattern.most ** 2 * lookup);
    }
  }
}

/** Of sums and of maps one behind the other. */
function joinedCost(
  node: GatedNode,
  reads: readonly Read[],
  {
    channels,
    positions,
    size,
    lookup,
  }: { readonly channels: number; readonly positions: number; readonly size: number; readonly lookup: number },
  one: (form: Form, kept: number, passing: number, work: number) => Made,
): Made {
  const joins = node.kind === "concat";
  const all = reads.reduce(
    (sum, { form }) => ({
      raw: sum.raw + form.raw,
      uniform: sum.uniform + form.uniform,
      perChannel: sum.perChannel + form.perChannel,
      isSummed: false,
      areBits: sum.areBits && form.areBits && !joins,
    }),
    { ...ONE_UNIFORM, uniform: 0 },
  );
  const along = joins && node.axis > 0 ? all.uniform * size : 0;
  const made = joins ? all.perChannel * channels * size + along : 0;
  const added = Math.max(0, all.perChannel - 1) * channels * size;
  const kept = made + (added > 0 ? channels * size : 0);
  const { term, element } = RATES.joined;
  const joining = joins ? (all.raw + all.uniform) * (term + element * channels * positions) : 0;
  const work = made * lookup + added * RATES.row + joining;
  return one({ ...all, perChannel: Math.min(1, all.perChannel) }, kept, 0, work);
}

/** What a node reads of one input. */
interface Read {
  readonly form: Form;
  /** Numbers of one channel's kernel. */
  readonly size: number;
  readonly channels: number;
  /** Numbers of kernels of which only some pairs are taken. */
  readonly copied: number;
  readonly pairs: PositionPairs;
}

function readOf(network: GatedNetwork, plan: PairPlan, position: number, input: number, form: Form): Read {
  const { channels, positions } = mapsOf(nodeAt(network, input));
  const own = plan.pairs.get(input) ?? "all";
  const pairs = plan.reads.get(position)?.get(input) ?? own;
  const size = pairCountOf(pairs, positions);
  const copied = pairs === own ? 0 : (form.uniform + form.perChannel * channels + (form.isSummed ? 1 : 0)) * size;
  return { form, size, channels, copied, pairs };
}

/** Of the sum over all channels. */
function contraction({ form, size, channels }: Read): number {
  const masked = form.areBits
    ? RATES.word * Math.ceil(channels / 32) + RATES.row
    : RATES.row + RATES.product * channels;
  const perNumber =
    form.raw * RATES.row * channels + form.uniform * (masked + RATES.row) + form.perChannel * channels * RATES.row;
  return size * (perNumber + 2 * RATES.row);
}

/** Additions of a convolution's window: rows, then columns (windows.ts). */
function windowSums(
  network: GatedNetwork,
  node: GatedNode,
  { kernel }: MapWindow,
  pairs: PositionPairs,
  size: number,
): number {
  return kernel[0] * middle(network, node, pairs) + kernel[1] * size;
}

/** Numbers between rows and columns. */
function middle(network: GatedNetwork, node: GatedNode, pairs: PositionPairs): number {
  const [, width] = sizeOfMaps(nodeAt(network, pathInputs(node)[0] ?? 0));
  const rows = sizeOfMaps(node)[0] * width;
  return pairs === "all" ? rows ** 2 : rows;
}

/** Additions of an average pool's windows (averages.ts). */
function poolSums(
  network: GatedNetwork,
  node: GatedNode,
  { kernel }: MapWindow,
  pairs: PositionPairs,
  positions: number,
  size: number,
): number {
  const before = mapsOf(nodeAt(network, pathInputs(node)[0] ?? 0)).positions;
  const inside = Math.min(kernel[0] * kernel[1], before);
  return pairs === "all" ? positions * inside * before + size * inside : size * inside ** 2;
}

function rearrangeCost(
  network: GatedNetwork,
  plan: PairPlan,
  node: Extract<GatedNode, { readonly kind: "rearrange" }>,
  position: number,
  read: Read,
  shape: { readonly channels: number; readonly positions: number; readonly pairs: PositionPairs },
  one: (form: Form, kept: number, passing: number, work: number) => Made,
): Made {
  const before = mapsOf(nodeAt(network, node.input));
  const { form } = read;
  if (plan.summed.has(position)) {
    return one({ ...ONE_UNIFORM, uniform: 0, isSummed: true }, 1, 2 * read.size, contraction(read));
  }
  if (node.from === undefined && before.channels === shape.channels && before.positions === shape.positions) {
    return one(form, 0, 0, 0);
  }
  const size = pairCountOf(shape.pairs, shape.positions);
  const from = node.from ?? Int32Array.from({ length: before.channels * before.positions }, (_, i) => i);
  const moves = form.uniform > 0 && uniformMove(from, { ...before, pairs: read.pairs }, shape) !== undefined;
  const each = form.perChannel + (moves ? 0 : form.uniform);
  const kept = each * shape.channels * size + (moves ? form.uniform * size : 0);
  const moved = { ...form, uniform: moves ? form.uniform : 0, perChannel: each, areBits: false };
  return one(moved, kept, 0, kept * lookupRate(shape.pairs));
}
