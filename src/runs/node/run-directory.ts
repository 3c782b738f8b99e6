import { join } from "node:path";
import { z } from "zod";
import { readSafetensors, writeSafetensors } from "../../data/index.ts";
import { appendText, makeFolder, readIfThere, writeWhole } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import type { Parameters } from "../../network/index.ts";
import type { Checkpoint, EpochMetrics } from "../../train/index.ts";
import { parseJson } from "../parse-json.ts";
import { type RunRecord, readEpochMetrics, readRunRecord } from "../run-record.ts";

/** `last`: with optimizer averages, to resume, perhaps from within an epoch. `best`: parameters of the best test accuracy, to predict and to take gates from. */
export type CheckpointName = "last" | "best" | BestUntil;
/** The best of the epochs up to one, for trials that take gates at stages of their learning. */
type BestUntil = `best-${number}`;

const recordFile = (directory: string): string => join(directory, "run.json");
const metricsFile = (directory: string): string => join(directory, "metrics.jsonl");
const checkpointFile = (directory: string, name: CheckpointName): string => join(directory, `${name}.safetensors`);

/** The record of a run, or undefined if the directory holds none. */
export async function findRun(directory: string): Promise<RunRecord | undefined> {
  const bytes = await readIfThere(recordFile(directory));
  return bytes === undefined ? undefined : readRunRecord(bytes.toString(), recordFile(directory));
}

/**
 * The record of a run.
 * @throws GatewiseError if the directory is no run directory
 */
export async function readRun(directory: string): Promise<RunRecord> {
  const record = await findRun(directory);
  if (record !== undefined) return record;
  throw new GatewiseError({
    received: `${directory} without a run.json`,
    expected: "a run directory, as train and reproduce write it",
    next: "check the path; reproduce puts each run into a folder of its own",
  });
}

export async function writeRecord(directory: string, record: RunRecord): Promise<void> {
  await makeFolder(directory);
  await writeWhole(recordFile(directory), `${JSON.stringify(record, undefined, 2)}\n`);
}

/**
 * Metrics of the finished epochs; a last line that a kill cut short is left out.
 * @throws GatewiseError unless the lines are those of the epochs 1, 2, 3, …: others were written by two processes at once
 */
export async function readMetrics(directory: string): Promise<readonly EpochMetrics[]> {
  const text = (await readIfThere(metricsFile(directory)))?.toString() ?? "";
  const lines = text.split("\n").slice(0, -1);
  const place = (index: number): string => `${metricsFile(directory)}, line ${index + 1}`;
  const metrics = lines.map((line, i) => readEpochMetrics(line, place(i)));
  const wrong = metrics.findIndex(({ epoch }, i) => epoch !== i + 1);
  if (wrong < 0) return metrics;
  throw new GatewiseError({
    received: `${place(wrong)}: epoch ${metrics[wrong]?.epoch}`,
    expected: `epoch ${wrong + 1}: a line an epoch, in order`,
    next: "restore the file, or start a new run: perhaps two processes have written it",
  });
}

export const appendMetrics = (directory: string, metrics: EpochMetrics): Promise<void> =>
  appendText(metricsFile(directory), `${JSON.stringify(metrics)}\n`);

/**
 * Drops the lines of epochs that no checkpoint holds: they are computed again.
 * @throws GatewiseError if lines of earlier epochs are missing
 */
export async function keepMetrics(directory: string, epochs: number): Promise<void> {
  const kept = (await readMetrics(directory)).slice(0, epochs);
  if (kept.length < epochs) {
    throw new GatewiseError({
      received: `${metricsFile(directory)} with ${kept.length} epochs`,
      expected: `the ${epochs} epochs of last.safetensors beside it`,
      next: "restore the file, or start a new run",
    });
  }
  await writeWhole(metricsFile(directory), kept.map((metrics) => `${JSON.stringify(metrics)}\n`).join(""));
}

const CheckpointMetadata = z.object({
  epoch: z.int().min(0),
  bestEpoch: z.int().min(0),
  bestTestAccuracy: z.number(),
  part: z
    .object({
      steps: z.int().min(1),
      loss: z.number(),
      correct: z.int().min(0),
      milliseconds: z.number(),
    })
    .optional(),
});

export async function writeCheckpoint(directory: string, name: CheckpointName, checkpoint: Checkpoint): Promise<void> {
  const { tensors, ...place } = checkpoint;
  // averages serve to resume only
  const kept =
    name === "last" ? tensors : Object.fromEntries(Object.entries(tensors).filter(([label]) => !label.includes(":")));
  await writeWhole(checkpointFile(directory, name), writeSafetensors(kept, { gatewise: JSON.stringify(place) }));
}

/** A checkpoint, or undefined if none was written yet. */
export async function readCheckpoint(directory: string, name: CheckpointName): Promise<Checkpoint | undefined> {
  const file = checkpointFile(directory, name);
  const bytes = await readIfThere(file);
  if (bytes === undefined) return undefined;
  const { tensors, metadata } = readSafetensors(bytes, file);
  const { part, ...place } = parseJson(CheckpointMetadata, metadata.gatewise ?? "", `${file}, metadata`);
  return { ...place, ...(part === undefined ? {} : { part }), tensors: onlyFloat32(tensors, file) };
}

function onlyFloat32(tensors: ReturnType<typeof readSafetensors>["tensors"], file: string): Parameters {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, array]) => {
      if (array.dtype === "float32") return [name, array];
      throw new GatewiseError({
        received: `${file}: ${name} of ${array.dtype}`,
        expected: "float32 parameters",
        next: "use a checkpoint that gatewise wrote",
      });
    }),
  );
}

/** Keeps the best checkpoint so far under the number of the epoch that has just ended. */
export async function keepBest(directory: string, epoch: number): Promise<void> {
  const best = await readIfThere(checkpointFile(directory, "best"));
  if (best !== undefined) await writeWhole(checkpointFile(directory, `best-${epoch}`), best);
}

/**
 * Parameters of the best epoch of a run.
 * @param until of the epochs up to this one, at which the run has kept it
 * @throws GatewiseError if no epoch of it has ended yet, or it has not kept that one
 */
export async function readBest(directory: string, until?: number): Promise<Checkpoint> {
  const name: CheckpointName = until === undefined ? "best" : `best-${until}`;
  const best = await readCheckpoint(directory, name);
  if (best !== undefined) return best;
  throw new GatewiseError({
    received: `${directory} without ${name}.safetensors`,
    expected: `a run with at least ${until ?? "one"} finished epoch${until === undefined ? "" : "s"}`,
    next: "resume the run (train --resume --out DIR), or choose another",
  });
}
