/** What others begin from is a run that has come to its end, or one of its epochs by number. */
import { GatewiseError } from "../errors.ts";
import type { RunMoment } from "../experiments/index.ts";
import { epochsThere, readCheckpoint, readRecord } from "./run-files.ts";
import type { Store } from "./store.ts";

/**
 * Refuses a run that goes on, or might: its best and its last are other networks tomorrow, and perhaps hardly trained ones.
 * An epoch by number is what it is.
 * @param option that names it, where it names nothing else
 * @throws GatewiseError telling where it stands, and which of its epochs can be named
 */
export async function checkFinished(
  run: Store,
  at: RunMoment | undefined,
  option: "from" | "init" | undefined,
): Promise<void> {
  if (typeof at === "number") return;
  const { status, plan } = await readRecord(run);
  if (status === "completed") return;
  const last = await readCheckpoint(run, "last");
  const epochs = await epochsThere(run);
  const stands = { running: "not at its end", failed: "failed", interrupted: "stopped" }[status];
  const place = last === undefined ? "before its first epoch" : `at epoch ${last.epoch}`;
  const one = epochs.at(-1);
  const named = option === undefined ? "" : `\`${option}\` `;
  throw new GatewiseError({
    received: `${run.nameOf()}, ${stands} ${place} of ${plan.epochs}`,
    expected: "a run that has come to its end",
    next:
      one === undefined
        ? "go on with it first (`resume`)"
        : `go on with it first (\`resume\`), or take it at an epoch: ${named}${run.nameOf()}@${one}${epochs.length > 1 ? ` (it has ${epochs.join(", ")})` : ""}`,
  });
}
