export { annealedTraining } from "./annealed-training.ts";
export {
  ARCHITECTURE_NAMES,
  type ArchitectureFile,
  type ArchitectureName,
  isArchitectureText,
} from "./architecture-choice.ts";
export {
  ARM_STORIES,
  type Arm,
  type ArmExperiment,
  type ArmOptions,
  type ArmProfile,
  type ArmStory,
  type ArmSummary,
  summarizeArms,
  trialsOfArms,
} from "./arm-experiment.ts";
export { c4gapCifar10 } from "./c4gap-cifar10.ts";
export { CONTINUOUS_REFERENCES, continuousFeatures } from "./continuous-features.ts";
export { gconvCifar10Adam, gconvCifar10Sgd, vconvCifar10Adam, vconvCifar10Sgd } from "./convolutional-cifar10.ts";
export {
  checkDataOptions,
  type DataDescription,
  type DataFiles,
  type DataOptions,
  needsDescription,
  ownDataOf,
  readDataChoice,
  readDataOptions,
  wordsOfDataset,
} from "./data-options.ts";
export {
  answerOfDissection,
  DISSECTION_ROWS,
  type DissectedRow,
  type DissectionAnswer,
  type DissectionRow,
  type DissectionScores,
  type DissectionTraining,
  dissectionTrainings,
  type MachineScore,
  type OverRuns,
  type TrainedScores,
} from "./dissection.ts";
export {
  type DissectionFigures,
  type DissectionMeasure,
  dissectionAnswer,
  inUnit,
  measured,
} from "./dissection-answer.ts";
export { type DissectionLength, type DissectionSize, type DissectionTargets, withLength } from "./dissection-length.ts";
export {
  EXPERIMENTS,
  type Experiment,
  type ExperimentKind,
  type ExperimentOf,
  type ExperimentOptions,
  type ExperimentsByKind,
} from "./experiment.ts";
export { EXPERIMENT_NAMES } from "./experiment-names.ts";
export { experimentOnFiles } from "./experiment-on-files.ts";
export {
  COMPARED_WITH,
  type ComparedWith,
  type ExplanationExperiment,
  type ExplanationProfile,
  explainMnist,
  PIXEL_MAPS,
  type PixelMapName,
  type PublishedRange,
  REMOVAL_ORDERS,
  type RemovalOrderName,
} from "./explanations/explain-mnist.ts";
export {
  type ExplainedImage,
  type ExplainedMonitor,
  type ExplainedRemoval,
  explainNetwork,
  type LabeledInputs,
  type NetworkExplanation,
} from "./explanations/explained-network.ts";
export {
  EXPLANATION_FIGURES,
  type ExplanationFigure,
  type ExplanationRow,
  explanationRows,
  shareFor,
} from "./explanations/explanation-rows.ts";
export type { InsertionCurves } from "./explanations/insertion.ts";
export {
  EXPLANATION_PARTS,
  type ExplanationMeasurement,
  type ExplanationPart,
  measureExplanations,
  type SplitDifference,
} from "./explanations/measure-explanations.ts";
export { fcMnistAdam, fcMnistSgd } from "./fc-mnist.ts";
export { learntLayers, shuffledLabels } from "./gate-ablations.ts";
export {
  type InfluenceExperiment,
  type InfluenceProfile,
  influenceMnist,
} from "./influence/influence-mnist.ts";
export {
  type HalfTrained,
  halfOf,
  type InfluenceScore,
  influenceData,
  influenceScoresOf,
  SIMILARITIES,
  type SimilarityName,
  scoresAsked,
  trainHalf,
} from "./influence/influence-scores.ts";
export type { JackknifeScore, LossTable } from "./influence/rank-correlation.ts";
export {
  type ChosenRidge,
  chosenRidge,
  type InfluenceCeiling,
  type InfluenceRow,
  influenceCeiling,
  influenceRows,
  lossTables,
} from "./influence/summary-of-scores.ts";
export { type KernelMeasures, type MeasuredKernel, measureKernel } from "./kernel-measures.ts";
export { type KernelProbe, kernelProbe, type ProbeChoice, type ProbeClass } from "./kernel-probe.ts";
export {
  type GateOption,
  type NetworkFile,
  type NetworkPart,
  networkFileName,
  type ReadNetwork,
  type RunMoment,
  readNetworkFile,
} from "./network-choice.ts";
export type { LinearlyGated } from "./oblique-trees/gate-normals.ts";
export {
  type ObliqueNetwork,
  type ObliqueProfile,
  obliqueTrees,
  type TreeExperiment,
} from "./oblique-trees/oblique-trees.ts";
export { byLevel, meanCosines, type ObliqueRow, obliqueRows } from "./oblique-trees/summary-of-runs.ts";
export { drawTree, type TreeData, type TreeTask } from "./oblique-trees/tree-data.ts";
export { type NormalsSeen, type ObliqueCheckpoint, type ObliqueRun, watchGates } from "./oblique-trees/watch-gates.ts";
export {
  type ExperimentWords,
  PROFILE_NAMES,
  type Profile,
  type ProfileName,
  type PublishedFigure,
  settingsOf,
  type TrainingSettings,
  type Trial,
} from "./protocol.ts";
export { readTrainingOptions, takesWholeNumbers, trainingOptionNames } from "./read-training-options.ts";
export type { RecipeOptionName, RecipeOptions } from "./recipe-options.ts";
export { type RegimeExperiment, type TrialOptions, trialsOf } from "./regime-experiment.ts";
export {
  gateTraining,
  type OwnFiles,
  type Training,
  type TrainingDataChoice,
  trainingName,
  trainingOf,
} from "./resolved-training.ts";
export {
  type GateShare,
  type Interval,
  intervalOf,
  type RowScores,
  type ShareInGates,
  shareInGates,
} from "./share-in-gates.ts";
export { namedNetworks, needsFiles } from "./source-options.ts";
export {
  type ComparedRow,
  type ComparedRun,
  comparedRow,
  type MeanAndDeviation,
  meanAndDeviation,
  type SummaryRow,
  summarize,
} from "./summary.ts";
export {
  noiseInputs,
  runTheorem,
  THEOREM_NETWORKS,
  type TheoremErrors,
  type TheoremExperiment,
  type TheoremFinding,
  type TheoremNetwork,
  type TheoremOptions,
  type TheoremProfile,
  type TheoremResult,
  type TheoremRow,
  type TheoremSeries,
  theorem,
  theoremErrors,
  theoremResult,
  theoremSizes,
} from "./theorem.ts";
export {
  type NameOption,
  TRAINING_DEVICES,
  type TrainingDevice,
  type TrainingOptionName,
  type TrainingOptions,
  USUAL_TRAINING,
} from "./training-options.ts";
export { auroc } from "./unfamiliar/auroc.ts";
export { type MonitorData, type MonitorMeasurement, measureMonitor, splitClean } from "./unfamiliar/measure-monitor.ts";
export {
  type MonitorExperiment,
  type MonitorProfile,
  monitorMnist,
  UNFAMILIAR_SCORES,
  UNFAMILIAR_SETS,
  type UnfamiliarScore,
  type UnfamiliarSet,
} from "./unfamiliar/monitor-mnist.ts";
export { type MonitorRow, monitorRows, skippedSets } from "./unfamiliar/monitor-rows.ts";
export { checkExperimentSettings, type ExperimentSettings } from "./unused-options.ts";
export {
  binaryMnist,
  INFINITE_WIDTH_CIFAR10,
  kernelMachine,
  kernelMachineCifar10,
  type Measure,
  type Measurement,
  type MeasureOptions,
  measureOf,
  ntkTrace,
  WATCHED_FIGURES,
} from "./watched-kernels.ts";
export {
  asProfiled,
  MEASURES,
  type MeanMeasurement,
  type MeasureName,
  meanMeasurements,
  ofClasses,
  type Watched,
  type WatchedExperiment,
  type WatchedProfile,
  type WatchedStep,
  watchTraining,
} from "./watched-training.ts";
