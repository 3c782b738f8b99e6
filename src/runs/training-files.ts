/** The files of a training that was not run from a place of runs: in a page, say. */
import type { Checkpoint, EpochMetrics } from "../train/index.ts";
import { appendMetrics, writeCheckpoint, writeRecord } from "./run-files.ts";
import { type RunRecord, resultOf } from "./run-record.ts";
import type { Store } from "./store.ts";

export interface FinishedTraining {
  readonly record: Omit<RunRecord, "format" | "status" | "result" | "error">;
  /** Of the epochs 1, 2, 3, … */
  readonly metrics: readonly EpochMetrics[];
  readonly best: Checkpoint;
  readonly last: Checkpoint;
}

/** Writes a run as `train` writes it, completed where all its epochs are done, else interrupted: it can then be resumed. */
export async function writeTraining(run: Store, { record, metrics, best, last }: FinishedTraining): Promise<void> {
  const isDone = metrics.length >= record.plan.epochs;
  await writeRecord(run, {
    format: 1,
    ...record,
    status: isDone ? "completed" : "interrupted",
    finishedAt: isDone ? record.finishedAt : null,
    result: isDone ? resultOf(metrics) : null,
    error: null,
  });
  await appendMetrics(run, metrics);
  await writeCheckpoint(run, "best", best);
  await writeCheckpoint(run, "last", last);
}
