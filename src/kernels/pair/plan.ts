/**
 * What the path kernel of a network has to know of each node's kernel before it visits pairs of examples (theory 3.8 to 3.12):
 * of which pairs of positions, and whether of each channel or only of their sum.
 */
import { edgePattern, type GatedNetwork, pathInputs, pathNodes } from "../../network/index.ts";
import { averagingWindows, type Windows } from "./averages.ts";
import { mapsOf, meanPattern, nodeAt, sizeOfMaps } from "./maps.ts";
import { areEqual, DIAGONAL, type PositionPairs, pairsOf, type Size } from "./pair-lines.ts";
import { pairsRead } from "./pairs-read.ts";

export interface PairPlan {
  /** Nodes that paths come through, ascending. */
  readonly positions: readonly number[];
  /** By node. */
  readonly pairs: ReadonlyMap<number, PositionPairs>;
  /** By node and input: what the node reads of the input's pairs, the same object where it reads all of them. */
  readonly reads: ReadonlyMap<number, ReadonlyMap<number, PositionPairs>>;
  /** Means of windows and flattenings whose channels are only read summed: the channels are summed before. */
  readonly summed: ReadonlySet<number>;
  /** By node that gives the means of windows. */
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
    for (const input of pathInputs(node)) read.set(input, pairsRead(network, node, own, input));
    reads.set(position, read);
  }
  return { positions, pairs, reads, summed, windows: new Map(positions.flatMap(windowsAt(network))), consumers };
}

const windowsAt =
  (network: GatedNetwork) =>
  (position: number): readonly (readonly [number, Windows])[] => {
    const node = nodeAt(network, position);
    const pattern = meanPattern(node);
    const [input] = pathInputs(node);
    if (pattern === undefined || input === undefined) return [];
    const size = sizeOfMaps(nodeAt(network, input));
    return [[position, averagingWindows(size, sizeOfMaps(node), pattern.window, pattern.divisor)]];
  };

/** All that is wanted; the diagonal at least. */
function union(size: Size, wanted: readonly PositionPairs[]): PositionPairs {
  const [first, ...others] = wanted;
  if (first !== undefined && others.every((pairs) => areEqual(first, pairs))) return first;
  const steps = wanted.map((pairs) => (pairs === "all" ? undefined : pairs.steps));
  const every = steps.flatMap((some) => some ?? []);
  return steps.includes(undefined) ? "all" : pairsOf(size, every.length === 0 ? DIAGONAL : every);
}

/** Whether channels may be summed before the node, not behind it. */
const isSummable = (network: GatedNetwork, consumers: Consumers, position: number): boolean =>
  meanPattern(nodeAt(network, position)) !== undefined || isFlattening(network, consumers, position);

type Consumers = PairPlan["consumers"];

/** Whether each output of a node adds up all channels of its input. */
export function mixesChannels(network: GatedNetwork, position: number): boolean {
  const pattern = edgePattern(nodeAt(network, position));
  return pattern.kind === "every" || (pattern.kind === "convolution" && pattern.groups === 1);
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
