import { join } from "node:path";
import { z } from "zod";
import { DATASET_NAMES } from "../../data/index.ts";
import { lockDirectory, makeFolder, readIfThere, writeWhole } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import {
  type Comparison,
  type Experiment,
  isComparison,
  PROFILE_NAMES,
  type ProfileName,
  type Trial,
  type TrialOptions,
  trialsOf,
  trialsOfComparison,
} from "../../experiments/index.ts";
import { REGIME_NAMES } from "../../network/index.ts";
import type { PoolOptions, TrialJob, TrialOutcome } from "../executor.ts";
import { parseJson } from "../parse-json.ts";
import type { DataSelection } from "../trial-request.ts";
import type { TrialState } from "../trial-states.ts";
import { runTrials } from "./pool.ts";
import { findRun } from "./run-directory.ts";
import { selectData } from "./run-trial.ts";
import { trialStates } from "./states-of-trials.ts";

/** `experiment.json`: what a folder of runs was made for; each trial is a run directory inside, named by its id. */
const ExperimentFile = z.strictObject({
  format: z.literal(1),
  experiment: z.string(),
  profile: z.enum(PROFILE_NAMES),
  data: z.enum(DATASET_NAMES),
  /** Of an experiment that compares regimes; a comparison runs all of its arms. */
  regimes: z.array(z.enum(REGIME_NAMES)),
  seeds: z.int().min(1),
  epochs: z.int().min(1),
  command: z.string(),
});
export type ExperimentRecord = z.infer<typeof ExperimentFile>;

const experimentFile = (directory: string): string => join(directory, "experiment.json");

/** The record of an experiment's folder, or undefined if the folder holds none. */
export async function findExperiment(directory: string): Promise<ExperimentRecord | undefined> {
  const bytes = await readIfThere(experimentFile(directory));
  return bytes === undefined ? undefined : parseJson(ExperimentFile, bytes.toString(), experimentFile(directory));
}

export interface ExperimentRequest {
  readonly experiment: Experiment | Comparison;
  readonly profile: ProfileName;
  readonly options: TrialOptions;
  readonly directory: string;
  readonly places: Pick<DataSelection, "dataDir" | "cacheDir">;
  readonly device: "cpu" | "webgpu";
  readonly command: string;
  readonly resume: boolean;
}

export interface ExperimentOutcome {
  readonly trials: readonly Trial[];
  readonly outcomes: ReadonlyMap<string, TrialOutcome>;
  /** How far each trial is, also by earlier commands. */
  readonly states: readonly TrialState[];
}

/** The trials of a request. */
export const trialsFor = ({
  experiment,
  profile,
  options,
}: Pick<ExperimentRequest, "experiment" | "profile" | "options">): readonly Trial[] =>
  isComparison(experiment)
    ? trialsOfComparison(experiment, experiment.profiles[profile], options)
    : trialsOf(experiment, experiment.profiles[profile], options);

/**
 * Runs all trials of an experiment into run directories of `directory`, several at a time.
 * @throws GatewiseError if the directory is in use, holds another experiment, or holds this one and `resume` is false
 */
export async function runExperiment(request: ExperimentRequest, pool: PoolOptions): Promise<ExperimentOutcome> {
  const { directory } = request;
  const trials = trialsFor(request);
  const jobs = trials.map((trial) => jobOf(request, trial));
  // one clear refusal before anything is written, and not one a trial
  const [first] = jobs;
  if (first !== undefined) await selectData(first.request.data, process.env);
  await makeFolder(directory);
  await using _lock = await lockDirectory(directory);
  await claim(request);
  for (const { id, epochs } of await trialStates(directory, trials)) pool.onEvent({ kind: "found", id, epochs });
  const outcomes = await runTrials(jobs, pool);
  const states = await trialStates(directory, trials);
  return { trials, outcomes, states };
}

/** Writes the experiment's record, or checks that the one that is there is the same. */
async function claim({ experiment, profile, options, directory, command, resume }: ExperimentRequest): Promise<void> {
  const { data, epochs, runs } = experiment.profiles[profile];
  const { regimes = isComparison(experiment) ? [] : experiment.regimes } = options;
  const before = await findExperiment(directory);
  const record: ExperimentRecord = {
    format: 1,
    experiment: experiment.name,
    profile,
    data,
    // what is there stays part of it, whatever this command runs
    regimes: [...new Set([...(before?.regimes ?? []), ...regimes])],
    seeds: Math.max(before?.seeds ?? 1, options.seeds ?? runs),
    epochs: options.epochs ?? epochs,
    command,
  };
  const isRun = (await findRun(directory)) !== undefined;
  if (before !== undefined && !resume) {
    throw new GatewiseError({
      received: `${directory}, which holds results already`,
      expected: "a folder without results",
      next: "choose another with --out, or go on with this one: --resume",
    });
  }
  const same =
    before === undefined ||
    (before.experiment === record.experiment && before.profile === record.profile && before.data === record.data);
  if (isRun || !same) {
    throw new GatewiseError({
      received: `${directory}, which holds ${before === undefined ? "a single run" : `${before.experiment}, ${before.profile} profile`}`,
      expected: `a folder for ${experiment.name}, ${profile} profile`,
      next: "choose another folder with --out",
    });
  }
  // regimes, seeds and epochs may change: what is there is used
  await writeWhole(experimentFile(directory), `${JSON.stringify(record, undefined, 2)}\n`);
}

function jobOf(
  { experiment, profile, directory, places, device, command }: ExperimentRequest,
  { id, plan, learntFrom, keepBestUntil }: Trial,
): TrialJob {
  const { data, limit, testLimit } = experiment.profiles[profile];
  return {
    id,
    after: learntFrom?.trial,
    request: {
      directory: join(directory, id),
      plan,
      data: { ...places, name: data, limit: limit ?? null, testLimit: testLimit ?? null },
      learntFrom: learntFrom === undefined ? null : sourceOf(directory, learntFrom),
      keepBestUntil,
      device,
      threads: 1,
      command,
      resume: true,
    },
  };
}

const sourceOf = (directory: string, { trial, until }: NonNullable<Trial["learntFrom"]>) => ({
  label: until === undefined ? `../${trial}` : `../${trial}, best of ${until} epochs`,
  directory: join(directory, trial),
  until: until ?? null,
});
