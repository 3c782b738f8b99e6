/** How far a trial is, as its folder tells it. */
import type { RunRecord } from "../runs/index.ts";
import type { SweepTrial } from "./trial.ts";

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
  /** Epochs of its metrics. */
  readonly epochs: number;
  readonly lock:
    | { readonly state: "beating" | "silent"; readonly host: string | undefined; readonly pid: number | undefined }
    | undefined;
}

/** Whether a run is complete, as long as it is planned to be. */
export const isDone = ({ record }: Pick<RunFound, "record">, epochs: number): boolean =>
  record?.status === "completed" && record.result !== null && record.plan.epochs === epochs;

/** The state of a training. */
export function lookOf(
  { trial, plan, cost }: Extract<SweepTrial, { readonly kind: "training" }>,
  found: RunFound,
): TrialLook {
  const { record, epochs, lock } = found;
  const of = plan.epochs;
  const head = { trial, of, reason: null, by: null, measured: null };
  if (isDone(found, of)) {
    const { secondsPerEpoch = 0, epochs: took = of } = record?.result ?? {};
    const measured = { seconds: secondsPerEpoch * took, estimated: (cost.seconds * took) / of };
    return { ...head, status: "done", epochs: took, measured };
  }
  if (lock?.state === "beating") {
    const { host, pid } = lock;
    return { ...head, status: "running", epochs, by: host === undefined ? null : `${host}, process ${pid}` };
  }
  if (record?.status === "failed") return { ...head, status: "failed", epochs, reason: record.error?.message ?? null };
  // a kill can be written down by nobody
  const isStalled = lock !== undefined || record?.status === "running";
  return { ...head, status: isStalled ? "stalled" : "waiting", epochs };
}
