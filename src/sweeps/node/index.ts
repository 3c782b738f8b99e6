export { type SizeOfData, sizesOfData } from "./data-sizes.ts";
export { type GatheredFiles, gatherSweep } from "./gather-sweep.ts";
export { type LookAtTrial, lookAtAll, trialLooker } from "./look.ts";
export { type PointFiles, type ReadPoint, readPoints, trainingsOf } from "./plan-options.ts";
export {
  type ExperimentPlan,
  type PlanHost,
  type PlannedSweep,
  type PlanPlace,
  planExperiment,
  planTrainings,
} from "./plan-sweep.ts";
export { runSweep } from "./run-sweep.ts";
export { type Slurm, slurmHere } from "./slurm.ts";
export {
  type Program,
  planSubmission,
  type SubmitOptions,
  type SubmitPlan,
  type SubmittedSweep,
  submitSweep,
  testSubmission,
} from "./submit.ts";
export { findSweep, readSweep, type Sweep, trialFolder } from "./sweep-folder.ts";
export type { FailedTrial, SweepRun, SweepRunResult, SweepWatch } from "./sweep-run.ts";
export { type PlanSeconds, timePlans } from "./timed-plans.ts";
