import { checkInputs } from "../gates/index.ts";
import type { InputExamples } from "../models/index.ts";
import type { GatedNetwork } from "../network/index.ts";
import { readArray } from "../runs/node/index.ts";

/**
 * Inputs of a network from a `.npy` file.
 * @returns `[n, ...inputShape]`
 * @throws GatewiseError unless the file holds float32 or float64 of that shape, all of them finite
 */
export const readModelInputs = async (file: string, network: GatedNetwork): Promise<InputExamples> =>
  fittingInputs(network, await readArray(file), file);

/** @throws GatewiseError unless the inputs of a file have the network's shape, all of them finite */
export function fittingInputs(network: GatedNetwork, array: InputExamples, file: string): InputExamples {
  checkInputs(network, array, file);
  return array;
}
