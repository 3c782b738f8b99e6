import type { PublishedFigure } from "../protocol.ts";
import { type MeanAndDeviation, meanAndDeviation } from "../summary.ts";
import type { MonitorMeasurement } from "./measure-monitor.ts";
import {
  type MonitorExperiment,
  UNFAMILIAR_SCORES,
  UNFAMILIAR_SETS,
  type UnfamiliarScore,
  type UnfamiliarSet,
} from "./monitor-mnist.ts";

/** How well one score tells one set of inputs from the clean ones: AUROC in percent. */
export interface MonitorRow extends MeanAndDeviation {
  readonly set: UnfamiliarSet;
  readonly score: UnfamiliarScore;
  readonly title: string;
  readonly runs: readonly number[];
  readonly published: PublishedFigure | null;
}

const SETS = Object.keys(UNFAMILIAR_SETS).filter((name): name is UnfamiliarSet => name in UNFAMILIAR_SETS);
const SCORES = Object.keys(UNFAMILIAR_SCORES).filter((name): name is UnfamiliarScore => name in UNFAMILIAR_SCORES);

/**
 * A row a set and score, of what was measured.
 * @param runs the measurements of each seed
 */
export function monitorRows(
  { published }: MonitorExperiment,
  runs: readonly (readonly MonitorMeasurement[])[],
): readonly MonitorRow[] {
  return SETS.flatMap((set) =>
    SCORES.flatMap((score): readonly MonitorRow[] => {
      const values = runs.flatMap((run) => run.find((one) => one.set === set)?.values[score] ?? []);
      if (values.length === 0) return [];
      const title = UNFAMILIAR_SCORES[score];
      return [
        { set, score, title, ...meanAndDeviation(values), runs: values, published: published[set]?.[score] ?? null },
      ];
    }),
  );
}

/** What was left out because its images are not at hand, and how to give them. */
export function skippedSets(runs: readonly (readonly MonitorMeasurement[])[]): readonly string[] {
  return SETS.filter((set) => runs.some((run) => run.some((one) => one.set === set && one.examples === 0))).map(
    (set) =>
      `${UNFAMILIAR_SETS[set]} left out: its files are not at hand; give the data folder that holds ${set}/, or fetch ${set}, and go on`,
  );
}
