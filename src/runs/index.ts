export {
  type ExperimentOutcome,
  type ExperimentRecord,
  type ExperimentRequest,
  findExperiment,
  runExperiment,
  trialsFor,
} from "./experiment-run.ts";
export { type LoadedNetwork, loadNetwork } from "./load-network.ts";
export { describeMachine, gatewiseVersion, workerCount } from "./machine.ts";
export { type PoolEvent, type PoolOptions, runTrials, type TrialJob } from "./pool.ts";
export { findRun, readBest, readMetrics, readRun } from "./run-directory.ts";
export { type Machine, type RunRecord, type RunResult, readRunRecord } from "./run-record.ts";
export {
  checkResumable,
  type DataSelection,
  selectData,
  type TrialOutcome,
  type TrialProgress,
  type TrialRequest,
} from "./run-trial.ts";
