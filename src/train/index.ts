export type { Checkpoint, EpochPart } from "./checkpoint.ts";
export { type Evaluation, type EvaluationOptions, evaluate } from "./evaluate.ts";
export { examplesPerRun } from "./examples-per-run.ts";
export type { LabeledBytes } from "./labeled-bytes.ts";
export { LOSSES, type Loss } from "./losses.ts";
export { OPTIMIZER_KINDS, type Optimizer, type OptimizerKind, optimizer, type SlotName } from "./optimizers.ts";
export type { EpochMetrics, GateMetrics, TrainingPlan } from "./plan.ts";
export { type LabeledPoints, type PointSetName, type PointSets, PointTrainer } from "./point-trainer.ts";
export { evaluationGraph, networkEvaluationGraph } from "./prediction-graphs.ts";
export { memoryOf, stepWork } from "./step-work.ts";
export {
  type TrainingContext,
  type TrainingData,
  type TrainingEvent,
  train,
} from "./train.ts";
export { type Averages, startState, stateByName, stateOf, type TrainingState } from "./training-state.ts";
