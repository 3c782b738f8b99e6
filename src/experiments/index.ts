import type { Experiment } from "./experiment.ts";
import { fcMnistAdam, fcMnistSgd } from "./fc-mnist.ts";

export {
  type Experiment,
  PROFILE_NAMES,
  type Profile,
  type ProfileName,
  type PublishedFigure,
  type Trial,
  type TrialOptions,
  trialsOf,
} from "./experiment.ts";
export { meanAndDeviation, type SummaryRow, summarize } from "./summary.ts";
export { fcMnistAdam, fcMnistSgd };

/** All experiments, in the order of theory 6. */
export const EXPERIMENTS: readonly Experiment[] = [fcMnistSgd, fcMnistAdam];
export {
  type Measure,
  type Measurement,
  measureOf,
  WATCHED_EXPERIMENTS,
  WATCHED_FIGURES,
  type WatchedName,
} from "./kernel-watches.ts";
export { runTheorem, type TheoremOptions, type TheoremResult, type TheoremRow, theorem } from "./theorem.ts";
export {
  ofClasses,
  type Watched,
  type WatchedExperiment,
  type WatchedProfile,
  watchTraining,
} from "./watched-training.ts";
