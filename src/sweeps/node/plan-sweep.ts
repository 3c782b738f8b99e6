/** Plans a sweep into its folder, or plans it again. */
import { GatewiseError } from "../../errors.ts";
import type { Experiment, ExperimentOptions, ProfileName, TrainingDevice } from "../../experiments/index.ts";
import {
  claimExperiment,
  experimentRecordOf,
  findRecord,
  type GivenFile,
  givenTo,
  partsAsked,
  type Store,
  trialsAsked,
} from "../../runs/index.ts";
import { describeMachine, folderStore, gatewiseVersion } from "../../runs/node/index.ts";
import { trialCost } from "../cost.ts";
import {
  type AskedTraining,
  trialsOfExperiment,
  trialsOfParts,
  trialsOfTrainings,
  type UncostedTrial,
} from "../families.ts";
import { estimateOfTrials, type PlanChange, planChange, type SweepRecord } from "../plan.ts";
import { type ChangedFiles, changedFiles, withDataOf } from "../planned-data.ts";
import type { SweepTrial, TrainingTrial } from "../trial.ts";
import type { SizeOfData } from "./data-sizes.ts";
import { findSweep, runFolders, type Sweep, writeSweep } from "./sweep-folder.ts";
import type { PlanSeconds } from "./timed-plans.ts";

/** What a planned sweep is, and what planning it again has changed. */
export interface PlannedSweep extends Sweep {
  readonly change: PlanChange;
  readonly changedFiles: readonly ChangedFiles[];
}

/** What planning needs to know of the world. */
export interface PlanHost {
  /** Looks at the data of trials. */
  readonly sizes: (trials: readonly UncostedTrial["data"][]) => Promise<SizeOfData>;
  /** Times steps of plans. */
  readonly time: (plans: readonly UncostedTrial["plan"][]) => Promise<PlanSeconds>;
}

/** Where a plan goes, and what made it. */
export interface PlanPlace extends Pick<SweepRecord, "command" | "dataDir"> {
  readonly directory: string;
}

/**
 * Plans the trials of a specification.
 * @throws GatewiseError for trials that are one and differ, and a folder that holds something else
 */
export async function planTrainings(
  asked: readonly AskedTraining[],
  of: Extract<SweepRecord["of"], { readonly kind: "options" }>,
  place: PlanPlace,
  host: PlanHost,
): Promise<PlannedSweep> {
  const store = folderStore(place.directory);
  await checkFolder(store);
  const before = await findSweep(place.directory);
  const names = new Map(before?.trials.map(({ identity, trial }) => [identity, trial]));
  const trials = await costed(await trialsOfTrainings(asked, names), host);
  await using _lock = await store.lock();
  await checkFolder(store);
  return await writePlan(store, trials, of, place);
}

/** An experiment that is planned. */
export interface ExperimentPlan {
  readonly experiment: Experiment;
  readonly profile: ProfileName;
  readonly options: ExperimentOptions;
  readonly device: TrainingDevice;
  /** Where the networks are that its plans name by digest. */
  readonly networks?: readonly GivenFile[];
}

/**
 * Plans the trials of an experiment, or its parts where it is more than trainings. Its folder is that of the experiment: `reproduce` goes on with it, `report` shows it.
 * @throws GatewiseError for a folder that holds something else
 */
export async function planExperiment(plan: ExperimentPlan, place: PlanPlace, host: PlanHost): Promise<PlannedSweep> {
  const { directory, command } = place;
  const store = folderStore(directory);
  await checkNoOptions(store);
  const { experiment, profile, options, device } = plan;
  const trials = await trialsOf(plan, host);
  await using _lock = await store.lock();
  await checkNoOptions(store);
  const claim = { experiment, profile, options, command, resume: true };
  await claimExperiment(store, claim, { gatewise: gatewiseVersion(), machine: describeMachine() });
  return await writePlan(store, trials, { kind: "experiment", name: experiment.name, profile, device }, place);
}

async function trialsOf(
  { experiment, profile, options, device, networks = [] }: ExperimentPlan,
  host: PlanHost,
): Promise<readonly SweepTrial[]> {
  const { kind, name } = experiment;
  if (kind !== "regimes" && kind !== "arms") {
    return await trialsOfParts(name, profile, partsAsked(kind, { experiment, profile, options }));
  }
  const { data: dataName, own, limit = null, testLimit = null } = experiment.profiles[profile];
  const data = { name: dataName, ...(own === undefined ? {} : { own }), limit, testLimit };
  const asked = trialsAsked({ experiment, profile, options });
  const given = (plan: TrainingTrial["plan"]) => givenTo(plan, networks);
  return await costed(await trialsOfExperiment(asked, { data, device, given }), host);
}

async function costed(trials: readonly UncostedTrial[], { sizes, time }: PlanHost): Promise<readonly SweepTrial[]> {
  const sizeOf = await sizes(trials.map(({ data }) => data));
  const secondsOf = await time(trials.map(({ plan }) => plan));
  return trials.map((trial) => {
    const { plan, data } = trial;
    const size = sizeOf(data);
    const known = size.digest === undefined ? data : { ...data, digest: size.digest };
    return { ...trial, data: known, cost: trialCost(trial, size, secondsOf(plan)) };
  });
}

/** Under the lock of the folder. */
async function writePlan(
  store: Store,
  planned: readonly SweepTrial[],
  of: SweepRecord["of"],
  { directory, command, dataDir }: PlanPlace,
): Promise<PlannedSweep> {
  const before = await findSweep(directory);
  const trials = withDataOf(before?.trials ?? [], planned, directory);
  const record: SweepRecord = {
    format: 1,
    gatewise: gatewiseVersion(),
    ...{ command, of, dataDir },
    trials: trials.length,
    estimate: estimateOfTrials(trials, describeMachine().processor),
  };
  const change = planChange(before?.trials ?? [], trials, await runFolders(directory));
  await writeSweep(store, record, trials);
  return { directory, record, trials, change, changedFiles: changedFiles(before?.trials ?? [], trials) };
}

/** @throws GatewiseError for a folder that holds a run or an experiment */
async function checkFolder(store: Store): Promise<void> {
  if ((await findRecord(store)) !== undefined) throw otherContent(store, "a single run");
  if ((await experimentRecordOf(store)) !== undefined) throw otherContent(store, "an experiment");
}

/** @throws GatewiseError for a folder that holds a sweep of options */
async function checkNoOptions(store: Store): Promise<void> {
  if ((await findSweep(store.nameOf()))?.record.of.kind === "options") throw otherContent(store, "a sweep of options");
}

const otherContent = (store: Store, holds: string): GatewiseError =>
  new GatewiseError({
    code: "already-exists",
    received: `${store.nameOf()}, which holds ${holds}`,
    expected: "a new folder, or one that the same was planned into before",
    next: "choose another folder with `directory`",
  });
