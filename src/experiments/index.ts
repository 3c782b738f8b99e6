import { c4gapCifar10 } from "./c4gap-cifar10.ts";
import type { Comparison } from "./comparison.ts";
import { continuousFeatures } from "./continuous-features.ts";
import { gconvCifar10Adam, gconvCifar10Sgd, vconvCifar10Adam, vconvCifar10Sgd } from "./convolutional-cifar10.ts";
import type { Experiment } from "./experiment.ts";
import { fcMnistAdam, fcMnistSgd } from "./fc-mnist.ts";

export {
  type Arm,
  type ArmSummary,
  type Comparison,
  type ComparisonOptions,
  type ComparisonProfile,
  isComparison,
  summarizeArms,
  trialsOfComparison,
} from "./comparison.ts";
export { CONTINUOUS_REFERENCES } from "./continuous-features.ts";
export {
  type Experiment,
  PROFILE_NAMES,
  type Profile,
  type ProfileName,
  type PublishedFigure,
  settingsOf,
  type TrainingSettings,
  type Trial,
  type TrialOptions,
  trialsOf,
} from "./experiment.ts";
export { meanAndDeviation, type SummaryRow, summarize } from "./summary.ts";
export {
  c4gapCifar10,
  continuousFeatures,
  fcMnistAdam,
  fcMnistSgd,
  gconvCifar10Adam,
  gconvCifar10Sgd,
  vconvCifar10Adam,
  vconvCifar10Sgd,
};

/** All experiments that compare the regimes, in the order of theory 6.3. */
export const EXPERIMENTS: readonly Experiment[] = [
  fcMnistSgd,
  fcMnistAdam,
  vconvCifar10Sgd,
  vconvCifar10Adam,
  gconvCifar10Sgd,
  gconvCifar10Adam,
];
export { type KernelMeasures, type MeasuredKernel, measureKernel } from "./kernel-measures.ts";
export { type KernelProbe, kernelProbe, type ProbeChoice, type ProbeClass } from "./kernel-probe.ts";
/** All experiments that compare variants of regimes, or stages of learning. */
export const COMPARISONS: readonly Comparison[] = [continuousFeatures, c4gapCifar10];
export {
  type Measure,
  type Measurement,
  measureOf,
  WATCHED_EXPERIMENTS,
  WATCHED_FIGURES,
  type WatchedName,
} from "./kernel-watches.ts";
export type { LinearlyGated } from "./oblique-trees/gate-normals.ts";
export { type ObliqueNetwork, type ObliqueProfile, obliqueTrees } from "./oblique-trees/oblique-trees.ts";
export { byLevel, meanCosines, type ObliqueRow, obliqueRows } from "./oblique-trees/summary-of-runs.ts";
export { drawTree, type TreeData } from "./oblique-trees/tree-data.ts";
export { type NormalsSeen, type ObliqueCheckpoint, type ObliqueRun, watchGates } from "./oblique-trees/watch-gates.ts";
export {
  noiseInputs,
  runTheorem,
  THEOREM_NETWORKS,
  type TheoremFinding,
  type TheoremNetwork,
  type TheoremOptions,
  type TheoremResult,
  type TheoremRow,
  type TheoremSeries,
  theorem,
} from "./theorem.ts";
export {
  type MeanMeasurement,
  meanMeasurements,
  ofClasses,
  type Watched,
  type WatchedExperiment,
  type WatchedProfile,
  watchTraining,
} from "./watched-training.ts";
