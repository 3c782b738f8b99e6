/** The gates of a watched run's last epoch, `gates-last.npy`, for a resumption within the next one. */
import { readNpy, writeNpy } from "../data/index.ts";
import { GatewiseError } from "../errors.ts";
import { gateBytes, gatesOfBytes } from "../gates/index.ts";
import type { EpochMetrics, GateWatch } from "../train/index.ts";
import type { Store } from "./store.ts";

const LAST = "gates-last.npy";

export const gateWatch = (run: Store): GateWatch => ({
  keep: (gates) => run.write(LAST, writeNpy(gateBytes(gates))),
  last: async (like) => {
    const bytes = await run.read(LAST);
    const array = bytes && readNpy(bytes, run.nameOf(LAST));
    return array?.dtype === "uint8" ? gatesOfBytes(array, like) : undefined;
  },
});

/**
 * A run is watched from its first epoch on, or not at all: its table has one head.
 * @param metrics of the epochs that it has
 * @throws GatewiseError if one that goes on is to be watched otherwise
 */
export function checkWatched(run: Store, watched: boolean, metrics: readonly EpochMetrics[]): void {
  const [gate] = metrics[0]?.gates ?? [];
  const was = gate?.flippedInEpoch !== undefined;
  if (gate === undefined || was === watched) return;
  throw new GatewiseError({
    code: "already-exists",
    received: `${run.nameOf()}, whose gates ${was ? "are" : "are not"} watched since its first epoch`,
    expected: `${was ? "`watchGates`" : "no `watchGates`"}, as it was begun`,
    next: "go on with it as it was, or choose another directory with `directory`",
  });
}
