/** How far a trial is, as its folder tells it. */
import type { RunRecord } from "../runs/index.ts";
import type { PartTrial, TrainingTrial } from "./trial.ts";

/** States of trials, in the order in which they are told. */
export const TRIAL_STATES = ["done", "running", "stalled", "failed", "waiting"] as const;
/**
 * `running` while somebody who gives signs of life holds its folder, `stalled` where a process has died over it, `waiting`
 * where nobody has begun it, or who has has stopped.
 */
export type TrialStatus = (typeof TRIAL_STATES)[number];

/** A trial that was looked at. */
export interface TrialLook {
  readonly trial: string;
  readonly status: TrialStatus;
  /** Finished, of those that are planned. */
  readonly epochs: number;
  readonly of: number;
  /** Why it failed. */
  readonly reason: string | null;
  /** Who runs it: `n3, process 4711`. */
  readonly by: string | null;
  /** What it took so far or in all, and what it was said to take. */
  readonly measured: { readonly seconds: number; readonly estimated: number } | null;
}

/** What stands in the folder of a training. */
export interface RunFound {
  readonly record: RunRecord | undefined;
  /** Why its record cannot be read. */
  readonly damage?: string | undefined;
  /** Epochs of its metrics. */
  readonly epochs: number;
  readonly lock: SeenLock | undefined;
}

/** A lock that somebody has taken on a trial's folder. */
export interface SeenLock {
  /** Whether its holder gives signs of life. */
  readonly state: "beating" | "silent";
  readonly host: string | undefined;
  readonly pid: number | undefined;
}

/** Whether a run is complete, as long as it is planned to be. */
export const isDone = ({ record }: Pick<RunFound, "record">, epochs: number): boolean =>
  record?.status === "completed" && record.result !== null && record.plan.epochs === epochs;

/** The state of a training. */
export function lookOf({ trial, plan, cost }: TrainingTrial, found: RunFound): TrialLook {
  const { record, epochs, lock } = found;
  const of = plan.epochs;
  const head = { trial, of, reason: null, by: null, measured: null };
  if (found.damage !== undefined) return { ...head, status: "failed", epochs, reason: found.damage };
  if (isDone(found, of)) {
    const { secondsPerEpoch = 0, epochs: took = of } = record?.result ?? {};
    const measured = { seconds: secondsPerEpoch * took, estimated: (cost.seconds * took) / of };
    return { ...head, status: "done", epochs: took, measured };
  }
  if (lock?.state === "beating") return { ...head, status: "running", epochs, by: holderOf(lock) };
  if (record?.status === "failed") return { ...head, status: "failed", epochs, reason: record.error?.message ?? null };
  // a kill can be written down by nobody
  const isStalled = lock !== undefined || record?.status === "running";
  return { ...head, status: isStalled ? "stalled" : "waiting", epochs };
}

const holderOf = ({ host, pid }: SeenLock): string | null => (host === undefined ? null : `${host}, process ${pid}`);

/** The state of a part of an experiment, which is done or not. */
export function lookOfPart({ trial }: PartTrial, isComplete: boolean, lock: SeenLock | undefined): TrialLook {
  const head = { trial, epochs: 0, of: 0, reason: null, by: null, measured: null };
  if (isComplete) return { ...head, status: "done" };
  if (lock?.state === "beating") return { ...head, status: "running", by: holderOf(lock) };
  return { ...head, status: lock === undefined ? "waiting" : "stalled" };
}
