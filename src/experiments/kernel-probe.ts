/**
 * Which examples the kernel of a network in training is measured on: the first of each class, as many as a bound on the
 * cost allows. The bound is computed from the architecture and the number of examples, and reads no clock: a resumed run
 * measures the same examples.
 */
import { type ExampleSet, type ExampleSource, exampleSet } from "../data/index.ts";
import type { Inputs } from "../gates/index.ts";
import { float32, sizeOf } from "../graph/index.ts";
import { withGatesAsBits } from "../kernels/index.ts";
import { neuralPathKernelWay } from "../models/index.ts";
import {
  type GatedNetwork,
  type GatedNode,
  gateOfNode,
  hasHardGates,
  isWeightNode,
  pathNodes,
} from "../network/index.ts";
import { scaled } from "./watched-training.ts";

/** Examples of the probe that share a label. */
export interface ProbeClass {
  readonly label: number;
  readonly examples: number;
}

export interface KernelProbe {
  /** `[n, …]`, sorted by class; bytes in [0, 1], unless the network reads them as they are. */
  readonly inputs: Inputs;
  /** `[n]` */
  readonly labels: Int32Array;
  readonly classes: readonly ProbeClass[];
  /** Soft gates are taken as bits where their exact kernel would take too long. */
  readonly gates: "exact" | "as bits";
}

/** A probe, or why there is none. */
export type ProbeChoice =
  | { readonly kind: "probe"; readonly probe: KernelProbe }
  | { readonly kind: "none"; readonly reason: string };

/** Examples of a class: ten classes make a map of 100 × 100, whose spectrum takes milliseconds. */
const MOST_OF_A_CLASS = 10;
/** One alone says nothing of its class. */
const LEAST_OF_A_CLASS = 2;
/** Seconds that a measurement may take; the least probe may take this share of an epoch. */
const SECONDS = 2.5;
const EPOCH_SHARE = 0.1;
/** Training on one core of 2020's: 6 operations a weight and example, rounded down. */
const OPERATIONS_A_SECOND = 2e10;

/**
 * @param network of any parameters
 * @param source all training examples of the run
 * @param reads what the network reads: bytes scaled to [0, 1], or numbers as the data have them
 */
export async function kernelProbe(
  network: GatedNetwork,
  source: ExampleSource,
  reads: "scaled" | "raw" = "scaled",
): Promise<ProbeChoice> {
  const train = exampleSet(source);
  if (train.labels.dtype === "float32") return { kind: "none", reason: "the targets are real values, not classes" };
  const classes = [...new Set(train.labels.data)].sort((a, b) => a - b);
  if (classes.length < 2) return { kind: "none", reason: "the training examples are of one class" };
  const most = Math.max(SECONDS, EPOCH_SHARE * epochSeconds(network, train.size));
  const ways = hasHardGates(network) ? (["exact"] as const) : (["exact", "as bits"] as const);
  const costs = ways.map((gates) => ({
    gates,
    secondsAPair: pairSeconds(gates === "exact" ? network : withGatesAsBits(network)),
  }));
  for (const [budget, limit] of [
    [SECONDS, MOST_OF_A_CLASS],
    [most, LEAST_OF_A_CLASS],
  ] as const) {
    for (const { gates, secondsAPair } of costs) {
      const each = Math.min(limit, mostOfAClass(classes.length, budget, secondsAPair));
      if (each >= LEAST_OF_A_CLASS)
        return { kind: "probe", probe: { ...(await firstOf(train, classes, each, reads)), gates } };
    }
  }
  return {
    kind: "none",
    reason: `the exact kernel of ${LEAST_OF_A_CLASS} examples a class takes more than ${Math.round(most)} seconds`,
  };
}

function mostOfAClass(classes: number, budget: number, secondsAPair: number): number {
  let each = MOST_OF_A_CLASS;
  while (each > 0 && ((each * classes * (each * classes + 1)) / 2) * secondsAPair > budget) each -= 1;
  return each;
}

/**
 * Of the exact kernel in one thread, measured on one core with GCONV, VCONV and C4GAP: 5 ns for a pair of positions
 * behind bits and global average pooling (and each channel, behind soft gates), 250 ns behind other pools and sums, 500 ns
 * for a position and channel where only the diagonal is read.
 */
function pairSeconds(network: GatedNetwork): number {
  if (neuralPathKernelWay(withGatesAsBits(network)).kind === "packed bits") return 1e-5;
  const nodes = nodesOnPaths(network);
  // an estimate of the architectures that were measured, which have these kinds
  const isChain = nodes.every(({ kind }) => kind !== "sum" && kind !== "concat" && kind !== "max-pool");
  const pools = nodes.filter(({ kind }) => kind === "average-pool" || kind === "max-pool");
  const global = pools.every((node) => positionsOf(node) === 1);
  const gates = nodes.filter((node) => gateOfNode(node) !== undefined);
  const sum = (cost: (positions: number, channels: number) => number): number =>
    gates.reduce((total, node) => total + cost(positionsOf(node), node.shape[0] ?? 1), 0);
  if (pools.length === 0) return 5e-7 * sum((positions, channels) => positions * channels);
  if (!global || !isChain) return 2.5e-7 * sum((positions) => positions ** 2);
  return 5e-9 * sum((positions, channels) => positions ** 2 * (hasHardGates(network) ? 1 : channels));
}

/** Seconds of an epoch, for comparison only. */
function epochSeconds(network: GatedNetwork, examples: number): number {
  const products = nodesOnPaths(network).reduce(
    (sum, node) => sum + (isWeightNode(node) ? (node.weight?.data.length ?? 0) * positionsOf(node) : 0),
    0,
  );
  return (examples * 6 * products) / OPERATIONS_A_SECOND;
}

const nodesOnPaths = (network: GatedNetwork): readonly GatedNode[] =>
  pathNodes(network).flatMap((position) => network.nodes.slice(position, position + 1));

/** Positions of maps `[channels, height, width]`; 1 for a vector. */
const positionsOf = ({ shape }: GatedNode): number => sizeOf(shape.slice(1));

/** The first `each` examples of every class, or as many as it has, class by class. */
async function firstOf(
  train: ExampleSet,
  classes: readonly number[],
  each: number,
  reads: "scaled" | "raw",
): Promise<Omit<KernelProbe, "gates">> {
  const { labels } = train;
  const indices = new Map(classes.map((label) => [label, [] as number[]]));
  labels.data.forEach((label, index) => {
    const own = indices.get(label);
    if (own !== undefined && own.length < each) own.push(index);
  });
  const chosen = [...indices.values()].flat();
  const rows = await train.readBatch(Int32Array.from(chosen));
  return {
    inputs: rows.dtype === "uint8" && reads === "scaled" ? scaled(rows) : float32(rows.shape, rows.data),
    labels: Int32Array.from(chosen, (index) => labels.data[index]!),
    classes: [...indices].map(([label, own]) => ({ label, examples: own.length })),
  };
}
