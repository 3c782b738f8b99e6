/** The kernel of one pair of examples, node by node (theory 3): what one node makes of the terms of its inputs. */
import type { GatedNetwork, GatedNode } from "../../network/index.ts";
import { mapMasks, type Pair, sizeOfMaps } from "./masks.ts";
import { mapsOf, nodeAt, type PathKernelPlan, type PositionPairs } from "./plan.ts";
import { averagedTerms, selectedTerms } from "./pools.ts";
import { type Input, joinedTerms, rearrangedTerms } from "./rearranged.ts";
import type { ExampleSide } from "./side.ts";
import { summedTerms } from "./sums.ts";
import {
  channelKernels,
  contract,
  type KernelShape,
  type Mask,
  pairCount,
  RAW,
  rootsOf,
  type Term,
  type UniformTerm,
  valueAt,
} from "./terms.ts";
import { type Size, shiftedSum } from "./windows.ts";

/** Computes the kernel behind a node at once, faster than node by node; the nodes before it are then not visited. */
export type Shortcuts = ReadonlyMap<
  number,
  (a: ExampleSide, b: ExampleSide, of: (position: number) => readonly Term[]) => readonly Term[]
>;

/**
 * `⟨φ, φ'⟩` of two examples at one element of the network's output.
 * @throws GatewiseError where the network has no kernel of this form
 */
export function pairPathKernel(
  network: GatedNetwork,
  plan: PathKernelPlan,
  a: ExampleSide,
  b: ExampleSide,
  { output = 0, shortcuts = new Map() }: { readonly output?: number; readonly shortcuts?: Shortcuts } = {},
): number {
  const pair = { network, plan, a, b };
  const made = new Map<number, readonly Term[]>();
  const of = (position: number): readonly Term[] => {
    const known = made.get(position) ?? shortcuts.get(position)?.(a, b, of) ?? termsOf(pair, position, of);
    made.set(position, known);
    return known;
  };
  const shape = shapeAt(pair, network.output);
  return of(network.output).reduce((sum, term) => sum + valueAt(term, shape, output, 0, 0), 0);
}

const shapeAt = ({ network, plan }: Pair, position: number): KernelShape => ({
  ...mapsOf(nodeAt(network, position)),
  pairs: plan.pairs.get(position) ?? "diagonal",
});

function termsOf(pair: Pair, position: number, of: (position: number) => readonly Term[]): readonly Term[] {
  const node = nodeAt(pair.network, position);
  const shape = shapeAt(pair, position);
  /** The terms of an input; all pairs of positions only where this node reads them all. */
  const read = (input: number, pairs: PositionPairs = shape.pairs): Input => {
    const own = shapeAt(pair, input);
    if (own.pairs === "diagonal" || pairs === "all") return { terms: of(input), shape: own };
    return { terms: of(input).map((term) => onDiagonal(term, own)), shape: { ...own, pairs } };
  };
  switch (node.kind) {
    case "input":
      return [
        { kind: "uniform", source: RAW, kernel: undefined, left: pair.a.reading.input, right: pair.b.reading.input },
      ];
    case "normalize":
      return mapMasks(pair, position, read(node.input).terms, (z) => normalized(z, node.factor.data, node.shift.data));
    case "dense": {
      const { terms, shape: before } = read(node.input);
      const kernel = contract(terms, before);
      if (node.bias !== undefined) kernel[0]! += 1;
      return [uniform(position, kernel)];
    }
    case "convolution":
      return convolved(node, position, read(node.input), sizeOfMaps(nodeAt(pair.network, node.input)), shape);
    case "scale":
      return scaled(node, position, read(node.input).terms);
    case "gate":
      return gated(pair, node, position, read(node.input), shape);
    case "max-pool":
      return selectedTerms(pair, node, position, read(node.input, "all"), shape);
    case "average-pool":
      return averagedTerms(pair, node, position, read(node.input, "all"), shape);
    case "sum":
      return summedTerms(
        node,
        position,
        node.inputs.map((input) => read(input).terms),
        [pair.a, pair.b],
      );
    case "concat": {
      const parts = node.inputs.map((input) => ({ ...read(input), size: nodeAt(pair.network, input).shape }));
      return joinedTerms(node, position, parts, shape, [pair.a, pair.b]);
    }
    case "rearrange":
      return rearranged(pair, node, position, read(node.input), shape);
  }
}

const uniform = (position: number, kernel: Float64Array): UniformTerm => ({
  kind: "uniform",
  source: String(position),
  kernel,
  left: undefined,
  right: undefined,
});

/** The same kernel where only `u = u'` is read; other nodes read all pairs. */
function onDiagonal(term: Term, shape: KernelShape): Term {
  if (term.kernel === undefined) return term;
  const { positions } = shape;
  const { kernel } = term;
  const size = positions ** 2;
  const diagonal = Float64Array.from({ length: (kernel.length / size) * positions }, (_, i) => {
    const u = i % positions;
    return kernel[Math.floor(i / positions) * size + u * positions + u]!;
  });
  return { ...term, kernel: diagonal };
}

const normalized = (z: Mask, factor: ArrayLike<number>, shift: ArrayLike<number>): Mask =>
  z?.map((value, i) => value * factor[i]! + shift[i]!);

function convolved(
  node: Extract<GatedNode, { readonly kind: "convolution" }>,
  position: number,
  { terms, shape: before }: Input,
  size: Size,
  shape: KernelShape,
): readonly Term[] {
  const { groups, window } = node;
  const each = before.channels / groups;
  const kernels = Array.from({ length: groups }, (_, group) => {
    const sum = contract(terms, before, group * each, (group + 1) * each);
    const kernel = shiftedSum(sum, size, sizeOfMaps(node), window, shape.pairs);
    return node.bias === undefined ? kernel : kernel.map((value) => value + 1);
  });
  const [first] = kernels;
  if (groups === 1 && first !== undefined) return [uniform(position, first)];
  const kernel = channelKernels(shape, node.name);
  for (let c = 0; c < shape.channels; c++) {
    kernel.set(kernels[Math.floor((c * groups) / shape.channels)] ?? [], c * pairCount(shape));
  }
  return [{ kind: "per-channel", sources: new Set([String(position)]), kernel }];
}

function scaled(
  node: Extract<GatedNode, { readonly kind: "scale" }>,
  position: number,
  terms: readonly Term[],
): readonly Term[] {
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
  node: Extract<GatedNode, { readonly kind: "gate" }>,
  position: number,
  { terms }: Input,
  shape: KernelShape,
): readonly Term[] {
  const { a, b } = pair;
  const masked = terms.map((term): Term => {
    if (term.kind === "per-channel") {
      return { ...term, kernel: multiplied(term.kernel, a.gate(position), b.gate(position), shape) };
    }
    const [only] = mapMasks(pair, position, [term], (mask, side) => product(mask, side.gate(position)));
    return only ?? term;
  });
  if (node.rule.kind !== "clipped") return masked;
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
  { a, b }: Pair,
  node: Extract<GatedNode, { readonly kind: "rearrange" }>,
  position: number,
  input: Input,
  shape: KernelShape,
): readonly Term[] {
  const { channels, positions } = input.shape;
  if (node.from === undefined && channels === shape.channels && positions === shape.positions) return input.terms;
  const from = node.from ?? Int32Array.from({ length: channels * positions }, (_, i) => i);
  return rearrangedTerms(from, input, shape, [a, b], { name: node.name, part: String(position) });
}

const product = (mask: Mask, gate: Float64Array): Float64Array =>
  mask === undefined ? gate : mask.map((value, i) => value * gate[i]!);

function multiplied(kernel: Float64Array, left: Float64Array, right: Float64Array, shape: KernelShape): Float64Array {
  const { positions, pairs } = shape;
  const size = pairCount(shape);
  return kernel.map((value, i) => {
    const base = Math.floor(i / size) * positions;
    const u = pairs === "all" ? Math.floor((i % size) / positions) : i % positions;
    return value * left[base + u]! * right[base + (i % positions)]!;
  });
}
