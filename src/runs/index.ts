export {
  type ExperimentOutcome,
  type ExperimentRecord,
  type ExperimentRequest,
  findExperiment,
  runExperiment,
  trialsFor,
} from "./experiment-run.ts";
export { type KernelMeasurement, type RunKernels, readKernels } from "./kernel-files.ts";
export { type LoadedNetwork, loadNetwork, type ModelChoice } from "./load-network.ts";
export { describeMachine, gatewiseVersion, workerCount } from "./machine.ts";
export { type OpenModelOptions, openModel, readArray } from "./open-model.ts";
export { watchParent } from "./parent-watch.ts";
export { type PoolEvent, type PoolOptions, runTrials, type TrialJob } from "./pool.ts";
export { checkResumable } from "./resuming.ts";
export { findRun, readBest, readMetrics, readRun } from "./run-directory.ts";
export {
  type Machine,
  type RunRecord,
  type RunResult,
  type RunSegment,
  readRunRecord,
  segmentsOf,
} from "./run-record.ts";
export { selectData, type TrialOutcome, type TrialProgress } from "./run-trial.ts";
export type { DataSelection, TrialRequest } from "./trial-request.ts";
export { missingLines, type TrialState, trialStates } from "./trial-states.ts";
