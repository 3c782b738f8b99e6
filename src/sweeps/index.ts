export { type ArrayTask, arrayTask } from "./array-task.ts";
export { type AskedTraining, trialsOfExperiment, trialsOfTrainings, type UncostedTrial } from "./families.ts";
export { estimateOfTrials, type PlanChange, type SweepEstimate, type SweepRecord } from "./plan.ts";
export { pointsOf, type SweepPoint } from "./points.ts";
export {
  type PlaceOption,
  readSpecification,
  type SweepSpecification,
  type WrittenOptions,
} from "./specification.ts";
export { inTaskOrder } from "./task-order.ts";
export type { PartTrial, SweepTrial, TrainingTrial, TrialCost } from "./trial.ts";
export { TRIAL_STATES, type TrialLook, type TrialStatus } from "./trial-look.ts";
