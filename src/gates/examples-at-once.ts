import { sizeOf } from "../graph/index.ts";
import type { GatedNetwork } from "../network/index.ts";

/** Examples in one run of the engine: enough to fill its matrix products, few enough for wide maps. */
const MOST = 64;
/** What the values of all nodes may take: those that decide gates are all there at once. */
const BYTES = 2 ** 29;

/** Examples that one run of the engine takes where the values of many nodes are read. */
export function examplesAtOnce({ nodes }: GatedNetwork): number {
  const units = nodes.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return Math.min(MOST, Math.max(1, Math.floor(BYTES / (4 * units))));
}
