/** Neighbors of many inputs at once by the paths that they share, how usual they are, and the most alike pairs. */
import type { Engine } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import { checkInputs, type Inputs, type Neighbor, readNetworkGates } from "../gates/index.ts";
import { sizeOf } from "../graph/index.ts";
import { checkCount, type GatedNetwork, inputShapeOf, outputCount } from "../network/index.ts";
import { readOpenGates } from "../paths/index.ts";
import { type NeighborWork, type OpenRanker, type PathSides, rankHere, tellingOf } from "./neighbor-rows.ts";
import type { NeighborsOptions } from "./neighbors.ts";
import { neuralPathKernelWay } from "./neural-path-kernel-way.ts";
import { type Asking, counter } from "./progress.ts";

/** How many neighbors of many inputs, and what they are compared with. */
export interface ManyNeighborsOptions extends NeighborsOptions {
  /** Of the examples that are searched, one each. */
  readonly labels?: ArrayLike<number> | undefined;
  /**
   * Examples held out to tell how usual a similarity is, spread over their file; 0 for none. Unless told otherwise 1,000 or all
   * of them behind chains of dense layers, 100 in other networks, where a pair takes a pass of its own.
   */
  readonly heldOut?: number | undefined;
}

/** A neighbor, with its label where there are labels. */
export interface LabeledNeighbor extends Neighbor {
  readonly label?: number;
}

/** What is nearest to a query, and how usual that is. */
export interface QueryNeighbors {
  /** The nearest first. */
  readonly neighbors: readonly LabeledNeighbor[];
  /**
   * Of the held-out examples the share in percent whose nearest similarity is at most this input's, 0 to 100; null where none
   * were held out. Near 0 the input is like nothing that is searched.
   */
  readonly percentile: number | null;
}

/** Neighbors of many queries, and the similarities that their percentiles are of. */
export interface ManyNeighbors {
  /** In the order of the queries. */
  readonly queries: readonly QueryNeighbors[];
  /** Similarity of each held-out example to its nearest among all the others, rising. */
  readonly heldOut: readonly number[];
}

const HELD_OUT = { "packed bits": 1000, "pairs of positions": 100 } as const;

/**
 * The examples nearest to each query, and where its nearest similarity stands among those of held-out examples: `H` examples
 * spread evenly over the set (the first, …), each compared with all the others but itself. The percentile of a query with
 * nearest similarity `s` is `100 · #{held-out examples with nearest similarity ≤ s} / H`.
 * @param inputs `[n, …inputShape]`, the examples that are searched
 * @param queries `[m, …inputShape]`
 * @throws GatewiseError if the inputs do not have the network's shape, or there is not one label an example
 */
export async function manyNeighbors(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  queries: Inputs,
  options: ManyNeighborsOptions = {},
  open: OpenRanker = rankHere,
): Promise<ManyNeighbors> {
  const { top = 10, labels, heldOut = HELD_OUT[neuralPathKernelWay(network).kind] } = options;
  checkInputs(network, inputs);
  checkInputs(network, queries, "queries");
  checkCount("number of neighbors", top);
  checkCount("number of held-out examples", heldOut, 0);
  const [examples = 0] = inputs.shape;
  checkLabels(labels, examples);
  const [columns, rows] = [
    await readSide(network, engine, inputs, options),
    await readSide(network, engine, queries, options),
  ];
  const held = spread(examples < 2 ? 0 : Math.min(heldOut, examples), examples);
  const one = { network, open, columns, options, isHalf: false } as const;
  const found = await ranked({ ...one, rows, same: none(rows.count), top, stage: "neighbors" });
  const usual = await ranked({ ...one, rows: picked(columns, held), same: held, top: 1, stage: "held-out examples" });
  const nearest = usual.map(([first]) => first?.similarity ?? 0).sort((a, b) => a - b);
  return {
    heldOut: nearest,
    queries: found.map((neighbors) => ({
      neighbors: neighbors.map((neighbor) => withLabel(neighbor, labels)),
      percentile: percentileOf(neighbors[0]?.similarity ?? 0, nearest),
    })),
  };
}

/** Two examples and what they share. */
export interface NeighborPair extends Omit<Neighbor, "example"> {
  /** Both from 0; of two sets the first is of the inputs, the second of the others. */
  readonly examples: readonly [first: number, second: number];
}

/** How many pairs, and of what. */
export interface NeighborPairsOptions extends NeighborsOptions {
  /** Pairs of an input and one of these, `[m, …inputShape]`; of two inputs unless given. */
  readonly others?: Inputs | undefined;
}

/**
 * The pairs that share most active paths, the most alike first; `sharedGates` is of the gates of the pair's first.
 * @param inputs `[n, …inputShape]`
 * @throws GatewiseError if the inputs do not have the network's shape
 */
export async function neighborPairs(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  options: NeighborPairsOptions = {},
  open: OpenRanker = rankHere,
): Promise<readonly NeighborPair[]> {
  const { top = 10, others } = options;
  checkInputs(network, inputs);
  if (others !== undefined) checkInputs(network, others, "others");
  checkCount("number of pairs", top);
  const rows = await readSide(network, engine, inputs, options);
  const columns = others === undefined ? rows : await readSide(network, engine, others, options);
  const isHalf = others === undefined;
  const same = isHalf ? Int32Array.from({ length: rows.count }, (_, i) => i) : none(rows.count);
  const found = await ranked({ network, open, rows, columns, options, same, isHalf, top, stage: "pairs" });
  return found
    .flatMap((neighbors, first) =>
      neighbors.map(({ example, ...shared }): NeighborPair => ({ examples: [first, example], ...shared })),
    )
    .sort((a, b) => b.similarity - a.similarity || b.sharedGates - a.sharedGates)
    .slice(0, top);
}

/** What the gates of a set of examples leave open. */
type Side =
  | {
      readonly kind: "overlaps";
      readonly count: number;
      readonly gates: Extract<PathSides, { kind: "overlaps" }>["rows"];
    }
  | {
      readonly kind: "open gates";
      readonly count: number;
      readonly gates: Extract<PathSides, { kind: "open gates" }>["rows"];
    };

async function readSide(network: GatedNetwork, engine: Engine, inputs: Inputs, asking: Asking): Promise<Side> {
  const [count = 0] = inputs.shape;
  const options = { signal: asking.signal, onProgress: counter(asking, "gates", "inputs") };
  return neuralPathKernelWay(network).kind === "packed bits"
    ? { kind: "overlaps", count, gates: await readNetworkGates(network, engine, inputs, options) }
    : { kind: "open gates", count, gates: await readOpenGates(network, engine, inputs, options) };
}

/** Some examples of a side. */
function picked(side: Side, examples: Int32Array): Side {
  const count = examples.length;
  if (side.kind === "open gates") {
    return { kind: side.kind, count, gates: Array.from(examples).flatMap((i) => side.gates.slice(i, i + 1)) };
  }
  const layers = side.gates.layers.map((layer) => {
    const { wordsPerExample: width } = layer;
    const words = new Uint32Array(count * width);
    examples.forEach((example, i) => {
      words.set(layer.words.subarray(example * width, (example + 1) * width), i * width);
    });
    return { ...layer, words };
  });
  return { kind: side.kind, count, gates: { examples: count, layers } };
}

interface Asked {
  readonly network: GatedNetwork;
  readonly open: OpenRanker;
  readonly rows: Side;
  readonly columns: Side;
  readonly same: Int32Array;
  readonly isHalf: boolean;
  readonly top: number;
  readonly stage: string;
  readonly options: Asking;
}

/** Rows of a block: enough that handing them over costs nothing, few enough that threads end together. */
const MOST_ROWS = 16;

async function ranked(asked: Asked): Promise<readonly (readonly Neighbor[])[]> {
  const { network, open, rows, columns, options, stage } = asked;
  if (rows.count === 0) return [];
  const { top, same, isHalf } = asked;
  const log2Own = [ownPaths(network, rows), ownPaths(network, columns)] as const;
  const work: NeighborWork = { sides: sidesOf(network, rows, columns), log2Own, top, same, isHalf };
  await using ranker = open(work, options.signal);
  const onProgress = counter(options, stage, "inputs");
  const block = Math.max(1, Math.min(MOST_ROWS, Math.ceil(rows.count / (4 * ranker.ahead))));
  const results: (readonly Neighbor[])[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < rows.count) {
      options.signal?.throwIfAborted();
      const from = next;
      next = Math.min(from + block, rows.count);
      for (const [i, row] of (await ranker.rank(from, next)).entries()) results[from + i] = row;
      onProgress(Math.min(results.length, next), rows.count);
    }
  };
  await Promise.all(Array.from({ length: ranker.ahead }, lane));
  return results;
}

function sidesOf(network: GatedNetwork, rows: Side, columns: Side): PathSides {
  if (rows.kind === "overlaps" && columns.kind === "overlaps") {
    const way = neuralPathKernelWay(network);
    const biases = way.kind === "packed bits" ? way.chain.biases : [];
    const ends = { inputs: sizeOf(inputShapeOf(network)), outputs: outputCount(network), biases };
    return { kind: "overlaps", rows: rows.gates, columns: columns.gates, ends };
  }
  if (rows.kind === "open gates" && columns.kind === "open gates") {
    return { kind: "open gates", network, rows: rows.gates, columns: columns.gates };
  }
  throw new Error("unreachable: two ways through one network");
}

/** Base-2 logarithms of the paths active for each example. */
function ownPaths(network: GatedNetwork, side: Side): Float64Array {
  const tell = tellingOf(sidesOf(network, side, side));
  const told = new Float64Array(2);
  return Float64Array.from({ length: side.count }, (_, i) => {
    tell(i, i, told);
    return told[0]!;
  });
}

const none = (count: number): Int32Array => new Int32Array(count).fill(-1);

/** So many of all examples, evenly in their order. */
const spread = (count: number, examples: number): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => Math.floor((i * examples) / count));

/** @param rising similarities */
function percentileOf(similarity: number, rising: readonly number[]): number | null {
  if (rising.length === 0) return null;
  const above = rising.findIndex((one) => one > similarity);
  return (100 * (above < 0 ? rising.length : above)) / rising.length;
}

const withLabel = (neighbor: Neighbor, labels: ArrayLike<number> | undefined): LabeledNeighbor => {
  const label = labels?.[neighbor.example];
  return label === undefined ? neighbor : { ...neighbor, label };
};

function checkLabels(labels: ArrayLike<number> | undefined, examples: number): void {
  if (labels === undefined || labels.length === examples) return;
  throw new GatewiseError({
    received: `${labels.length} labels for ${examples} examples`,
    expected: "one label an example",
    next: "give the labels of the examples that are searched, in the same order",
  });
}
