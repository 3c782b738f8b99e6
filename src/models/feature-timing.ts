/** What random path features take, told from a network's shapes. */
import { examplesAtOnce } from "../gates/index.ts";
import { sizeOf } from "../graph/index.ts";
import { examplesOfDraw, featuresTogether } from "../kernels/index.ts";
import { type GatedNetwork, gatePositions, pathNodes } from "../network/index.ts";
import { productsOf } from "./kernel-timing.ts";

/** Nanoseconds in one thread of an AMD EPYC (bench/told-times.bench.ts). */
const RATES = {
  /** Of a multiply-add. */
  product: 0.02,
  /** Of an element of a window, which the engine copies before it multiplies. */
  window: 0.8,
  gate: 4,
  /** Of a weight of a draw, for all examples that share it. */
  weight: 18,
  /** Of a run of the engine, whatever it computes, for the examples that it takes (an Intel Xeon, 4,096 MNIST images behind five layers of 128). */
  run: 6e5,
};

/**
 * Seconds of so many features of one input, of as many, in one thread, about.
 */
export function featureSeconds(network: GatedNetwork, features: number, inputs: number): number {
  const draws = features / featuresTogether(network, features);
  const atOnce = Math.max(1, Math.min(examplesAtOnce(network), inputs));
  const sharing = Math.max(1, Math.min(examplesOfDraw(network, examplesAtOnce(network), features), inputs));
  const sum = (of: (node: GatedNetwork["nodes"][number]) => number): number =>
    pathNodes(network).reduce((total, position) => total + of(nodeOf(network, position)), 0);
  const windows = sum((node) =>
    node.kind === "convolution"
      ? (sizeOf(node.weight.shape.slice(1)) * node.groups * sizeOf(node.shape)) / (node.shape[0] ?? 1)
      : 0,
  );
  const weights = sum((node) => ("weight" in node && node.weight !== undefined ? sizeOf(node.weight.shape) : 0));
  const gates = gatePositions(network).reduce((total, position) => total + sizeOf(nodeOf(network, position).shape), 0);
  const pass =
    RATES.product * productsOf(network) +
    RATES.window * windows +
    RATES.gate * gates +
    RATES.run / atOnce +
    (RATES.weight * weights) / sharing;
  return (draws * pass) / 1e9;
}

function nodeOf({ nodes }: GatedNetwork, position: number): GatedNetwork["nodes"][number] {
  const node = nodes[position];
  if (node === undefined) throw new Error(`unreachable: no node ${position}`);
  return node;
}
