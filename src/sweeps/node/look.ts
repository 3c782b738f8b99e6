/** Looks into the folders of trials. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { lockLooker } from "../../data/node/index.ts";
import { codeOf, GatewiseError } from "../../errors.ts";
import { findResults, findRun } from "../../runs/node/index.ts";
import type { SweepTrial } from "../trial.ts";
import { isDone, lookOf, lookOfPart, type RunFound, type TrialLook } from "../trial-look.ts";
import { folderOfTrial } from "./sweep-folder.ts";

/** Tells how far a trial is. */
export type LookAtTrial = (trial: SweepTrial) => Promise<TrialLook>;

/**
 * @param directory of the sweep
 * @param now milliseconds since 1970
 */
export async function trialLooker(directory: string, now: () => number): Promise<LookAtTrial> {
  const lockOf = await lockLooker(now);
  return async (trial) => {
    const folder = folderOfTrial(directory, trial);
    // before the record: a run that has ended since has written it before it gave its lock back
    const seen = await lockOf(folder);
    if (trial.kind === "part") {
      const found = await findResults(directory, trial.part ?? undefined);
      return lookOfPart(trial, found?.findings.missing.length === 0, seen);
    }
    const { record, damage } = await recordIn(folder);
    // one that has begun since had taken its lock before it wrote the record
    const lock = seen ?? (record?.status === "running" ? await lockOf(folder) : undefined);
    const isOver = isDone({ record }, trial.plan.epochs);
    const epochs = record === undefined || isOver ? 0 : await epochsIn(join(folder, "metrics.jsonl"));
    return lookOf(trial, { record, damage, epochs, lock });
  };
}

/** The record of a run; one that is damaged is its trial's failure, and nobody else's. */
async function recordIn(folder: string): Promise<Pick<RunFound, "record" | "damage">> {
  try {
    return { record: await findRun(folder) };
  } catch (thrown) {
    if (thrown instanceof GatewiseError) return { record: undefined, damage: thrown.message };
    throw thrown;
  }
}

/** Trials that are looked at side by side: a network file system takes its time for each. */
const TOGETHER = 32;

/** Looks at all of them, in their order. */
export async function lookAtAll(trials: readonly SweepTrial[], look: LookAtTrial): Promise<readonly TrialLook[]> {
  const looks: TrialLook[] = [];
  for (let start = 0; start < trials.length; start += TOGETHER) {
    for (const one of await Promise.all(trials.slice(start, start + TOGETHER).map(look))) looks.push(one);
  }
  return looks;
}

/** Bytes at the end of metrics that hold a whole line of a network of a thousand gate layers. */
const TAIL = 2 ** 18;
const NEWLINE = 0x0a;

/** The epoch of the last whole line of metrics: they are read whole only where they are needed. */
async function epochsIn(file: string): Promise<number> {
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    const tail = new Uint8Array(Math.min(size, TAIL));
    const { bytesRead } = await handle.read(tail, 0, tail.length, size - tail.length);
    const end = tail.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    const start = end <= 0 ? 0 : tail.subarray(0, end).lastIndexOf(NEWLINE) + 1;
    const line = new TextDecoder().decode(tail.subarray(start, Math.max(0, end)));
    return Number(/^\{"epoch":(\d+),/.exec(line)?.[1] ?? 0);
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") return 0;
    throw thrown;
  }
}
