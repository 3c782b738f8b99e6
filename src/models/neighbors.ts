/** Neighbors of an input by the paths that they share: the one ranking, whatever the network. */
import type { Engine } from "../engine/index.ts";
import { type Inputs, type Neighbor, readNetworkGates } from "../gates/index.ts";
import { sizeOf } from "../graph/index.ts";
import { neighborsByOverlaps } from "../kernels/index.ts";

import { type GatedNetwork, inputShapeOf, outputCount } from "../network/index.ts";
import { neighborsBySharedPaths } from "../paths/index.ts";
import { neuralPathKernelWay } from "./neural-path-kernel-way.ts";
import { type Asking, counter } from "./progress.ts";

/** How many neighbors, and how the work is watched. */
export interface NeighborsOptions extends Asking {
  /** As many neighbors; 10 unless told otherwise. */
  readonly top?: number | undefined;
}

/**
 * The examples that share most active paths with one of them, exactly, in any network.
 * @param inputs `[n, …inputShape]`
 * @param query one of them, from 0
 * @returns the nearest first, the query left out
 * @throws GatewiseError if there is no such example, or the inputs do not have the network's shape
 */
export async function neighbors(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  query: number,
  options: NeighborsOptions = {},
): Promise<readonly Neighbor[]> {
  const { top = 10, signal } = options;
  const way = neuralPathKernelWay(network);
  if (way.kind === "pairs of positions") {
    const onProgress = counter(options, "shared paths", "inputs");
    return await neighborsBySharedPaths(network, engine, inputs, query, top, { onProgress, signal });
  }
  const gates = await readNetworkGates(network, engine, inputs, {
    onProgress: counter(options, "gates", "inputs"),
    ...(signal === undefined ? {} : { signal }),
  });
  const ends = { inputs: sizeOf(inputShapeOf(network)), outputs: outputCount(network), biases: way.chain.biases };
  return neighborsByOverlaps(gates, query, top, ends);
}
