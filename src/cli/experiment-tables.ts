/** What a terminal and `--json` show of the results of each kind of experiment. */
import {
  type ExperimentKind,
  meanMeasurements,
  obliqueRows,
  type ProfileName,
  summarize,
  summarizeArms,
  type TheoremFinding,
} from "../experiments/index.ts";
import { REGIME_NAMES, REGIMES } from "../network/index.ts";
import type { Findings, FindingsOf, TrialFindings } from "../runs/index.ts";
import { dim } from "./colors.ts";
import { type Column, formatTable } from "./table.ts";

export interface ShownResults {
  /** The fields of the JSON result, beside experiment, profile and report. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly text: string;
}

const SHOWN: { readonly [K in ExperimentKind]: (found: FindingsOf<K>) => ShownResults } = {
  regimes: regimeResults,
  arms: armResults,
  watched: watchedResults,
  trees: treeResults,
  theorem: ({ series }) => ({ json: { series }, text: series.map((one) => `${seriesText(one)}\n`).join("\n") }),
};

export const shownResults = (findings: Findings): ShownResults => shownOfKind(findings.kind, findings);
const shownOfKind = <K extends ExperimentKind>(kind: K, findings: FindingsOf<K>): ShownResults => SHOWN[kind](findings);

const right = (title: string): Column => ({ title, align: "right" });
const plusMinus = (mean: number, std: number): string => `${mean.toFixed(2)} ± ${std.toFixed(2)}`;

/** Best accuracies of the trials that are done, beside the published ones. */
function regimeResults({ experiment, profile, states }: TrialFindings<"regimes">): ShownResults {
  const results = states.flatMap(({ regime, bestTestAccuracy }) => {
    const name = REGIME_NAMES.find((one) => one === regime);
    return name === undefined || bestTestAccuracy === null ? [] : [{ regime: name, bestTestAccuracy }];
  });
  const rows = summarize(experiment, results);
  const table = formatTable(
    [{ title: "regime" }, right("test accuracy %"), right("runs"), right("published"), right("difference")],
    rows.map(({ regime, mean, std, runs, published }) => [
      REGIMES[regime].title,
      plusMinus(mean, std),
      String(runs.length),
      published === null ? "–" : plusMinus(published[0], published[1]),
      published === null ? "–" : signed(mean - published[0]),
    ]),
  );
  const isPublished = Object.keys(experiment.published).length > 0;
  return { json: { rows }, text: withProtocolNote(table, profile, isPublished) };
}

function armResults({ experiment, profile, states }: TrialFindings<"arms">): ShownResults {
  const rows = summarizeArms(
    experiment.profiles[profile].arms,
    states.flatMap(({ regime, bestTestAccuracy }) =>
      bestTestAccuracy === null ? [] : [{ arm: regime, bestTestAccuracy }],
    ),
  );
  const interval = (mean: number, std: number): string => (std === 0 ? mean.toFixed(2) : plusMinus(mean, std));
  const table = formatTable(
    [{ title: "network" }, right("test accuracy %"), right("runs"), right("published")],
    rows.map(({ title, mean, std, runs, published }) => [
      title,
      interval(mean, std),
      String(runs.length),
      published === null ? "–" : interval(published[0], published[1]),
    ]),
  );
  const isPublished = rows.some(({ published }) => published !== null);
  return { json: { rows }, text: withProtocolNote(table, profile, isPublished) };
}

/** A table of a short run, with what its published figures were measured on. */
const withProtocolNote = (table: string, profile: ProfileName, isPublished: boolean): string =>
  profile === "full" || !isPublished
    ? table
    : `${table}\n${dim("published figures are of the full protocol: all images, the paper's network and rate, more epochs")}`;

/** Means over the seeds, an epoch a row. */
function watchedResults({ length, rows }: FindingsOf<"watched">): ShownResults {
  const names = Object.keys(rows[0]?.measured ?? {});
  const table = formatTable(
    ["epoch", "network %", ...names].map(right),
    meanMeasurements(rows).map(({ epoch, testAccuracy, measured }) => [
      String(epoch),
      testAccuracy === undefined ? "–" : testAccuracy.mean.toFixed(2),
      ...names.map((name) => Number((measured[name]?.mean ?? Number.NaN).toPrecision(5)).toString()),
    ]),
  );
  return { json: { rows }, text: `${table}\n\nmeasured on ${length.examples} examples` };
}

function treeResults({ experiment: { networks }, runs: found }: FindingsOf<"trees">): ShownResults {
  const rows = obliqueRows(networks, found);
  const table = formatTable(
    [{ title: "network" }, ...["test accuracy %", "runs", "paper", "independent", "difference"].map(right)],
    rows.map(({ regime, mean, std, runs, published: { paper, independent } }) => [
      networks.find((one) => one.regime === regime)?.title ?? regime,
      plusMinus(mean, std),
      String(runs.length),
      paper.toFixed(2),
      independent.toFixed(1),
      signed(mean - independent),
    ]),
  );
  return { json: { rows }, text: `${table}\n` };
}

function seriesText({ title, unit, rows, draws, slope, slopeError, fitFrom }: TheoremFinding): string {
  const table = formatTable(
    [right(unit), right("relative error"), right("draws")],
    rows.map(({ width, meanError, stdError }) => [
      String(width),
      `${meanError.toFixed(4)} ± ${stdError.toFixed(4)}`,
      String(draws),
    ]),
  );
  return `${title}\n${table}\nslope ${slope.toFixed(3)} ± ${slopeError.toFixed(3)} from ${unit} ${fitFrom} on (theory: −0.5)`;
}

const signed = (value: number): string => `${value < 0 ? "" : "+"}${value.toFixed(2)}`;
