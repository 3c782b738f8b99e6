export type { PoolEvent, PoolOptions, TrialJob, TrialOutcome, TrialProgress } from "./executor.ts";
export type { KernelMeasurement, RunKernels } from "./kernel-record.ts";
export { checkResumable } from "./resuming.ts";
export {
  type Machine,
  type RunRecord,
  type RunResult,
  type RunSegment,
  readRunRecord,
  segmentsOf,
} from "./run-record.ts";
export type { DataSelection, TrialRequest } from "./trial-request.ts";
export { missingLines, type TrialState } from "./trial-states.ts";
