/** The folder of a sweep: `sweep.json`, `trials.jsonl`, and a folder a trial. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { GatewiseError } from "../../errors.ts";
import { readLines, readText, type Store } from "../../runs/index.ts";
import { folderStore } from "../../runs/node/index.ts";
import { readSweepRecord, type SweepRecord } from "../plan.ts";
import { readTrial, type SweepTrial, trialLine } from "../trial.ts";

const RECORD = "sweep.json";
const TRIALS = "trials.jsonl";

/** A planned sweep. */
export interface Sweep {
  readonly directory: string;
  readonly record: SweepRecord;
  readonly trials: readonly SweepTrial[];
}

/** The sweep of a folder, or undefined if it holds none. */
export async function findSweep(directory: string): Promise<Sweep | undefined> {
  const store = folderStore(directory);
  const text = await readText(store, RECORD);
  if (text === undefined) return undefined;
  const record = readSweepRecord(text, store.nameOf(RECORD));
  return { directory, record, trials: await readLines(store, TRIALS, readTrial) };
}

/**
 * The sweep of a folder.
 * @throws GatewiseError if it holds none
 */
export async function readSweep(directory: string): Promise<Sweep> {
  const found = await findSweep(directory);
  if (found !== undefined) return found;
  throw new GatewiseError({
    code: "file-not-found",
    received: `${directory} without a ${RECORD}`,
    expected: "a folder that a sweep was planned into",
    next: "check the path, or plan it first",
  });
}

/** Writes the trials, then the record: without it there is no sweep. */
export async function writeSweep(store: Store, record: SweepRecord, trials: readonly SweepTrial[]): Promise<void> {
  await store.write(TRIALS, trials.map(trialLine).join(""));
  await store.write(RECORD, `${JSON.stringify(record, undefined, 2)}\n`);
}

/** The folder of a trial, by its name. */
export const trialFolder = (directory: string, trial: string): string => join(directory, trial);

/** The folder of a trial: that of the sweep itself for an experiment which is one trial. */
export const folderOfTrial = (directory: string, trial: SweepTrial): string =>
  trial.kind === "part" && trial.part === null ? directory : trialFolder(directory, trial.trial);

/** Folders of runs in it, of trials that are no longer planned too. */
export async function runFolders(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const folders = names.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const isRun = await Promise.all(folders.map((name) => isThere(join(directory, name, "run.json"))));
  return folders.filter((_, i) => isRun[i]);
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
