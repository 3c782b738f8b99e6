export { type Evaluation, evaluate } from "./evaluate.ts";
export type { LabeledBytes } from "./labeled-bytes.ts";
export { LOSSES, type Loss } from "./losses.ts";
export { OPTIMIZER_KINDS, type Optimizer, type OptimizerKind, optimizer } from "./optimizers.ts";
export { networkPair, trialParameters } from "./parameters.ts";
export type { EpochMetrics, GateMetrics, TrainingPlan } from "./plan.ts";
export { evaluationGraph, networkEvaluationGraph } from "./prediction-graphs.ts";
export {
  type Checkpoint,
  initialTensors,
  type TrainingContext,
  type TrainingData,
  type TrainingEvent,
  train,
} from "./train.ts";
