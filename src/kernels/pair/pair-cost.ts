/**
 * What the exact path kernel of one pair of examples takes, told from the plan alone: the same walk through the nodes as
 * one-pair.ts, with counts instead of numbers. It comes before anything is computed, for a network of a few kilobytes can ask
 * for terabytes (pools that overlap on large maps).
 */
import { type GatedNetwork, type GatedNode, pathInputs } from "../../network/index.ts";
import type { BoxChain } from "./box-chain/box-chain.ts";
import { planesOf } from "./box-chain/packed-side.ts";
import { type PositionPairs, pairCountOf } from "./pair-lines.ts";
import { mapsOf, nodeAt, type PairPlan, sizeOfMaps } from "./plan.ts";
import { uniformMove } from "./rearranged.ts";
import { inputsOf, visitedNodes } from "./visited-nodes.ts";

export interface PairCost {
  /** Of all kernels of the pair that are there at the same time, at most. */
  readonly bytes: number;
  /** In one thread, about: within a factor of three of what was measured (bench/pair-cost.bench.ts). */
  readonly seconds: number;
  /** The node whose own kernels are the largest. */
  readonly largest: string;
}

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

interface Made {
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
const RATES = {
  /** Of a number that is added or multiplied along a row. */
  row: 4,
  /** Of a number that is looked up by its channel and positions, where all pairs are kept and where lines are. */
  lookup: { all: 35, lines: 120 },
  /** Of 32 gates of a pair of positions. */
  word: 2,
  /** Of 64 channels at a pair of positions, in the module of box chains. */
  chain: 2.5,
  /** Of a term of maps that are joined, and of each element of its masks: every part has masks of the whole. */
  joined: { term: 1e5, element: 100 },
};

const lookupRate = (pairs: PositionPairs): number => (pairs === "all" ? RATES.lookup.all : RATES.lookup.lines);

const ONE_UNIFORM: Form = { raw: 0, uniform: 1, perChannel: 0, isSummed: false, areBits: true };

/** @param chains the shortcuts that are taken */
export function pairCost(
  network: GatedNetwork,
  plan: PairPlan,
  chains: ReadonlyMap<number, BoxChain> = new Map(),
): PairCost {
  const order = visitedNodes(network, chains);
  const lastReaders = new Map(
    order.flatMap((position) => inputsOf(network, chains, position).map((input) => [input, position])),
  );
  const made = new Map<number, Made>();
  let [live, most, nanoseconds, largest, products] = [0, 0, 0, 0, 0];
  let name = "";
  for (const position of order) {
    const chain = chains.get(position);
    const own =
      chain === undefined ? nodeCost(network, plan, position, (input) => made.get(input)?.form) : chainCost(chain);
    made.set(position, own);
    live += own.kept;
    most = Math.max(most, live + own.passing);
    nanoseconds += own.nanoseconds;
    products += own.products ?? 0;
    if (own.kept + own.passing > largest) [largest, name] = [own.kept + own.passing, nodeAt(network, position).name];
    for (const input of new Set(inputsOf(network, chains, position))) {
      if (lastReaders.get(input) === position) live -= made.get(input)?.kept ?? 0;
    }
  }
  return { bytes: 8 * (most + products), seconds: nanoseconds / 1e9, largest: name };
}

function chainCost({ layers, height, width }: BoxChain): Made {
  const pairs = (height * (width + 1)) ** 2;
  const planes = layers.reduce((sum, { channels }) => sum + planesOf(channels), 0);
  return {
    form: { ...ONE_UNIFORM, uniform: 0, isSummed: true },
    kept: 1,
    passing: 0,
    nanoseconds: RATES.chain * pairs * planes,
  };
}

function nodeCost(
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
  const mixes = node.kind === "dense" || node.kind === "convolution" || plan.summed.has(position);
  const one = (form: Form, kept: number, passing: number, work: number): Made => ({
    form,
    kept: kept + copied,
    passing,
    products: mixes && !first.form.areBits ? first.form.uniform * first.size : 0,
    nanoseconds: work + copied * lookup,
  });
  switch (node.kind) {
    case "input":
      return one({ ...ONE_UNIFORM, raw: 1, uniform: 0, areBits: false }, 0, 0, 0);
    case "normalize":
      return one({ ...first.form, areBits: false }, 0, 0, 0);
    case "dense":
      return one(ONE_UNIFORM, size, 2 * first.size, contraction(first));
    case "convolution": {
      const kept = node.groups === 1 ? size : channels * size;
      const passing =
        (node.groups === 1 ? 2 : node.groups + 1) * first.size + (node.groups === 1 ? 0 : node.groups * size);
      const form = node.groups === 1 ? ONE_UNIFORM : { ...ONE_UNIFORM, uniform: 0, perChannel: 1 };
      const shifts = node.groups * windowSums(network, node, pairs, size);
      return one(form, kept, passing + middle(network, node, pairs), contraction(first) + shifts * RATES.row);
    }
    case "scale":
      return one({ ...first.form, raw: first.form.raw + (node.bias === undefined ? 0 : 1) }, 0, 0, 0);
    case "gate": {
      const kept = first.form.perChannel * channels * size;
      const isClipped = node.rule.kind === "clipped";
      const form = {
        ...first.form,
        raw: first.form.raw + (isClipped ? 1 : 0),
        areBits: first.form.areBits && node.rule.kind === "hard",
      };
      return one(form, kept, 0, 4 * kept * RATES.row);
    }
    case "max-pool": {
      const terms = first.form.uniform + first.form.perChannel;
      return one(
        { ...first.form, uniform: 0, perChannel: terms },
        terms * channels * size,
        0,
        terms * channels * size * lookup,
      );
    }
    case "average-pool": {
      const means = poolSums(network, node, pairs, positions, size) * RATES.row;
      if (plan.summed.has(position)) {
        return one({ ...ONE_UNIFORM, uniform: 0, isSummed: true }, size, 2 * first.size, contraction(first) + means);
      }
      const terms = first.form.uniform + first.form.perChannel;
      const each = terms * channels;
      return one(
        { ...first.form, uniform: 0, perChannel: terms },
        each * size,
        first.size + size,
        each * (first.size * lookupRate(first.pairs) + means),
      );
    }
    case "sum":
    case "concat": {
      const all = reads.reduce(
        (sum, { form }) => ({
          raw: sum.raw + form.raw,
          uniform: sum.uniform + form.uniform,
          perChannel: sum.perChannel + form.perChannel,
          isSummed: false,
          areBits: sum.areBits && form.areBits && node.kind === "sum",
        }),
        { ...ONE_UNIFORM, uniform: 0 },
      );
      const made =
        node.kind === "concat" ? all.perChannel * channels * size + (node.axis === 0 ? 0 : all.uniform * size) : 0;
      const added = Math.max(0, all.perChannel - 1) * channels * size;
      const kept = made + (added > 0 ? channels * size : 0);
      const { term, element } = RATES.joined;
      const joining = node.kind === "concat" ? (all.raw + all.uniform) * (term + element * channels * positions) : 0;
      const work = made * lookup + added * RATES.row + joining;
      return one({ ...all, perChannel: Math.min(1, all.perChannel) }, kept, 0, work);
    }
    case "rearrange":
      return rearrangeCost(network, plan, node, position, first, { channels, positions, pairs }, one);
  }
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
  const masked = form.areBits ? RATES.word * Math.ceil(channels / 32) + RATES.row : RATES.row * channels;
  const perNumber =
    form.raw * RATES.row * channels + form.uniform * (masked + RATES.row) + form.perChannel * channels * RATES.row;
  return size * (perNumber + 2 * RATES.row);
}

type Convolution = Extract<GatedNode, { readonly kind: "convolution" }>;

/** Additions of a convolution's window: rows, then columns (windows.ts). */
function windowSums(network: GatedNetwork, node: Convolution, pairs: PositionPairs, size: number): number {
  return node.window.kernel[0] * middle(network, node, pairs) + node.window.kernel[1] * size;
}

/** Numbers between rows and columns. */
function middle(network: GatedNetwork, node: Convolution, pairs: PositionPairs): number {
  const [, width] = sizeOfMaps(nodeAt(network, node.input));
  const rows = sizeOfMaps(node)[0] * width;
  return pairs === "all" ? rows ** 2 : rows;
}

/** Additions of an average pool's windows (averages.ts). */
function poolSums(
  network: GatedNetwork,
  node: Extract<GatedNode, { readonly kind: "average-pool" }>,
  pairs: PositionPairs,
  positions: number,
  size: number,
): number {
  const window = node.window.kernel[0] * node.window.kernel[1];
  const before = mapsOf(nodeAt(network, node.input)).positions;
  const inside = Math.min(window, before);
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
