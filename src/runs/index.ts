export { DISSECTION_FILE, type DissectionRecord, dissectionAt } from "./dissection-record.ts";
export { type Estimate, epochsDone, followEstimate, type TrialLength, trialEstimate } from "./estimate.ts";
export type {
  Executor,
  ExecutorOptions,
  PoolEvent,
  TrialJob,
  TrialOutcome,
  TrialProgress,
  TrialWatch,
} from "./executor.ts";
export { claimExperiment, type ExperimentRecord, experimentRecordOf } from "./experiment-record.ts";
export { readLines } from "./json-lines.ts";
export type { KernelMeasurement, RunKernels } from "./kernel-record.ts";
export { OwnFilesStructure } from "./own-files-structure.ts";
export { parseJson } from "./parse-json.ts";
export { type ExperimentResults, type Place, placeAt, type RunContent, resultsAt } from "./place.ts";
export { type ResultRowsByKind, type ResultRowsOf, resultRows } from "./result-rows.ts";
export { checkResumable } from "./resuming.ts";
export { bestOf, findRecord, readRecord } from "./run-files.ts";
export {
  type Machine,
  PlanStructure,
  type RunRecord,
  type RunResult,
  type RunSegment,
  readRunRecord,
  segmentsOf,
} from "./run-record.ts";
export { runTrialWith, type TrialContext, type TrialHost } from "./run-trial.ts";
export type {
  ExperimentEvent,
  ExplanationFindings,
  Findings,
  FindingsByKind,
  FindingsOf,
  Found,
  InfluenceFindings,
  MonitorFindings,
  RunnerHost,
  TheoremFindings,
  TreeFindings,
  TrialFindings,
  WatchedFindings,
} from "./runners/runner.ts";
export { partsAsked } from "./runners/runners.ts";
export { givenTo, trialsAsked } from "./runners/trials.ts";
export { LabelsStructure } from "./settings-structure.ts";
export { readText, type Store, type StoreWaiting } from "./store.ts";
export { secondsPerExample, type TimingContext, timedSteps, trainingSecondsOf } from "./timed-steps.ts";
export { type FinishedTraining, writeTraining } from "./training-files.ts";
export {
  type DataSelection,
  type GivenFile,
  type LearntFrom,
  requestOf,
  type TrialPlace,
  type TrialRequest,
} from "./trial-request.ts";
export { missingLines, type TrialState } from "./trial-states.ts";
