/** What a report keeps of its runs, which it sees one by one: no more of the ten thousandth than of the first. */
import { type ComparedRun, type RegimeExperiment, type SummaryRow, summarize } from "../experiments/index.ts";
import type { RegimeName } from "../network/index.ts";
import type { RunRecord } from "../runs/index.ts";
import { CONFIGURATION, GatheredSettings, MACHINE } from "./configuration.ts";
import { PointSums } from "./curve-sums.ts";
import { DrawnRuns } from "./drawn-runs.ts";
import { REGIME_ORDER, type ReportInput, type ReportTrial } from "./report-input.ts";

/** Runs that are listed one by one; more are told by setting. */
export const MOST_LISTED = 200;

/** A run as the table of runs lists it. */
export interface ListedRun {
  readonly id: string;
  readonly seed: number;
  readonly status: RunRecord["status"];
  readonly best: number | undefined;
  readonly bestEpoch: number | undefined;
  readonly last: number | undefined;
  /** Finished epochs, and those of the plan. */
  readonly epochs: number;
  readonly of: number;
  readonly error: RunRecord["error"];
}

/** Runs that differ in nothing but the seed. */
export interface SettingRuns {
  readonly regime: RegimeName;
  /** Of each of `CONFIGURATION`. */
  readonly values: readonly string[];
  /** Best test accuracy of the finished ones. */
  readonly best: PointSums;
  runs: number;
}

/** The runs of one regime. */
export interface RegimeGroup {
  readonly regime: RegimeName;
  readonly finished: FinishedRuns;
  /** What curves are drawn of: the finished runs, or if there are none, those with at least one epoch. */
  readonly drawn: DrawnRuns;
}

/** Of runs that ended well. */
export interface FinishedRuns {
  readonly secondsPerEpoch: PointSums;
  readonly seconds: PointSums;
}

interface RegimeSums extends FinishedRuns {
  readonly drawn: DrawnRuns;
  readonly others: DrawnRuns;
}

/** All that a report is made of, its runs gathered. */
export interface GatheredInput extends Omit<ReportInput, "trials"> {
  readonly runs: GatheredRuns;
}

export class GatheredRuns {
  readonly configuration = new GatheredSettings(CONFIGURATION);
  readonly machine = new GatheredSettings(MACHINE);
  /** As long as they are few enough to be listed, all of them. */
  readonly listed: ListedRun[] = [];
  /** The first that did not end well. */
  readonly unfinished: ListedRun[] = [];
  private readonly finished: ComparedRun[] = [];
  private readonly settings = new Map<string, SettingRuns>();
  private readonly regimes = new Map<RegimeName, RegimeSums>();
  private readonly seedsSeen = new Set<number>();
  /** The run whose decisions are explained: finished, of the last regime in the report's order, the first of those. */
  explained: { readonly id: string; readonly path: string; readonly regime: RegimeName } | undefined;
  count = 0;
  unfinishedCount = 0;

  add(trial: ReportTrial): void {
    const { run, metrics } = trial;
    const { regime, seed } = run.plan;
    const result = run.status === "completed" ? run.result : null;
    this.count += 1;
    this.seedsSeen.add(seed);
    this.machine.add(run);
    const values = this.configuration.add(run);
    const { drawn, others, secondsPerEpoch, seconds } = this.sumsOf(regime);
    const listed = listedRun(trial);
    if (this.count <= MOST_LISTED) this.listed.push(listed);
    const setting = this.settingOf(regime, values);
    setting.runs += 1;
    if (result === null) {
      this.unfinishedCount += 1;
      if (this.unfinished.length < MOST_LISTED) this.unfinished.push(listed);
      if (metrics.length > 0) others.add(trial);
      return;
    }
    secondsPerEpoch.add(result.secondsPerEpoch);
    seconds.add(result.secondsPerEpoch * (result.epochs ?? run.plan.epochs));
    setting.best.add(result.bestTestAccuracy);
    this.finished.push({ regime, bestTestAccuracy: result.bestTestAccuracy });
    drawn.add(trial);
    const rank = (one: RegimeName): number => REGIME_ORDER.indexOf(one);
    if (trial.path !== undefined && (this.explained === undefined || rank(regime) > rank(this.explained.regime))) {
      this.explained = { id: trial.id, path: trial.path, regime };
    }
  }

  get seeds(): readonly number[] {
    return [...this.seedsSeen].sort((a, b) => a - b);
  }

  /** Groups of the regimes that have at least one run, in the order of the report. */
  groups(): readonly RegimeGroup[] {
    return REGIME_ORDER.flatMap((regime): readonly RegimeGroup[] => {
      const sums = this.regimes.get(regime);
      if (sums === undefined) return [];
      const { drawn, others, ...finished } = sums;
      return [{ regime, finished, drawn: finished.seconds.count > 0 ? drawn : others }];
    });
  }

  /** Rows of the table, for regimes with at least one finished run, in the order of the report. */
  rows(published: RegimeExperiment["published"]): readonly SummaryRow[] {
    const rows = summarize({ published }, this.finished);
    return REGIME_ORDER.flatMap((regime) => rows.filter((row) => row.regime === regime));
  }

  /** Runs by setting, the best first. */
  bySetting(): readonly SettingRuns[] {
    const meanOf = ({ best }: SettingRuns): number => (best.count === 0 ? Number.NEGATIVE_INFINITY : best.mean);
    return [...this.settings.values()].sort((a, b) => meanOf(b) - meanOf(a));
  }

  private sumsOf(regime: RegimeName): RegimeSums {
    let sums = this.regimes.get(regime);
    if (sums === undefined) {
      sums = {
        ...{ drawn: new DrawnRuns(), others: new DrawnRuns() },
        ...{ secondsPerEpoch: new PointSums(), seconds: new PointSums() },
      };
      this.regimes.set(regime, sums);
    }
    return sums;
  }

  private settingOf(regime: RegimeName, values: readonly string[]): SettingRuns {
    const key = JSON.stringify([regime, ...values]);
    let setting = this.settings.get(key);
    if (setting === undefined) {
      setting = { regime, values, best: new PointSums(), runs: 0 };
      this.settings.set(key, setting);
    }
    return setting;
  }
}

function listedRun({ id, run, metrics }: ReportTrial): ListedRun {
  const { plan, result, status, error } = run;
  let best: { readonly epoch: number; readonly testAccuracy: number } | undefined;
  for (const epoch of metrics) if (best === undefined || epoch.testAccuracy > best.testAccuracy) best = epoch;
  return {
    ...{ id, seed: plan.seed, status, error },
    best: result?.bestTestAccuracy ?? best?.testAccuracy,
    bestEpoch: result?.bestEpoch ?? best?.epoch,
    last: result?.lastTestAccuracy ?? metrics.at(-1)?.testAccuracy,
    epochs: metrics.length,
    of: plan.epochs,
  };
}

/** The input of a report whose runs are at hand. */
export function gathered({ trials, ...told }: ReportInput): GatheredInput {
  const runs = new GatheredRuns();
  for (const trial of trials) runs.add(trial);
  return { ...told, runs };
}
