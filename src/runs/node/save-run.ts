import { GatewiseError } from "../../errors.ts";
import type { TrainingDevice } from "../../experiments/index.ts";
import {
  type Checkpoint,
  type EpochMetrics,
  hasEnded,
  type TrainingData,
  type TrainingPlan,
} from "../../train/index.ts";
import { experimentRecordOf } from "../experiment-record.ts";
import { appendMetrics, findRecord, keepMetrics, writeCheckpoint, writeRecord } from "../run-files.ts";
import { type RunRecord, readRunRecord, resultOf } from "../run-record.ts";
import { folderStore } from "./folder-store.ts";
import { describeMachine } from "./machine.ts";
import { gatewiseVersion } from "./version.ts";

/** A training in memory: what `train` was given and what it yielded. */
export interface TrainedRun {
  readonly plan: TrainingPlan;
  /** With the name and the source that stand in the record, such as a `Dataset`. */
  readonly data: TrainingData & { readonly name: string; readonly source: string };
  /** Of every epoch, in order, at least one. */
  readonly metrics: readonly EpochMetrics[];
  /** Of the last epoch. */
  readonly last: Checkpoint;
  /** Of the last epoch that `improved`. */
  readonly best: Checkpoint;
  /** When it ended, ISO 8601 (`new Date().toISOString()`). */
  readonly finishedAt: string;
  /** When it began; not told unless given. */
  readonly startedAt?: string;
  /** `flnpf`: the run that gave the gates, as a reader may find it. */
  readonly learntFrom?: string;
  /** `cpu` unless told otherwise. */
  readonly device?: TrainingDevice;
  /** Of the engine; 1 unless told otherwise. */
  readonly threads?: number;
  /** What made it, for the record. */
  readonly command?: string;
}

/**
 * Saves a training as a run directory, as the command `train` writes one: `openModel`, `loadNetwork` and every command that
 * takes a run reads it. One that has not come to its end is saved as interrupted.
 * @throws GatewiseError if the directory holds a run or an experiment, or metrics and checkpoints are not of one training
 */
export async function saveRun(directory: string, trained: TrainedRun): Promise<void> {
  const { plan, metrics, last, best } = trained;
  checkTraining(trained);
  const run = folderStore(directory);
  // as it will be read again: what a program gives must not make a run that nobody can open
  const record = readRunRecord(JSON.stringify(recordOf(trained)), run.nameOf("run.json"));
  await using _lock = await run.lock();
  if ((await findRecord(run)) !== undefined || (await experimentRecordOf(run)) !== undefined) {
    throw new GatewiseError({
      code: "already-exists",
      received: `${directory}, which holds results already`,
      expected: "a folder without results",
      next: "save the run to another folder",
    });
  }
  // in the order of a training: a run that a kill cuts short here reads as one that is under way
  await writeRecord(run, { ...record, status: "running", result: null, finishedAt: null });
  await keepMetrics(run, 0);
  await appendMetrics(run, metrics);
  await writeCheckpoint(run, "best", best);
  await writeCheckpoint(run, "last", last);
  await writeRecord(run, hasEnded(plan, last) ? record : { ...record, status: "interrupted", result: null });
}

function checkTraining({ metrics, last, best, plan }: TrainedRun): void {
  const epochs = metrics.map(({ epoch }) => epoch);
  const isInOrder = epochs.length > 0 && epochs.every((epoch, i) => epoch === i + 1);
  const { bestEpoch } = isInOrder ? resultOf(metrics) : { bestEpoch: 0 };
  if (isInOrder && last.epoch === epochs.length && best.epoch === bestEpoch && last.epoch <= plan.epochs) return;
  throw new GatewiseError({
    received: `metrics of epochs ${epochs.join(", ") || "(none)"}, checkpoints of epoch ${last.epoch} (last) and ${best.epoch} (best)`,
    expected: isInOrder
      ? `the last of epoch ${epochs.length}, the best of epoch ${bestEpoch}, in a plan of ${plan.epochs} epochs`
      : "metrics of the epochs 1, 2, 3, …",
    next: "collect them from the events of one training: metrics and checkpoint of each, the best where it improved",
  });
}

function recordOf(trained: TrainedRun): RunRecord {
  const { plan, data, metrics, finishedAt, startedAt = finishedAt, learntFrom = null } = trained;
  const { device = "cpu", threads = 1, command = "" } = trained;
  const machine = describeMachine();
  return {
    ...{ format: 1, gatewise: gatewiseVersion(), status: "completed", plan, learntFrom },
    data: {
      ...{ name: data.name, source: data.source },
      trainExamples: data.train.labels.data.length,
      testExamples: data.test.labels.data.length,
      limit: null,
      testLimit: null,
    },
    ...{ device, threads, machine, command, startedAt, finishedAt },
    segments: [{ machine, device, threads, epoch: 0, step: 0, startedAt }],
    result: resultOf(metrics),
    error: null,
  };
}
