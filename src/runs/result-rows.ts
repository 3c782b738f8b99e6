/** What stands in an experiment's place as rows of numbers: for tables, sweeps and pages, which format them and no more. */
import {
  type ArmSummary,
  type ExperimentKind,
  type ExplanationRow,
  explanationRows,
  type InfluenceRow,
  influenceRows,
  type MeanMeasurement,
  type MonitorRow,
  meanMeasurements,
  monitorRows,
  type ObliqueRow,
  obliqueRows,
  type SummaryRow,
  summarize,
  summarizeArms,
  type TheoremFinding,
} from "../experiments/index.ts";
import type { FindingsOf } from "./runners/runner.ts";

/** The rows of each kind of experiment. */
export interface ResultRowsByKind {
  /** Best test accuracies, a regime a row, with at least one complete run. */
  readonly regimes: readonly SummaryRow[];
  /** The same, an arm a row. */
  readonly arms: readonly ArmSummary[];
  /** Means over the seeds, an epoch a row. */
  readonly watched: readonly MeanMeasurement[];
  /** How well each score tells each set of inputs from clean ones. */
  readonly monitor: readonly MonitorRow[];
  /** Test accuracies at the best validation epoch, a network a row. */
  readonly trees: readonly ObliqueRow[];
  /** Errors, a width a row, and their slope: a series of networks each. */
  readonly theorem: readonly TheoremFinding[];
  /** Scores, a way to predict losses a row. */
  readonly influence: readonly InfluenceRow[];
  /** What explanations are worth, a figure of one of them a row. */
  readonly explanation: readonly ExplanationRow[];
}
/** The rows of an experiment of this kind. */
export type ResultRowsOf<K extends ExperimentKind> = ResultRowsByKind[K];

const ROWS: { readonly [K in ExperimentKind]: (found: FindingsOf<K>) => ResultRowsOf<K> } = {
  regimes: ({ experiment, states }) => summarize(experiment, states),
  arms: ({ experiment, profile, states }) => summarizeArms(experiment.profiles[profile].arms, states),
  watched: ({ rows }) => meanMeasurements(rows),
  monitor: ({ experiment, runs }) =>
    monitorRows(
      experiment,
      runs.map(({ measured }) => measured),
    ),
  trees: ({ experiment, runs }) => obliqueRows(experiment.networks, runs),
  theorem: ({ series }) => series,
  influence: ({ experiment, scores }) => influenceRows(scores, experiment.ridge),
  explanation: ({ experiment, runs }) =>
    explanationRows(
      experiment,
      runs.map(({ measured }) => measured),
    ),
};

/** The rows of an experiment's results, complete or not: of what is there. */
export const resultRows = <K extends ExperimentKind>(kind: K, findings: FindingsOf<K>): ResultRowsOf<K> =>
  ROWS[kind](findings);
