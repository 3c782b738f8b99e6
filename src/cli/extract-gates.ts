import type { Engine } from "../engine/index.ts";
import { type Inputs, type PackedGates, readNetworkGates } from "../gates/index.ts";
import type { GatedNetwork } from "../network/index.ts";
import type { CliContext } from "./context.ts";
import { withCount } from "./progress.ts";

/** Gates of all inputs, under a bar. */
export const extractGates = (
  context: CliContext,
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
): Promise<PackedGates> =>
  withCount(context, "gates", "inputs", (onProgress) =>
    readNetworkGates(network, engine, inputs, { onProgress, signal: context.signal }),
  );
