/**
 * What the path kernel of a network has to know of each node's kernel before it visits pairs of examples (theory 3.8 to 3.12):
 * of which pairs of positions, and whether of each channel or only of their sum.
 */
import { sizeOf } from "../../graph/index.ts";
import { type GatedNetwork, type GatedNode, pathInputs, pathNodes } from "../../network/index.ts";
import { averagingWindows, type Windows } from "./averages.ts";
import {
  forEachPair,
  isDiagonal,
  type PairLines,
  type PositionPairs,
  pairCountOf,
  pairsOf,
  pairsWithin,
  type Size,
  type Step,
  stepsBefore,
} from "./pair-lines.ts";

export interface PairPlan {
  /** Nodes that paths come through, ascending. */
  readonly positions: readonly number[];
  /** By node. */
  readonly pairs: ReadonlyMap<number, PositionPairs>;
  /** By node and input: what the node reads of the input's pairs, the same object where it reads all of them. */
  readonly reads: ReadonlyMap<number, ReadonlyMap<number, PositionPairs>>;
  /** Average pools and flattenings whose channels are only read summed: the channels are summed before. */
  readonly summed: ReadonlySet<number>;
  /** By average pool. */
  readonly windows: ReadonlyMap<number, Windows>;
  /** By node: the nodes behind it that paths come through. */
  readonly consumers: ReadonlyMap<number, readonly number[]>;
}

export function planPairs(network: GatedNetwork): PairPlan {
  const positions = pathNodes(network);
  const consumers = new Map<number, number[]>(positions.map((position) => [position, []]));
  for (const position of positions) {
    for (const input of pathInputs(nodeAt(network, position))) consumers.get(input)?.push(position);
  }
  const pairs = new Map<number, PositionPairs>();
  const reads = new Map<number, Map<number, PositionPairs>>();
  const summed = new Set<number>();
  const readSummed = new Set<number>();
  for (const position of positions.toReversed()) {
    const node = nodeAt(network, position);
    const wanted = (consumers.get(position) ?? []).flatMap((consumer) => reads.get(consumer)?.get(position) ?? []);
    const own = union(sizeOfMaps(node), wanted);
    pairs.set(position, own);
    // a consumer that reads all of it reads the same object
    for (const consumer of consumers.get(position) ?? []) {
      const read = reads.get(consumer)?.get(position);
      if (read !== undefined && areEqual(read, own)) reads.get(consumer)?.set(position, own);
    }
    if (isReadSummed(network, consumers, position, readSummed)) readSummed.add(position);
    if (readSummed.has(position) && isSummable(network, consumers, position)) summed.add(position);
    const read = new Map<number, PositionPairs>();
    for (const input of pathInputs(node)) read.set(input, pairsRead(node, own, nodeAt(network, input)));
    reads.set(position, read);
  }
  return { positions, pairs, reads, summed, windows: new Map(positions.flatMap(windowsAt(network))), consumers };
}

const windowsAt =
  (network: GatedNetwork) =>
  (position: number): readonly (readonly [number, Windows])[] => {
    const node = nodeAt(network, position);
    if (node.kind !== "average-pool") return [];
    const size = sizeOfMaps(nodeAt(network, node.input));
    return [[position, averagingWindows(size, sizeOfMaps(node), node.window, node.countPadding)]];
  };

/** Channels and positions of what a node gives; a vector is channels at one position. */
export function mapsOf({ shape }: GatedNode): { readonly channels: number; readonly positions: number } {
  const [channels = 1, ...sizes] = shape;
  return { channels, positions: sizeOf(sizes) };
}

/** Rows and columns of a node's maps; other shapes are one row. */
export function sizeOfMaps(node: GatedNode): Size {
  const [, height = 1, width = 1] = node.shape;
  return node.shape.length <= 3 ? [height, width] : [1, mapsOf(node).positions];
}

export function nodeAt({ nodes }: GatedNetwork, position: number): GatedNode {
  const node = nodes[position];
  if (node === undefined) throw new Error(`unreachable: no node ${position}`);
  return node;
}

const DIAGONAL: readonly Step[] = [[0, 0]];

/** All that is wanted; the diagonal at least. */
function union(size: Size, wanted: readonly PositionPairs[]): PositionPairs {
  const [first, ...others] = wanted;
  if (first !== undefined && others.every((pairs) => areEqual(first, pairs))) return first;
  const steps = wanted.map((pairs) => (pairs === "all" ? undefined : pairs.steps));
  const every = steps.flatMap((some) => some ?? []);
  return steps.includes(undefined) ? "all" : pairsOf(size, every.length === 0 ? DIAGONAL : every);
}

/** Whether kernels of these pairs have the same numbers at the same places. */
export const areEqual = (a: PositionPairs, b: PositionPairs): boolean =>
  a === b ||
  (a !== "all" &&
    b !== "all" &&
    String(a.size) === String(b.size) &&
    a.steps.length === b.steps.length &&
    a.steps.every(([rows, columns], i) => rows === b.steps[i]?.[0] && columns === b.steps[i]?.[1]));

/** One object for equal pairs: deep networks have many maps of one size. */
const sameOr = (known: PositionPairs, pairs: PositionPairs): PositionPairs => (areEqual(known, pairs) ? known : pairs);

/** The pairs of an input that a node reads for its own. */
function pairsRead(node: GatedNode, own: PositionPairs, input: GatedNode): PositionPairs {
  const size = sizeOfMaps(input);
  if (size[0] * size[1] === 1) return pairsOf(size, DIAGONAL);
  switch (node.kind) {
    case "input":
    case "dense":
      return pairsOf(size, DIAGONAL);
    case "average-pool":
    case "max-pool":
      return own === "all" ? own : pairsWithin(size, own.steps, node.window);
    case "convolution":
      return own === "all" ? own : sameOr(own, pairsOf(size, stepsBefore(own.steps, node.window)));
    case "normalize":
    case "scale":
    case "gate":
    case "sum":
      return own;
    case "concat":
      if (isDiagonal(own)) return pairsOf(size, DIAGONAL);
      if (node.axis === 0) return own;
      return own === "all" || node.shape.length > 3 ? "all" : pairsOf(size, own.steps);
    case "rearrange":
      return own === "all" ? own : pairsRearranged(node, own, size);
  }
}

/** Pairs of elements, of all channels together, that are looked at one by one: about a second's work. */
const MOST_REARRANGED = 2 ** 26;

/** Between the elements that the pairs of a rearranged map were; all pairs where there are too many to look. */
function pairsRearranged(
  node: Extract<GatedNode, { readonly kind: "rearrange" }>,
  own: PairLines,
  size: Size,
): PositionPairs {
  const { channels, positions } = mapsOf(node);
  const [before, width] = [size[0] * size[1], size[1]];
  if (isDiagonal(own)) return pairsOf(size, DIAGONAL);
  if (channels * pairCountOf(own, positions) > MOST_REARRANGED) return "all";
  const [height, span] = [size[0], 2 * width - 1];
  const seen = new Uint8Array((2 * height - 1) * span);
  const steps: Step[] = [];
  // each channel's elements were as many of one channel, in the same order
  const alike = node.from === undefined && positions === before;
  for (let c = 0; c < (alike ? 1 : channels); c++) {
    const was = node.from?.subarray(c * positions, (c + 1) * positions);
    forEachPair(own, positions, (_, u, v) => {
      const [first, second] = [was?.[u] ?? c * positions + u, was?.[v] ?? c * positions + v];
      if (first < 0 || second < 0) return;
      const [left, right] = [first % before, second % before];
      const rows = Math.floor(right / width) - Math.floor(left / width);
      const columns = (right % width) - (left % width);
      const place = (rows + height - 1) * span + columns + width - 1;
      if (seen[place] === 1) return;
      seen[place] = 1;
      steps.push([rows, columns]);
    });
    if (steps.length >= before) return "all";
  }
  return pairsOf(size, steps.length === 0 ? DIAGONAL : steps);
}

/** Whether channels may be summed before the node, not behind it. */
const isSummable = (network: GatedNetwork, consumers: Consumers, position: number): boolean =>
  nodeAt(network, position).kind === "average-pool" || isFlattening(network, consumers, position);

type Consumers = PairPlan["consumers"];

/** Whether each output of a node adds up all channels of its input. */
export function mixesChannels(network: GatedNetwork, position: number): boolean {
  const node = nodeAt(network, position);
  return node.kind === "dense" || (node.kind === "convolution" && node.groups === 1);
}

/**
 * Whether every way onward leads through flattening, at most, into a layer that mixes all channels.
 * @param behind the nodes behind this one of which that is so
 */
function isReadSummed(
  network: GatedNetwork,
  consumers: Consumers,
  position: number,
  behind: ReadonlySet<number>,
): boolean {
  const next = consumers.get(position) ?? [];
  return (
    next.length > 0 &&
    next.every((consumer) => {
      if (mixesChannels(network, consumer)) return true;
      return isFlattening(network, consumers, consumer) && behind.has(consumer);
    })
  );
}

/** All elements of the input, each once, as a vector; in other maps before (channels last), if those are only flattened. */
function isFlattening(network: GatedNetwork, consumers: Consumers, position: number): boolean {
  const node = nodeAt(network, position);
  if (node.kind !== "rearrange") return false;
  const next = consumers.get(position) ?? [];
  if (node.shape.length !== 1 && !(next.length > 0 && next.every((one) => isFlattening(network, consumers, one)))) {
    return false;
  }
  if (node.from === undefined) return true;
  const { channels, positions } = mapsOf(nodeAt(network, node.input));
  return (
    node.from.length === channels * positions && new Set(node.from).size === node.from.length && !node.from.includes(-1)
  );
}
