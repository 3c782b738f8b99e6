export { type CheckedData, checkData } from "./check-data.ts";
export { describeData } from "./describe-data.ts";
export { type MachinePlan, measureMachines, planMachines } from "./dissection-machines.ts";
export { modelScores, trainedScores } from "./dissection-scores.ts";
export { type DissectionAsked, type DissectionSubject, openDissection } from "./dissection-subject.ts";
export { secondsTogether, trainingSeconds } from "./dissection-time.ts";
export { type EvaluationData, evaluationData } from "./evaluation-data.ts";
export {
  type ExperimentRequest,
  type ExperimentWatch,
  findExperiment,
  findResults,
  runExperiment,
  trialStates,
} from "./experiment-run.ts";
export { explainRun, type RunExplanation } from "./explain-run.ts";
export { exportedModel } from "./exported-model.ts";
export { folderStore } from "./folder-store.ts";
export { isModelFolder } from "./foreign-model.ts";
export { type KernelPlan, readPlan, writePlan } from "./kernel-plan/plan-file.ts";
export { checkPlanned, type KernelToPlan, planKernel } from "./kernel-plan/plan-kernel.ts";
export {
  gatherPlanned,
  type MadeTiles,
  type MakingOptions,
  makePlannedTiles,
  missingTiles,
  tileNumbers,
} from "./kernel-plan/planned-tiles.ts";
export { type LoadedNetwork, loadNetwork, type ModelChoice } from "./load-network.ts";
export { describeMachine, workerCount } from "./machine.ts";
export { type ModelFile, modelFiles } from "./model-files.ts";
export {
  type ModelEngine,
  modelOf,
  type OpenModelOptions,
  openInputs,
  openModel,
  readArray,
  readInputs,
} from "./open-model.ts";
export { watchParent } from "./parent-watch.ts";
export { localPool, runTrials } from "./pool.ts";
export { checkResult, claimResult, type ResultFile, type Sources } from "./result-file.ts";
export { findRun, readBest, readMetrics, readRun, readRunKernels } from "./run-directory.ts";
export {
  runTraining,
  type TrainingRequest,
  trainingFolder,
  trainingJobs,
  withFiles,
} from "./run-training.ts";
export { saveRun, type TrainedRun } from "./save-run.ts";
export { loadSameFiles, selectData, selectedData } from "./selected-data.ts";
export { gatewiseVersion } from "./version.ts";
export { writeResults } from "./write-results.ts";
