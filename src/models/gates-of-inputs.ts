import type { Engine } from "../engine/index.ts";
import { type Inputs, type PackedGates, readNetworkGates } from "../gates/index.ts";
import type { GatedNetwork } from "../network/index.ts";
import { type Asking, counter } from "./progress.ts";

/** Gates of all inputs as bits. See `Model.gates`. */
export async function gatesOfInputs(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  options: Asking,
): Promise<PackedGates> {
  const { signal } = options;
  return await readNetworkGates(network, engine, inputs, {
    onProgress: counter(options, "gates", "inputs"),
    ...(signal === undefined ? {} : { signal }),
  });
}
