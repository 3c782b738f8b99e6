import { join } from "node:path";
import type { Trial } from "../../experiments/index.ts";
import type { TrialState } from "../trial-states.ts";
import { findRun, readMetrics } from "./run-directory.ts";

/** The state of each trial in a folder of runs; a complete run of other epochs than asked for is `interrupted`. */
export const trialStates = (directory: string, trials: readonly Trial[]): Promise<readonly TrialState[]> =>
  Promise.all(trials.map((trial) => trialState(join(directory, trial.id), trial)));

async function trialState(directory: string, { id, arm, plan: { seed, epochs: of } }: Trial): Promise<TrialState> {
  const run = await findRun(directory);
  const state = { id, regime: arm, seed, of, bestTestAccuracy: null };
  if (run === undefined) return { ...state, status: "not-started", epochs: 0 };
  const epochs = (await readMetrics(directory)).length;
  if (run.status !== "completed") return { ...state, status: run.status, epochs };
  if (run.result === null || run.plan.epochs !== of) return { ...state, status: "interrupted", epochs };
  return { ...state, status: "completed", epochs, bestTestAccuracy: run.result.bestTestAccuracy };
}
