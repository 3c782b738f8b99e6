export { type SizeOfData, sizesOfData } from "./data-sizes.ts";
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
export { type FailedTrial, runSweep, type SweepRun, type SweepRunResult, type SweepWatch } from "./run-sweep.ts";
export { findSweep, readSweep, type Sweep, trialFolder } from "./sweep-folder.ts";
export { type PlanSeconds, timePlans } from "./timed-plans.ts";
