/** The exact neural path kernel of a network trained here, the fastest way that its form allows (theory 3.1). */
import type { Engine } from "../engine/index.ts";
import { type Inputs, readNetworkGates } from "../gates/index.ts";
import type { DenseArray } from "../graph/index.ts";
import { denseChain, densePathKernel, neuralPathKernelOf, normalizedInputs } from "../kernels/index.ts";
import type { GatedNetwork } from "../network/index.ts";

/**
 * @param inputs `[n, …]`, as the network sees them
 * @returns `[n, n]`, symmetric, not normalized
 * @throws GatewiseError if the inputs do not have the network's shape, or it has no kernel of this form
 */
export async function gateKernel(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
): Promise<DenseArray<"float64">> {
  const hard = denseChain(network);
  if (hard !== undefined) {
    const rows = { inputs: normalizedInputs(hard, inputs), gates: await readNetworkGates(network, engine, inputs) };
    return await densePathKernel({ rows, biases: hard.biases }, engine);
  }
  return await neuralPathKernelOf(network, engine, inputs);
}
