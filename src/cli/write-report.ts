import { basename, dirname, join } from "node:path";
import { lockFile, makeFolder, writeWhole } from "../data/node/index.ts";
import { GatewiseError } from "../errors.ts";
import { figuresOf, type ReportInput, type ReportTrial, renderReport, renderSvg } from "../report/index.ts";
import { findResults, gatewiseVersion, readMetrics, readRun, readRunKernels } from "../runs/node/index.ts";

/** A run directory as a trial of a report. */
async function trialAt(directory: string): Promise<ReportTrial> {
  return {
    id: basename(directory),
    run: await readRun(directory),
    metrics: await readMetrics(directory),
    kernels: await readRunKernels(directory),
  };
}

/** All trials of an experiment's folder. */
async function experimentInput(directory: string, command: string): Promise<ReportInput | undefined> {
  const results = await findResults(directory);
  if (results === undefined) return undefined;
  const { findings } = results;
  if (findings.kind !== "regimes" && findings.kind !== "arms") throw withoutTrials(directory);
  const { experiment, profile, trials, states } = findings;
  const isThere = (id: string): boolean => states.some((state) => state.id === id && state.status !== "not-started");
  const [there, missing] = [trials.filter(({ id }) => isThere(id)), trials.filter(({ id }) => !isThere(id))];
  const { options } = results.record;
  const { epochs } = experiment.profiles.full;
  return {
    title: `${experiment.title} (${profile} profile)`,
    published: findings.kind === "arms" ? {} : findings.experiment.published,
    publishedSource: experiment.source,
    comparable: profile === "full" && (options.epochs ?? epochs) === epochs,
    trials: await Promise.all(there.map(({ id }) => trialAt(join(directory, id)))),
    missing: missing.map(({ id }) => id),
    command,
    createdAt: new Date().toISOString(),
    version: gatewiseVersion(),
  };
}

const withoutTrials = (directory: string): GatewiseError =>
  new GatewiseError({
    received: `${directory}, an experiment without runs, among others`,
    expected: "runs, or folders of experiments that have some",
    next: `make a report of it alone: gatewise report ${directory}`,
  });

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
