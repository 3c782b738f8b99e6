/** Experiments in folders of this machine. */
import { loadDataset, tellKept } from "../../data/node/index.ts";
import { openNodeEngine, openWorkerEngine } from "../../engine/node/index.ts";
import {
  checkExperimentSettings,
  type Experiment,
  type ExperimentOptions,
  type ProfileName,
  type TrainingDevice,
  type Trial,
} from "../../experiments/index.ts";
import type { Executor } from "../executor.ts";
import { claimExperiment, type ExperimentRecord, experimentRecordOf } from "../experiment-record.ts";
import { checkExperiment } from "../experiment-structure.ts";
import { type ExperimentResults, resultsAt } from "../place.ts";
import type { ExperimentEvent, Findings, RunnerHost } from "../runners/runner.ts";
import { runOf } from "../runners/runners.ts";
import { statesOf } from "../runners/trials.ts";
import type { DataSelection, GivenFile } from "../trial-request.ts";
import type { TrialState } from "../trial-states.ts";
import { folderStore } from "./folder-store.ts";
import { describeMachine } from "./machine.ts";
import { gatewiseVersion } from "./version.ts";

/** An experiment, of the papers or of one's own, and how it is run. */
export interface ExperimentRequest {
  readonly experiment: Experiment;
  readonly profile: ProfileName;
  readonly options: ExperimentOptions;
  readonly directory: string;
  readonly places: Pick<DataSelection, "dataDir" | "cacheDir" | "scratch">;
  /** Where networks train. */
  readonly device: TrainingDevice;
  /** What makes it, for the record. */
  readonly command: string;
  /** Where the networks are that its plans name by digest; none unless told otherwise. */
  readonly networks?: readonly GivenFile[];
  /** One of its parts alone, whose place it locks; the folder is another's to claim. */
  readonly part?: string;
  /** Go on with what the directory holds; otherwise it must hold no results. */
  readonly resume: boolean;
}

/** What runs an experiment's trials, and how it is stopped and watched. */
export interface ExperimentWatch {
  /** Of the trials, where the experiment has some. */
  readonly executor: Executor;
  readonly signal: AbortSignal;
  readonly onEvent: (event: ExperimentEvent) => void;
  /** Milliseconds from any fixed point. */
  readonly clock: () => number;
}

/**
 * Runs what is not done yet of an experiment, in its directory. Killed at any moment and resumed, it ends with the results
 * of one that never stopped.
 * @throws GatewiseError for an option that the experiment does not use, or if the definition cannot be kept as JSON, or the directory is in use, holds another experiment, or holds this one and `resume` is false; the
 * signal's reason once it is aborted, but for experiments of trials, whose outcomes tell it
 */
export async function runExperiment(request: ExperimentRequest, watch: ExperimentWatch): Promise<Findings> {
  const { experiment, profile, options, directory, places, device, command, networks = [], part } = request;
  checkExperiment(experiment);
  const { dataDir, cacheDir } = places;
  checkExperimentSettings(experiment, { ...options, dataDir: dataDir ?? undefined, device });
  const store = folderStore(directory);
  const host: RunnerHost = {
    executor: watch.executor,
    openEngine: (on, where) =>
      where === "here" ? openNodeEngine(on, { threads: 1 }) : openWorkerEngine(on, { threads: 1 }),
    loadData: (name) =>
      loadDataset(name, { ...(dataDir === null ? {} : { dataDir }), environment: process.env, cacheDir }),
    clock: watch.clock,
  };
  const claim = async (): Promise<AsyncDisposable> => {
    if (part !== undefined) return await store.at(part).lock();
    const lock = await store.lock();
    try {
      await claimExperiment(store, request, { gatewise: gatewiseVersion(), machine: describeMachine() });
      return lock;
    } catch (thrown) {
      await lock[Symbol.asyncDispose]();
      throw thrown;
    }
  };
  const onEvent = (event: ExperimentEvent): void => {
    // what is counted is on the disk
    if (event.kind === "count" && event.done > 0) tellKept();
    watch.onEvent(event);
  };
  return await runOf(
    experiment.kind,
    { experiment, profile, options, store, places, device, command, networks, claim, part },
    host,
    { ...watch, onEvent },
  );
}

/** The record of an experiment's folder, or undefined if the folder holds none. */
export const findExperiment = (directory: string): Promise<ExperimentRecord | undefined> =>
  experimentRecordOf(folderStore(directory));

/**
 * The results in an experiment's folder, complete or not; undefined if the folder holds none.
 * @param part one of its parts alone
 */
export const findResults = (directory: string, part?: string): Promise<ExperimentResults | undefined> =>
  resultsAt(folderStore(directory), part);

/** The state of each trial in a folder of runs; a complete run of other epochs than asked for is `interrupted`. */
export const trialStates = (directory: string, trials: readonly Trial[]): Promise<readonly TrialState[]> =>
  statesOf(folderStore(directory), trials);
