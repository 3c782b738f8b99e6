/** A run is a place of files: `run.json`, `metrics.jsonl`, `metrics.csv`, checkpoints, and what is measured of its gates. */
import { z } from "zod";
import { readSafetensors, writeSafetensors } from "../data/index.ts";
import { GatewiseError } from "../errors.ts";
import type { RunMoment } from "../experiments/index.ts";
import type { DenseArray } from "../graph/index.ts";
import { type Checkpoint, type EpochMetrics, stateByName, stateOf } from "../train/index.ts";
import { checkShapes } from "./checkpoint-shapes.ts";
import { readLines } from "./json-lines.ts";
import { metricsHead, metricsRow } from "./metrics-table.ts";
import { parseJson } from "./parse-json.ts";
import { type RunRecord, readEpochMetrics, readRunRecord } from "./run-record.ts";
import { readText, type Store } from "./store.ts";

/** `last`: with optimizer averages, to resume, perhaps from within an epoch. `best`: parameters of the best test accuracy, to predict and to take gates from. */
export type CheckpointName = "last" | "best" | BestUntil | AtEpoch;
/** The best of the epochs up to one, for trials that take gates at stages of their learning. */
type BestUntil = `best-${number}`;
/** The network after an epoch, kept because somebody asked. */
type AtEpoch = `epoch-${number}`;

const RECORD = "run.json";
const METRICS = "metrics.jsonl";
const TABLE = "metrics.csv";
const fileOf = (name: CheckpointName): string => `${name}.safetensors`;

/** The record of a run, or undefined if the place holds none. */
export async function findRecord(run: Store): Promise<RunRecord | undefined> {
  const text = await readText(run, RECORD);
  return text === undefined ? undefined : readRunRecord(text, run.nameOf(RECORD));
}

/**
 * The record of a run.
 * @throws GatewiseError if the place holds none
 */
export async function readRecord(run: Store): Promise<RunRecord> {
  const record = await findRecord(run);
  if (record !== undefined) return record;
  throw new GatewiseError({
    code: "file-not-found",
    received: `${run.nameOf()} without a ${RECORD}`,
    expected: "a run directory, as train and reproduce write it",
    next: await nextWithoutRecord(run),
  });
}

/** Of a folder of many, these are looked into for runs. */
const MOST_LOOKED_INTO = 20;

/** A folder around runs is taken for one of them, most of all that of a dissection or sweep that is not at its end. */
async function nextWithoutRecord(run: Store): Promise<string> {
  const names = (await run.list()).slice(0, MOST_LOOKED_INTO);
  const held = await Promise.all(names.map(async (name) => (await run.at(name).list()).includes(RECORD)));
  const first = names.find((_, i) => held[i]);
  return first === undefined
    ? "check the path; reproduce puts each run into a folder of its own"
    : `it holds runs: name one or several of them, such as ${run.at(first).nameOf()}; a command that was interrupted can go on where it stopped`;
}

export const writeRecord = (run: Store, record: RunRecord): Promise<void> =>
  run.write(RECORD, `${JSON.stringify(record, undefined, 2)}\n`);

/**
 * Metrics of the finished epochs; a last line that a kill cut short is left out.
 * @throws GatewiseError unless the lines are those of the epochs 1, 2, 3, …: others were written by two processes at once
 */
export async function metricsOf(run: Store): Promise<readonly EpochMetrics[]> {
  const metrics = await readLines(run, METRICS, readEpochMetrics);
  const wrong = metrics.findIndex(({ epoch }, i) => epoch !== i + 1);
  if (wrong < 0) return metrics;
  throw new GatewiseError({
    code: "damaged-file",
    received: `${run.nameOf(METRICS)}, line ${wrong + 1}: epoch ${metrics[wrong]?.epoch}`,
    expected: `epoch ${wrong + 1}: a line an epoch, in order`,
    next: "restore the file, or start a new run: perhaps two processes have written it",
  });
}

const linesOf = (epochs: readonly EpochMetrics[]): string =>
  epochs.map((metrics) => `${JSON.stringify(metrics)}\n`).join("");

/** Adds epochs to the lines and to the table; the lines are what is read again. */
export async function appendMetrics(run: Store, epochs: readonly EpochMetrics[]): Promise<void> {
  const [first] = epochs;
  if (first === undefined) return;
  await run.append(METRICS, linesOf(epochs));
  const rows = epochs.map(metricsRow).join("");
  if (first.epoch === 1) await run.write(TABLE, metricsHead(first) + rows);
  else await run.append(TABLE, rows);
}

/**
 * Drops the lines of epochs that no checkpoint holds: they are computed again.
 * @throws GatewiseError if lines of earlier epochs are missing
 */
export async function keepMetrics(run: Store, epochs: number): Promise<void> {
  const kept = (await metricsOf(run)).slice(0, epochs);
  if (kept.length < epochs) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${run.nameOf(METRICS)} with ${kept.length} epochs`,
      expected: `the ${epochs} epochs of last.safetensors beside it`,
      next: "restore the file, or start a new run",
    });
  }
  const [first] = kept;
  // of a run that begins nothing is there
  if (first === undefined && (await run.read(METRICS)) === undefined) return;
  await run.write(METRICS, linesOf(kept));
  if (first === undefined) await run.remove(TABLE);
  else await run.write(TABLE, metricsHead(first) + kept.map(metricsRow).join(""));
}

export const CheckpointMetadata = z.object({
  epoch: z.int().min(0),
  bestEpoch: z.int().min(0),
  bestTestAccuracy: z.number(),
  bestValidationLoss: z.number().optional(),
  part: z
    .object({
      steps: z.int().min(1),
      loss: z.number(),
      correct: z.int().min(0),
      milliseconds: z.number(),
    })
    .optional(),
});

export async function writeCheckpoint(run: Store, name: CheckpointName, checkpoint: Checkpoint): Promise<void> {
  const { parameters, averages, ...place } = checkpoint;
  // averages serve to resume only
  const tensors = stateByName({ parameters, averages: name === "last" ? averages : {} });
  await run.write(fileOf(name), writeSafetensors(tensors, { gatewise: JSON.stringify(place) }));
}

/** A checkpoint, or undefined if none was written yet. */
export async function readCheckpoint(run: Store, name: CheckpointName): Promise<Checkpoint | undefined> {
  const file = run.nameOf(fileOf(name));
  const bytes = await run.read(fileOf(name));
  if (bytes === undefined) return undefined;
  const { tensors, metadata } = readSafetensors(bytes, file);
  const { part, ...place } = parseJson(CheckpointMetadata, metadata.gatewise ?? "", `${file}, metadata`);
  return { ...place, ...(part === undefined ? {} : { part }), ...stateOf(onlyFloat32(tensors, file), file) };
}

function onlyFloat32(
  tensors: ReturnType<typeof readSafetensors>["tensors"],
  file: string,
): Readonly<Record<string, DenseArray<"float32">>> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, array]) => {
      if (array.dtype === "float32") return [name, array];
      throw new GatewiseError({
        code: "damaged-file",
        received: `${file}: ${name} of ${array.dtype}`,
        expected: "float32 parameters",
        next: "use a checkpoint that gatewise wrote",
      });
    }),
  );
}

/** Keeps the best checkpoint so far under the number of the epoch that has just ended. */
export async function keepBest(run: Store, epoch: number): Promise<void> {
  const best = await run.read(fileOf("best"));
  if (best !== undefined) await run.write(fileOf(`best-${epoch}`), best);
}

/**
 * Parameters of the best epoch of a run.
 * @param until of the epochs up to this one, at which the run has kept it
 * @throws GatewiseError if no epoch of it has ended yet, it has not kept that one, or they are those of another network
 */
export async function bestOf(run: Store, until?: number): Promise<Checkpoint> {
  const name: CheckpointName = until === undefined ? "best" : `best-${until}`;
  const best = await readCheckpoint(run, name);
  if (best !== undefined) {
    const record = await findRecord(run);
    if (record !== undefined) checkShapes(run.nameOf(fileOf(name)), best.parameters, record.plan);
    return best;
  }
  throw new GatewiseError({
    code: "file-not-found",
    received: `${run.nameOf()} without ${name}.safetensors`,
    expected: `a run with at least ${until ?? "one"} finished epoch${until === undefined ? "" : "s"}`,
    next: "resume the run (`resume`), or choose another",
  });
}

/** Epochs that a run has kept as they were. */
export const keptEpochs = async (run: Store): Promise<readonly number[]> =>
  (await run.list()).flatMap((name) => /^epoch-(\d+)\.safetensors$/.exec(name)?.[1] ?? []).map(Number);

const isWhole = (one: Checkpoint | undefined): one is Checkpoint => one !== undefined && one.part === undefined;

/** Epochs at which a run can be taken: those that it has kept, its best and its last, if that is whole. */
export async function epochsThere(run: Store): Promise<readonly number[]> {
  const others = [await readCheckpoint(run, "best"), await readCheckpoint(run, "last")].filter(isWhole);
  return [...new Set([...(await keptEpochs(run)), ...others.map(({ epoch }) => epoch)])].sort((a, b) => a - b);
}

/**
 * A run at a moment: its best or last checkpoint, or that of an epoch: as it was kept, or as the best or last are of it.
 * @throws GatewiseError if there is no such checkpoint, telling those that there are
 */
export async function checkpointAt(run: Store, at: RunMoment): Promise<Checkpoint> {
  if (at === "best") return await bestOf(run);
  const kept = at === "last" ? undefined : await readCheckpoint(run, `epoch-${at}`);
  const [last, best] = [await readCheckpoint(run, "last"), await readCheckpoint(run, "best")];
  const found = at === "last" ? last : [kept, last, best].find((one) => isWhole(one) && one.epoch === at);
  if (found !== undefined) {
    const { plan } = await readRecord(run);
    checkShapes(run.nameOf(), found.parameters, plan);
    return found;
  }
  const there = await epochsThere(run);
  throw new GatewiseError({
    code: "file-not-found",
    received: `${run.nameOf()} at ${at === "last" ? "its last epoch" : `epoch ${at}`}`,
    expected:
      there.length === 0 ? "a run with at least one finished epoch" : `an epoch that it keeps: ${there.join(", ")}`,
    next: "choose one of them, or train again with the epoch among `keep`",
  });
}
