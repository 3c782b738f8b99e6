import { basename, dirname, join } from "node:path";
import { lockFile, makeFolder, writeWhole } from "../data/node/index.ts";
import { COMPARISONS, isComparison } from "../experiments/index.ts";
import { figuresOf, type ReportInput, type ReportTrial, renderReport, renderSvg } from "../report/index.ts";
import {
  findExperiment,
  findRun,
  gatewiseVersion,
  readKernels,
  readMetrics,
  readRun,
  trialsFor,
} from "../runs/node/index.ts";
import { experimentNamed } from "./experiment-named.ts";

/** A run directory as a trial of a report. */
async function trialAt(directory: string): Promise<ReportTrial> {
  return {
    id: basename(directory),
    run: await readRun(directory),
    metrics: await readMetrics(directory),
    kernels: await readKernels(directory),
  };
}

/** All of an experiment's folder. */
async function experimentInput(directory: string, command: string): Promise<ReportInput | undefined> {
  const record = await findExperiment(directory);
  if (record === undefined) return undefined;
  const comparison = COMPARISONS.find(({ name }) => name === record.experiment);
  const experiment = comparison ?? experimentNamed(record.experiment);
  const { regimes, seeds, epochs: asked } = record;
  const usual = experiment.profiles[record.profile].epochs;
  const options = { regimes, seeds, ...(asked === usual ? {} : { epochs: asked }) };
  const ids = trialsFor({ experiment, profile: record.profile, options }).map(({ id }) => id);
  const found = await Promise.all(ids.map(async (id) => [id, await findRun(join(directory, id))] as const));
  const there = found.flatMap(([id, run]) => (run === undefined ? [] : [id]));
  const { data, epochs } = experiment.profiles.full;
  return {
    title: `${experiment.title} (${record.profile} profile)`,
    published: isComparison(experiment) ? {} : experiment.published,
    publishedSource: experiment.source,
    comparable: record.profile === "full" && record.data === data && record.epochs === epochs,
    trials: await Promise.all(there.map((id) => trialAt(join(directory, id)))),
    missing: ids.filter((id) => !there.includes(id)),
    command,
    createdAt: new Date().toISOString(),
    version: gatewiseVersion(),
  };
}

/** Reports over an experiment's folder, or over single runs. */
export async function reportInput(directories: readonly string[], command: string): Promise<ReportInput> {
  const [first] = directories;
  const experiment =
    directories.length === 1 && first !== undefined ? await experimentInput(first, command) : undefined;
  if (experiment !== undefined) return experiment;
  const inputs = await Promise.all(directories.map((directory) => experimentInput(directory, command)));
  const trials = await Promise.all(
    directories.map(async (directory, i) => {
      const input = inputs[i];
      if (input === undefined) return [await trialAt(directory)];
      return input.trials.map((trial) => ({ ...trial, id: `${basename(directory)}/${trial.id}` }));
    }),
  );
  return {
    title: directories.map((directory) => basename(directory)).join(", "),
    published: {},
    publishedSource: null,
    comparable: false,
    trials: trials.flat(),
    missing: [],
    command,
    createdAt: new Date().toISOString(),
    version: gatewiseVersion(),
  };
}

/**
 * Writes `report.html`, and its figures beside it as Vega-Lite specs and SVG.
 * @returns the path of the report
 */
export async function writeReport(input: ReportInput, file: string): Promise<string> {
  const figures = join(dirname(file), "figures");
  await makeFolder(figures);
  await using _lock = await lockFile(file);
  for (const figure of figuresOf(input)) {
    await writeWhole(join(figures, `${figure.name}.vl.json`), `${JSON.stringify(figure.spec, undefined, 2)}\n`);
    await writeWhole(join(figures, `${figure.name}.svg`), await renderSvg(figure));
  }
  await writeWhole(file, await renderReport(input));
  return file;
}
