import { type SummaryRow, summarize } from "../experiments/index.ts";
import { finishedTrials, REGIME_ORDER, type ReportInput } from "./report-input.ts";

/** Rows of the table, for regimes with at least one finished run, in the order of the report. */
export function summaryRows({ published, trials }: Pick<ReportInput, "published" | "trials">): readonly SummaryRow[] {
  const results = finishedTrials(trials).map(({ run, result }) => ({
    regime: run.plan.regime,
    bestTestAccuracy: result.bestTestAccuracy,
  }));
  const rows = summarize({ published }, results);
  return REGIME_ORDER.flatMap((regime) => rows.filter((row) => row.regime === regime));
}

/** Whole hundredths of a percent: what table and words show, so that their differences add up for a reader. */
export const hundredths = (value: number): number => Math.round(value * 100);
