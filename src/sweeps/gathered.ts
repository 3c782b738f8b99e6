/** What the completed trials of a sweep have come to: a table over the seeds, and a line each for other programs. */
import { type MeanAndDeviation, meanAndDeviation } from "../experiments/index.ts";
import { type RunRecord, type RunResult, segmentsOf } from "../runs/index.ts";
import type { WrittenOptions } from "./specification.ts";
import type { TrainingTrial } from "./trial.ts";

/** A trial that is completed. */
export interface CompletedTrial {
  readonly trial: Pick<TrainingTrial, "trial" | "settings" | "seed" | "asked">;
  readonly record: RunRecord;
}

/** The trials that differ in nothing but their seeds. */
export interface GatheredRow extends MeanAndDeviation {
  readonly settings: WrittenOptions;
  /** The measure of each run, by seed. */
  readonly runs: readonly number[];
}

/** What rows are of: best test accuracies in percent, or R² of real values. */
export type GatheredMeasure = "test accuracy %" | "test R²";

/** The results of a sweep. */
export interface GatheredSweep {
  readonly measure: GatheredMeasure;
  /** In the order of the plan; without the runs that are there for the gates of others alone. */
  readonly rows: readonly GatheredRow[];
  /** A head and a line for each completed trial. */
  readonly csv: string;
  /** What makes runs of one table differ in their last bits. */
  readonly warnings: readonly string[];
}

/** @param completed in the order of the plan */
export function gatherTrials(completed: readonly CompletedTrial[]): GatheredSweep {
  const asked = completed.filter(({ trial }) => trial.asked);
  const groups = new Map<string, CompletedTrial[]>();
  for (const one of asked) {
    const key = JSON.stringify(one.trial.settings);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const isOfValues = asked.some(({ record }) => record.result?.values !== undefined);
  return {
    measure: isOfValues ? "test R²" : "test accuracy %",
    rows: [...groups.values()].flatMap((own) => {
      const [first] = own;
      const sorted = [...own].sort((a, b) => a.trial.seed - b.trial.seed);
      const runs = sorted.flatMap(({ record }) => (record.result === null ? [] : [measureOf(record.result)]));
      return first === undefined ? [] : [{ settings: first.trial.settings, ...meanAndDeviation(runs), runs }];
    }),
    csv: csvOf(completed),
    warnings: warningsOf(completed),
  };
}

const measureOf = ({ values, bestTestAccuracy }: RunResult): number => values?.bestTestR2 ?? bestTestAccuracy;

/** What is told of a result, where it has it. */
const RESULTS = ["bestTestAccuracy", "bestEpoch", "lastTestAccuracy", "epochs", "secondsPerEpoch"] as const;
const VALUES = ["bestTestR2", "bestTestRmse", "lastTestR2", "lastTestRmse"] as const;

function csvOf(completed: readonly CompletedTrial[]): string {
  const tried = [...new Set(completed.flatMap(({ trial }) => Object.keys(trial.settings)))];
  const isOfValues = completed.some(({ record }) => record.result?.values !== undefined);
  const head = ["trial", ...tried, "seed", "forGates", ...RESULTS, ...(isOfValues ? VALUES : [])];
  const lines = completed.map(({ trial: { trial, settings, seed, asked }, record: { result } }) => [
    trial,
    ...tried.map((name) => settings[name]),
    seed,
    !asked,
    ...RESULTS.map((name) => result?.[name]),
    ...(isOfValues ? VALUES.map((name) => result?.values?.[name]) : []),
  ]);
  return [head, ...lines].map((cells) => `${cells.map(cellOf).join(",")}\n`).join("");
}

/** A cell as RFC 4180 has it; lists and objects as JSON. */
function cellOf(value: unknown): string {
  const text = typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Bits are the same on one processor with one version: what is mixed is said. */
function warningsOf(completed: readonly CompletedTrial[]): readonly string[] {
  const segments = completed.map(({ record }) => segmentsOf(record));
  const versions = completed.map(({ record }) => [record.gatewise]);
  const engines = segments.map((own) => own.map(({ machine }) => machine.onnxruntime));
  const processors = segments.map((own) =>
    own.map(({ machine: { processor, platform } }) => `${processor} (${platform})`),
  );
  return [
    ...mixedData(completed),
    ...mixed("versions of gatewise", versions),
    ...mixed("versions of ONNX Runtime", engines),
    ...mixed("processors", processors),
  ];
}

function mixed(what: string, ofRuns: readonly (readonly string[])[]): readonly string[] {
  const counts = countsOf(ofRuns);
  return counts.length < 2 ? [] : [`runs of different ${what}, whose last bits may differ (${counts.join("; ")})`];
}

/** A data set that was not there while the sweep was planned may be another on each machine. */
function mixedData(completed: readonly CompletedTrial[]): readonly string[] {
  return [...new Set(completed.map(({ record }) => record.data.name))].flatMap((name) => {
    const own = completed.filter(({ record }) => record.data.name === name);
    const counts = countsOf(own.map(({ record: { data } }) => (data.digest === undefined ? [] : [data.digest])));
    if (counts.length < 2) return [];
    return [`runs on different bytes of data set ${name}, whose figures cannot be compared (${counts.join("; ")})`];
  });
}

/** How many runs have each, in words. */
function countsOf(ofRuns: readonly (readonly string[])[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const own of ofRuns) for (const one of new Set(own)) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].map(([one, count]) => `${one}: ${count} ${count === 1 ? "run" : "runs"}`);
}
