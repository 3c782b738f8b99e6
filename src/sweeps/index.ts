export { type ArrayTask, arrayTask } from "./array-task.ts";
export {
  type AskedTraining,
  trialsOfExperiment,
  trialsOfParts,
  trialsOfTrainings,
  type UncostedTrial,
} from "./families.ts";
export { type GatheredMeasure, type GatheredRow, type GatheredSweep, gatherTrials } from "./gathered.ts";
export { estimateOfTrials, type PlanChange, type SweepEstimate, type SweepRecord } from "./plan.ts";
export { pointsOf, type SweepPoint } from "./points.ts";
export { TASK_SECONDS } from "./slurm/array-jobs.ts";
export type { Submission } from "./slurm/submissions.ts";
export { type JobTemplate, readTemplate } from "./slurm/template.ts";
export {
  type PlaceOption,
  readSpecification,
  type SweepSpecification,
  type WrittenOptions,
} from "./specification.ts";
export { type StatusCounts, type SweepStatus, statusCounts, sweepStatus } from "./status.ts";
export { inTaskOrder } from "./task-order.ts";
export type { PartTrial, SweepTrial, TrainingTrial, TrialCost } from "./trial.ts";
export { TRIAL_STATES, type TrialLook, type TrialStatus } from "./trial-look.ts";
