/** Networks that benches of paths look at, with weights and biases of a trained size, and how PyTorch is told of them. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeNpy } from "../src/data/index.ts";
import { float64 } from "../src/graph/index.ts";
import {
  type Architecture,
  fullyConnected,
  type GatedNetwork,
  gatedNetwork,
  gconv,
  initialParameters,
  inputShapeOf,
  isWeightNode,
  mapParameters,
  REGIMES,
} from "../src/network/index.ts";
import { randomStream } from "../src/random.ts";

const SEED = 0;
/** A sample of this time at least: shorter work is repeated. */
const LEAST_MILLISECONDS = 20;

/** @param width channels of the convolutional network */
export const pathNetworks = (width: number): Readonly<Record<string, Architecture>> => ({
  "FC 784-5×128-10": fullyConnected({ inputShape: [784], depth: 6, width: 128, outputs: 10 }),
  [`GCONV ${width}`]: gconv({ inputShape: [3, 32, 32], width, outputs: 10 }),
});

export function networkOf(architecture: Architecture): GatedNetwork {
  const initializer = { kind: "he-uniform" } as const;
  const initial = initialParameters({ architecture, regime: "relu", initializer, seed: SEED });
  const parameters = mapParameters(initial, (one, { layer, kind }) => {
    if (kind === "weight") return one;
    const drawn = randomStream(SEED, `${layer}.bias`).normal(one.data.length);
    return { ...one, data: Float32Array.from(drawn, (x) => 0.02 * x) };
  });
  return gatedNetwork(architecture, REGIMES.relu, parameters);
}

/** What the peer reads: layers with weights, and the mean of whole maps. */
export async function writePeerModel(folder: string, network: GatedNetwork, example: Float64Array): Promise<void> {
  const layers: object[] = [];
  for (const [position, node] of network.nodes.entries()) {
    if (node.kind === "average-pool") layers.push({ kind: "mean" });
    if (!isWeightNode(node) || node.weight === undefined || node.bias === undefined) continue;
    const [weight, bias] = [`${position}.weight.npy`, `${position}.bias.npy`];
    await writeFile(join(folder, weight), writeNpy(node.weight));
    await writeFile(join(folder, bias), writeNpy(node.bias));
    layers.push({ kind: node.kind, weight, bias });
  }
  await writeFile(join(folder, "example.npy"), writeNpy(float64(inputShapeOf(network), example)));
  await writeFile(join(folder, "network.json"), JSON.stringify({ layers }));
}

/** Processor milliseconds of one call. */
export function millisecondsOf(work: () => unknown): number {
  const before = process.cpuUsage();
  for (let calls = 1; ; calls++) {
    work();
    const { user, system } = process.cpuUsage(before);
    const spent = (user + system) / 1e3;
    if (spent >= LEAST_MILLISECONDS) return spent / calls;
  }
}
