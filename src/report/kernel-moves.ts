import { gatesMove, REGIMES } from "../network/index.ts";
import type { RegimeGroup } from "./gathered-runs.ts";

/** Whether the kernel of a regime changes in training. */
export const kernelMoves = ({ regime }: Pick<RegimeGroup, "regime">): boolean => gatesMove(REGIMES[regime]);
