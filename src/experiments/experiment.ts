import type { ArmExperiment } from "./arm-experiment.ts";
import { c4gapCifar10 } from "./c4gap-cifar10.ts";
import { continuousFeatures } from "./continuous-features.ts";
import { gconvCifar10Adam, gconvCifar10Sgd, vconvCifar10Adam, vconvCifar10Sgd } from "./convolutional-cifar10.ts";
import type { EXPERIMENT_NAMES } from "./experiment-names.ts";
import { type ExplanationExperiment, explainMnist } from "./explanations/explain-mnist.ts";
import { fcMnistAdam, fcMnistSgd } from "./fc-mnist.ts";
import { learntLayers, shuffledLabels } from "./gate-ablations.ts";
import { type InfluenceExperiment, influenceMnist } from "./influence/influence-mnist.ts";
import { obliqueTrees, type TreeExperiment } from "./oblique-trees/oblique-trees.ts";
import type { RegimeExperiment } from "./regime-experiment.ts";
import { type TheoremExperiment, theorem } from "./theorem.ts";
import { type MonitorExperiment, monitorMnist } from "./unfamiliar/monitor-mnist.ts";
import { binaryMnist, kernelMachine, kernelMachineCifar10, ntkTrace } from "./watched-kernels.ts";
import type { WatchedExperiment } from "./watched-training.ts";

/**
 * An experiment as data: a protocol that survives JSON, with a quick and a full profile. What is done with each kind stands
 * in total tables: how it runs, what its page says, how it is printed.
 */
export type Experiment = ExperimentsByKind[ExperimentKind];
/** The name of a kind of experiment. */
export type ExperimentKind = keyof ExperimentsByKind;
/** The experiments of one kind. */
export type ExperimentOf<K extends ExperimentKind> = ExperimentsByKind[K];

/** The experiments by kind: adding a kind here is what the compiler asks the tables of runners and pages for. */
export interface ExperimentsByKind {
  readonly regimes: RegimeExperiment;
  readonly arms: ArmExperiment;
  readonly watched: WatchedExperiment;
  readonly monitor: MonitorExperiment;
  readonly trees: TreeExperiment;
  readonly theorem: TheoremExperiment;
  readonly influence: InfluenceExperiment;
  readonly explanation: ExplanationExperiment;
}

/** Those of the papers: the rows of theory 6.3 in their order, variants and stages, kernels, trees, the theorem; ours: the influence of training examples, and what explanations are worth. */
export const EXPERIMENTS = [
  fcMnistSgd,
  fcMnistAdam,
  vconvCifar10Sgd,
  vconvCifar10Adam,
  gconvCifar10Sgd,
  gconvCifar10Adam,
  continuousFeatures,
  c4gapCifar10,
  shuffledLabels,
  learntLayers,
  binaryMnist,
  ntkTrace,
  kernelMachine,
  kernelMachineCifar10,
  monitorMnist,
  obliqueTrees,
  theorem,
  influenceMnist,
  explainMnist,
] as const satisfies Named<typeof EXPERIMENT_NAMES>;

/** An experiment of each name, in this order. */
type Named<Names extends readonly string[]> = {
  readonly [I in keyof Names]: Experiment & { readonly name: Names[I] };
};

/** What a user may change of an experiment; what its kind does not use is refused (`unused-options.ts`). */
export interface ExperimentOptions {
  /** Of an experiment that compares regimes. */
  readonly regimes?: RegimeExperiment["regimes"];
  /** Runs of each network, or draws at each width. */
  readonly seeds?: number;
  /** Of every run. */
  readonly epochs?: number;
}
