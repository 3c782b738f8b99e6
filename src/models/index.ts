export { type DecidingOptions, type DecidingUnits, decidingUnits, type RemovedShare } from "./deciding-units.ts";
export type { DecidingUnit, Decision, DecisionOptions } from "./decisions.ts";
export type { Description, KernelCost, LayerDescription, ParameterDescription } from "./description.ts";
export type { EvaluatingOptions } from "./evaluating-options.ts";
export { type ExampleArray, examplesOf, type InputExamples, notFloating, readExamples } from "./example-array.ts";
export type { ExampleQuestions } from "./example-questions.ts";
export { type ExampleScores, exampleScores, valueScores } from "./example-scores.ts";
export { featureSeconds } from "./feature-timing.ts";
export type {
  FlipBetween,
  FlipsBetween,
  LayerDistance,
  LayerFlips,
  NearestFlips,
  NearestFlipsOptions,
  UnitDistance,
} from "./flips.ts";
export type { FlowAnswer, FlowOptions } from "./flow-of-example.ts";
export type { GateDifferences, LayerDifferences } from "./gate-differences.ts";
export { type InfluenceMemory, influenceMemory } from "./influence-memory.ts";
export { type ExampleTargets, type InfluenceTask, influenceTask, slopesOf, targetsOf } from "./influence-targets.ts";
export type { BothSides, InfluentialExample } from "./influential-examples.ts";
export type { KernelTiming } from "./kernel-timing.ts";
export type { LabelNoise, SuspectLabel } from "./label-noise.ts";
export { logitsOf } from "./logits.ts";
export {
  type LabeledNeighbor,
  type ManyNeighbors,
  type ManyNeighborsOptions,
  manyNeighbors,
  type NeighborPair,
  type NeighborPairsOptions,
  type QueryNeighbors,
} from "./many-neighbors.ts";
export { Model } from "./model.ts";
export type { DescribeOptions, MakeKernelInFile, ModelOptions, ModelSource, RawInputs } from "./model-options.ts";
export type { ShareInterval } from "./monitor/count-tests.ts";
export type { Drift, MovedGate } from "./monitor/drift.ts";
export { fitMonitor } from "./monitor/fit-monitor.ts";
export type { GateRates, HeldOutScores, Monitor, MonitorOptions, MonitorReferences } from "./monitor/monitor.ts";
export { readMonitor, writeMonitor } from "./monitor/monitor-file.ts";
export { networkDigest } from "./monitor/network-digest.ts";
export { pickedGates, pickedRows } from "./monitor/picked-gates.ts";
export { unfamiliarity } from "./monitor/quantiles.ts";
export { type ScoredBlock, scoredInputs } from "./monitor/scored-inputs.ts";
export type { StoredInputs } from "./monitor/stored-inputs.ts";
export { type WatchedInput, type WatchedInputs, type WatchOptions, watchInputs } from "./monitor/watch-inputs.ts";
export { decisionsOf, nearestGiven } from "./nearest-of-class.ts";
export { type NeighborsOptions, neighbors } from "./neighbors.ts";
export {
  type KernelTileMakers,
  type NeuralPathKernel,
  type NeuralPathKernelOptions,
  neuralPathKernel,
} from "./neural-path-kernel.ts";
export { type NeuralPathKernelWay, neuralPathKernelWay } from "./neural-path-kernel-way.ts";
export { NORMALIZATIONS, type Normalization } from "./normalization.ts";
export { type PathsAnswer, type PathsOptions, pathsOfExample } from "./paths-of-example.ts";
export type { Asking, StageProgress } from "./progress.ts";
export {
  inputSimilarity,
  type KernelInFile,
  type PathSimilarityOptions,
  pathSimilarity,
  type Similarity,
  type SimilarityOptions,
} from "./similarity.ts";
export { type AloneOnOthers, checkedMargin, type SufficientOptions, type SufficientUnits } from "./sufficient-units.ts";
export type { TangentAnswer, TangentAnswerOptions, TangentKernelOptions } from "./tangent-kernels.ts";
export type { InfluenceOptions, QueryInfluence, QueryOptions, TrainingInfluence } from "./training-influence.ts";
