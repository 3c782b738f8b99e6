/** Gathers what is completed of a sweep. */
import { join } from "node:path";
import { lockFile, writeGuarded } from "../../data/node/index.ts";
import { findRun } from "../../runs/node/index.ts";
import { type CompletedTrial, type GatheredSweep, gatherTrials } from "../gathered.ts";
import { isDone } from "../trial-look.ts";
import { type Sweep, trialFolder } from "./sweep-folder.ts";

/** The results of a sweep, and where they stand. */
export interface GatheredFiles extends GatheredSweep {
  /** Of `results.csv`; a line for each completed trial. */
  readonly csvFile: string;
  /** Folders of the completed trials. */
  readonly folders: readonly string[];
  /** Trials that are not completed. */
  readonly missing: readonly string[];
}

/** Runs that are read side by side. */
const TOGETHER = 32;

/** Reads the runs of a sweep, as far as they are planned to go, and writes `results.csv`. */
export async function gatherSweep({ directory, trials }: Sweep): Promise<GatheredFiles> {
  const completed: CompletedTrial[] = [];
  const missing: string[] = [];
  for (let start = 0; start < trials.length; start += TOGETHER) {
    const block = trials.slice(start, start + TOGETHER);
    const records = await Promise.all(block.map(({ trial }) => findRun(trialFolder(directory, trial))));
    for (const [i, trial] of block.entries()) {
      const record = records[i];
      if (trial.kind === "training" && record !== undefined && isDone({ record }, trial.plan.epochs)) {
        completed.push({ trial, record });
      } else missing.push(trial.trial);
    }
  }
  const gathered = gatherTrials(completed);
  const csvFile = join(directory, "results.csv");
  await using lock = await lockFile(csvFile);
  await writeGuarded(lock, csvFile, gathered.csv);
  return { ...gathered, csvFile, folders: completed.map(({ trial }) => trialFolder(directory, trial.trial)), missing };
}
