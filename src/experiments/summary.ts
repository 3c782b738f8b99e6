import { REGIME_NAMES, REGIMES, type RegimeName } from "../network/index.ts";
import type { PublishedFigure } from "./protocol.ts";
import type { RegimeExperiment } from "./regime-experiment.ts";

/** A row of what an experiment compares: best test accuracies in percent, as data for tables, figures and programs. */
export interface ComparedRow<Name extends string = string> extends MeanAndDeviation {
  /** The name of what was trained: a regime, or an arm of a comparison. */
  readonly regime: Name;
  readonly title: string;
  readonly published: PublishedFigure | null;
  /** Mean less the published one; null without it. Whether it says something hangs on the profile. */
  readonly difference: number | null;
  /** Best test accuracy of each run. */
  readonly runs: readonly number[];
}
/** A row of a comparison of regimes. */
export type SummaryRow = ComparedRow<RegimeName>;

/** What a row is made of: a trial with its name, and its accuracy in percent once it is complete. */
export interface ComparedRun {
  readonly regime: string;
  readonly bestTestAccuracy: number | null;
}

/** The row of all complete runs of one name, none without any. */
export function comparedRow<Name extends string>(
  {
    regime,
    title,
    published = null,
  }: Pick<ComparedRow<Name>, "regime" | "title"> & { published?: PublishedFigure | null },
  results: readonly ComparedRun[],
): readonly ComparedRow<Name>[] {
  const runs = results.flatMap((run) =>
    run.regime === regime && run.bestTestAccuracy !== null ? [run.bestTestAccuracy] : [],
  );
  if (runs.length === 0) return [];
  const { mean, std } = meanAndDeviation(runs);
  return [{ regime, title, mean, std, published, difference: published === null ? null : mean - published[0], runs }];
}

/** Rows in the order of theory 5.4, whatever that of the results, for the regimes with at least one complete run. */
export const summarize = (
  experiment: Pick<RegimeExperiment, "published">,
  results: readonly ComparedRun[],
): readonly SummaryRow[] =>
  REGIME_NAMES.flatMap((regime) =>
    comparedRow({ regime, title: REGIMES[regime].title, published: experiment.published[regime] ?? null }, results),
  );

/** In the unit of what they are of. */
export interface MeanAndDeviation {
  readonly mean: number;
  /** Of the sample: `n − 1`; 0 for fewer than two values. */
  readonly std: number;
}

/** Mean and sample standard deviation (`n − 1`; 0 for fewer than two values). */
export function meanAndDeviation(values: readonly number[]): MeanAndDeviation {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) };
}
