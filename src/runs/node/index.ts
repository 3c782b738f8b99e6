export {
  type ExperimentOutcome,
  type ExperimentRecord,
  type ExperimentRequest,
  findExperiment,
  runExperiment,
  trialsFor,
} from "./experiment-run.ts";
export { isModelFolder } from "./foreign-model.ts";
export { readKernels } from "./kernel-files.ts";
export { type LoadedNetwork, loadNetwork, type ModelChoice } from "./load-network.ts";
export { describeMachine, gatewiseVersion, workerCount } from "./machine.ts";
export { type ModelEngine, modelOf, type OpenModelOptions, openModel, readArray } from "./open-model.ts";
export { watchParent } from "./parent-watch.ts";
export { runTrials } from "./pool.ts";
export { findRun, readBest, readMetrics, readRun } from "./run-directory.ts";
export { selectData } from "./run-trial.ts";
export { trialStates } from "./states-of-trials.ts";
