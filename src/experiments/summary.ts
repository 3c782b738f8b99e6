import { REGIME_NAMES, type RegimeName } from "../network/index.ts";
import type { PublishedFigure } from "./protocol.ts";
import type { RegimeExperiment } from "./regime-experiment.ts";

/** A row of an experiment's table; accuracies in percent. */
export interface SummaryRow {
  readonly regime: RegimeName;
  /** Mean and sample standard deviation of the best test accuracy over the runs; 0 for one run. */
  readonly mean: number;
  readonly std: number;
  readonly published: PublishedFigure | null;
  /** Best test accuracy of each run. */
  readonly runs: readonly number[];
}

/** Rows in the order of theory 5.4, whatever that of the results, for the regimes with at least one finished run. */
export function summarize(
  experiment: Pick<RegimeExperiment, "published">,
  results: readonly { readonly regime: RegimeName; readonly bestTestAccuracy: number }[],
): readonly SummaryRow[] {
  return REGIME_NAMES.flatMap((regime) => {
    const runs = results.filter((result) => result.regime === regime).map(({ bestTestAccuracy }) => bestTestAccuracy);
    const row = { regime, ...meanAndDeviation(runs), published: experiment.published[regime] ?? null, runs };
    return runs.length === 0 ? [] : [row];
  });
}

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
