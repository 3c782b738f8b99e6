export type { Checkpoint, EpochPart } from "./checkpoint.ts";
export type { GateTable } from "./chunks.ts";
export { type Evaluation, type EvaluationOptions, evaluate } from "./evaluate.ts";
export { examplesPerRun } from "./examples-per-run.ts";
export { type TrainingBytes, trainingBytes } from "./footprint.ts";
export { type GateWatch, SETTLED_BELOW, settledEpochs } from "./gate-watch.ts";
export { exampleLosses, LOSSES, type Loss, usualLoss } from "./losses.ts";
export { OPTIMIZER_KINDS, type OptimizerKind } from "./optimizer-kinds.ts";
export {
  type AdamConstants,
  type CoupledDecay,
  type Optimizer,
  optimizer,
  type SlotName,
} from "./optimizers.ts";
export type { EpochMetrics, ExampleOrder, GateMetrics, TargetScale, TrainingPlan } from "./plan.ts";
export {
  evaluationGraph,
  logitsGraph,
  type MeasuredData,
  networkEvaluationGraph,
  networkLogitsGraph,
  type PredictionPlan,
} from "./prediction-graphs.ts";
export type { Augmentation, ClassWeights, Recipe } from "./recipe.ts";
export { checkRecipe, hasEnded } from "./recipe-rules.ts";
export { targetScale } from "./scaled-targets.ts";
export { SCHEDULE_KINDS, type Schedule, type ScheduleKind } from "./schedules.ts";
export { memoryOf, stepWork } from "./step-work.ts";
export {
  type TrainingContext,
  type TrainingData,
  type TrainingEvent,
  train,
} from "./train.ts";
export { type TrainedPlan, trainedModel, trainedNetwork } from "./trained-network.ts";
export { type EpochOptions, Trainer } from "./trainer.ts";
export { type Averages, startState, stateByName, stateOf, type TrainingState } from "./training-state.ts";
export type { ValueErrors } from "./value-errors.ts";
