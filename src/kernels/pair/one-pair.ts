/** The kernel of one pair of examples, node by node (theory 3.6 to 3.12): what one node makes of the terms of its inputs. */
import {
  decisionOf,
  type EdgePattern,
  edgePattern,
  type GatedNetwork,
  type GatedNode,
  type GateRule,
  isWeightNode,
  pathInputs,
  scalarGate,
  startsAt,
  type WeightNode,
} from "../../network/index.ts";
import { contract, type MaskProducts } from "./contract.ts";
import { edgeTerms, weightedTerms } from "./edge-terms.ts";
import { mapsOf, meanPattern, nodeAt, sizeOfMaps } from "./maps.ts";
import { mapMasks, type Pair } from "./masks.ts";
import { forEachPair, type PositionPairs, pairsOf } from "./pair-lines.ts";
import type { PairPlan } from "./plan.ts";
import { averagedTerms, selectedTerms } from "./pools.ts";
import { type Input, joinedTerms, rearrangedTerms } from "./rearranged.ts";
import type { ExampleSide } from "./side.ts";
import { summedTerms } from "./sums.ts";
import {
  channelKernels,
  type KernelShape,
  type Mask,
  maskValues,
  pairCount,
  RAW,
  restricted,
  rootsOf,
  type Term,
  type UniformTerm,
  valuesOf,
} from "./terms.ts";
import { inputsOf, visitedNodes } from "./visited-nodes.ts";
import { shiftedSum } from "./windows.ts";

/** Computes the kernel behind a node at once, faster than node by node; the nodes before it are then not visited. */
export interface Shortcut {
  /** The node whose terms it starts from. */
  readonly front: number;
  readonly terms: (a: ExampleSide, b: ExampleSide, front: readonly Term[]) => readonly Term[];
}
/** By the node that they end in. */
export type Shortcuts = ReadonlyMap<number, Shortcut>;

export interface OnePairOptions {
  readonly output?: number;
  readonly shortcuts?: Shortcuts;
  readonly products?: MaskProducts | undefined;
}

/**
 * `⟨φ, φ'⟩` of two examples at one element of the network's output.
 * @throws GatewiseError where the network has no kernel of this form
 */
export function kernelOfPair(
  network: GatedNetwork,
  plan: PairPlan,
  a: ExampleSide,
  b: ExampleSide,
  { output = 0, shortcuts = new Map(), products }: OnePairOptions = {},
): number {
  const pair = { network, plan, a, b, products };
  const made = new Map<number, readonly Term[]>();
  const narrowed: Narrowed = new WeakMap();
  const of = (position: number): readonly Term[] => made.get(position) ?? unreachableTerms(position);
  const order = visitedNodes(network, shortcuts);
  const lastReaders = new Map(
    order.flatMap((position) => inputsOf(network, shortcuts, position).map((input) => [input, position])),
  );
  for (const position of order) {
    const shortcut = shortcuts.get(position);
    made.set(
      position,
      shortcut === undefined ? termsOf(pair, position, of, narrowed) : shortcut.terms(a, b, of(shortcut.front)),
    );
    // kernels are large: none is kept behind its last reader
    for (const input of inputsOf(network, shortcuts, position))
      if (lastReaders.get(input) === position) made.delete(input);
  }
  const shape = shapeAt(pair, network.output);
  return of(network.output).reduce((sum, term) => sum + valuesOf(term, shape)(output, 0, 0), 0);
}

function unreachableTerms(position: number): never {
  throw new Error(`unreachable: node ${position} is read and not visited`);
}

const shapeAt = ({ network, plan }: Pair, position: number): KernelShape => ({
  ...mapsOf(nodeAt(network, position)),
  pairs: plan.pairs.get(position) ?? pairsOf([1, 1], []),
});

/** Kernels of which some pairs were kept, by kernel: one object each, for sums compare them. */
type Narrowed = WeakMap<Float64Array, Map<PositionPairs, Float64Array>>;

function termsOf(
  pair: Pair,
  position: number,
  of: (position: number) => readonly Term[],
  narrowed: Narrowed,
): readonly Term[] {
  const node = nodeAt(pair.network, position);
  const shape = shapeAt(pair, position);
  const sides = [pair.a, pair.b] as const;
  /** The terms of an input, of the pairs of positions that this node reads. */
  const read = (input: number): Input => {
    const own = shapeAt(pair, input);
    const pairs = pair.plan.reads.get(position)?.get(input) ?? own.pairs;
    if (pairs === own.pairs) return { terms: of(input), shape: own };
    return { terms: of(input).map((term) => narrowedTerm(term, own, pairs, narrowed)), shape: { ...own, pairs } };
  };
  const sources = pathInputs(node);
  const [only = position] = sources;
  const decision = decisionOf(node);
  if (decision?.kind === "gate") return gated(pair, node, decision.rule, position, read(only), shape);
  if (decision?.kind === "choice") return selectedTerms(pair, node, position, read(only), shape);
  const starts = startsAt(node);
  if (starts?.kind === "example") {
    const given = (mask: Mask): Mask => {
      const values = maskValues(mask);
      return values && starts.values([values]);
    };
    if (sources.length > 0) return mapMasks(pair, position, read(only).terms, given);
    const [left, right] = [given(pair.a.reading.input), given(pair.b.reading.input)];
    return [{ kind: "uniform", source: RAW, kernel: undefined, left, right }];
  }
  const pattern = edgePattern(node);
  const hasBias = starts !== undefined;
  if (pattern.kind === "every") {
    const { terms, shape: before } = read(only);
    const kernel = contract(terms, before, { reader: position, products: pair.products });
    if (hasBias) kernel[0]! += 1;
    return [uniform(position, kernel)];
  }
  if (pattern.kind === "convolution")
    return convolved(pair, node, { ...pattern, hasBias }, position, read(only), shape);
  if (isWeightNode(node)) {
    if (pattern.kind === "unit") return scaled(node, position, read(only).terms);
    return weightedTerms(pair, node, position, sources.map(read), shape);
  }
  if (meanPattern(node) !== undefined) return averagedTerms(pair, node, position, read(only), shape);
  if (pattern.kind === "unit") {
    const terms = sources.map((input) => read(input).terms);
    return summedTerms(node, position, terms, sides);
  }
  // maps that move as wholes keep one kernel for all channels, and a flattening may sum them before. Edge by edge each channel has its
  // own: a pair of 12×12 maps of 16 channels, joined once and shifted once before a global average, took 87 ms instead of 20
  if (node.kind === "concat") {
    const parts = sources.map((input) => ({ ...read(input), size: nodeAt(pair.network, input).shape }));
    return joinedTerms(node, position, parts, shape, sides);
  }
  if (node.kind === "rearrange") return rearranged(pair, node, position, read(only), shape);
  const parts = sources.map((input, which) => edgeTerms(pair, node, position, { ...read(input), which }, shape));
  return summedTerms(node, position, parts, sides);
}

const uniform = (position: number, kernel: Float64Array): UniformTerm => ({
  kind: "uniform",
  source: String(position),
  kernel,
  left: undefined,
  right: undefined,
});

function narrowedTerm(term: Term, from: KernelShape, to: PositionPairs, narrowed: Narrowed): Term {
  if (term.kernel === undefined) return term;
  const known = narrowed.get(term.kernel) ?? new Map<PositionPairs, Float64Array>();
  narrowed.set(term.kernel, known);
  const kernel = known.get(to) ?? restricted(term.kernel, from, to);
  known.set(to, kernel);
  return { ...term, kernel };
}

function convolved(
  { network, products }: Pair,
  node: GatedNode,
  { groups, window, hasBias }: Extract<EdgePattern, { readonly kind: "convolution" }> & { readonly hasBias: boolean },
  position: number,
  { terms, shape: before }: Input,
  shape: KernelShape,
): readonly Term[] {
  const size = sizeOfMaps(nodeAt(network, pathInputs(node)[0] ?? 0));
  const each = before.channels / groups;
  const kernels = Array.from({ length: groups }, (_, group) => {
    const sum = contract(terms, before, {
      reader: position,
      from: group * each,
      to: (group + 1) * each,
      products,
    });
    const kernel = shiftedSum(sum, [size, before.pairs], [sizeOfMaps(node), shape.pairs], window);
    if (hasBias) for (let i = 0; i < kernel.length; i++) kernel[i]! += 1;
    return kernel;
  });
  const [first] = kernels;
  if (groups === 1 && first !== undefined) return [uniform(position, first)];
  const kernel = channelKernels(shape, node.name);
  for (let c = 0; c < shape.channels; c++) {
    kernel.set(kernels[Math.floor((c * groups) / shape.channels)] ?? [], c * pairCount(shape));
  }
  return [{ kind: "per-channel", sources: new Set([String(position)]), kernel }];
}

function scaled(node: WeightNode, position: number, terms: readonly Term[]): readonly Term[] {
  const behind = (source: string): string => (node.weight === undefined ? source : `${source}/${position}`);
  const weighted = terms.map((term): Term => {
    if (term.kind === "uniform") return { ...term, source: behind(term.source) };
    return term.kind === "per-channel" ? { ...term, sources: new Set(rootsOf(term).map(behind)) } : term;
  });
  if (node.bias === undefined) return weighted;
  return [
    ...weighted,
    { kind: "uniform", source: `bias of ${position}`, kernel: undefined, left: undefined, right: undefined },
  ];
}

function gated(
  pair: Pair,
  node: GatedNode,
  rule: GateRule,
  position: number,
  { terms }: Input,
  shape: KernelShape,
): readonly Term[] {
  const { a, b } = pair;
  const masked = terms.map((term): Term => {
    if (term.kind === "per-channel") {
      return { ...term, kernel: multiplied(term.kernel, a.gate(position), b.gate(position), shape) };
    }
    const [only] = mapMasks(pair, position, [term], (mask, side) => side.gated(mask, position));
    return only ?? term;
  });
  if (scalarGate(rule).starts.length === 0) return masked;
  const starts: UniformTerm = {
    kind: "uniform",
    source: RAW,
    kernel: undefined,
    left: a.mask(`${position} starts`, () => a.starts(position)),
    right: b.mask(`${position} starts`, () => b.starts(position)),
  };
  return summedTerms(node, position, [masked, [starts]], [a, b]);
}

function rearranged(
  { plan, a, b, products }: Pair,
  node: Extract<GatedNode, { readonly kind: "rearrange" }>,
  position: number,
  input: Input,
  shape: KernelShape,
): readonly Term[] {
  if (plan.summed.has(position)) {
    const sum = contract(input.terms, input.shape, { reader: position, products });
    return [{ kind: "summed", kernel: Float64Array.of(sum.reduce((total, value) => total + value, 0)) }];
  }
  const { channels, positions } = input.shape;
  if (node.from === undefined && channels === shape.channels && positions === shape.positions) return input.terms;
  const from = node.from ?? Int32Array.from({ length: channels * positions }, (_, i) => i);
  return rearrangedTerms(from, input, shape, [a, b], { name: node.name, part: String(position) });
}

function multiplied(kernel: Float64Array, left: Float64Array, right: Float64Array, shape: KernelShape): Float64Array {
  const { channels, positions, pairs } = shape;
  const size = pairCount(shape);
  const out = new Float64Array(kernel.length);
  for (let c = 0; c < channels; c++) {
    const [base, start] = [c * positions, c * size];
    forEachPair(pairs, positions, (at, u, v) => {
      out[start + at] = kernel[start + at]! * left[base + u]! * right[base + v]!;
    });
  }
  return out;
}
