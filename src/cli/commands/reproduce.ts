import { join } from "node:path";
import type { Command } from "commander";
import { GatewiseError } from "../../errors.ts";
import {
  EXPERIMENTS,
  type Experiment,
  PROFILE_NAMES,
  type ProfileName,
  type SummaryRow,
  theorem,
  WATCHED_EXPERIMENTS,
} from "../../experiments/index.ts";
import { REGIME_NAMES, REGIMES, type RegimeName } from "../../network/index.ts";
import {
  type ExperimentOutcome,
  type ExperimentRequest,
  runExperiment,
  trialsFor,
  workerCount,
} from "../../runs/index.ts";
import { errorColors, outputColors } from "../colors.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import { type CliContext, commandLine } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { experimentNamed } from "../experiment-named.ts";
import { freeFolder } from "../free-folder.ts";
import { interruptedCode } from "../interruption.ts";
import { listOf, parseChoice, parseChoices, parseWhole } from "../options.ts";
import { formatTable, note, printResult } from "../output.ts";
import { trialProgress } from "../progress.ts";
import { reproduceTheorem } from "../theorem-experiment.ts";
import { reproduceWatched } from "../watched-experiment.ts";

interface ReproduceOptions {
  readonly list?: boolean;
  readonly profile: string;
  readonly regimes?: string;
  readonly seeds?: string;
  readonly epochs?: string;
  readonly dataDir?: string;
  readonly workers?: string;
  readonly out?: string;
  readonly resume?: boolean;
}

export function reproduceCommand(program: Command, makeContext: MakeContext, ending: Ending): void {
  const command = program
    .command("reproduce")
    .summary("run an experiment of the paper, all regimes and seeds")
    .description("Runs an experiment of the paper, several trials at a time, and writes a table and a report.")
    .argument("[experiment]", NAMES.join(", "))
    .option("--list", "list the experiments")
    .option("--profile <name>", "quick: embedded digits, few epochs; full: the paper's protocol", "quick")
    .option("--regimes <a,b>", `some of ${REGIME_NAMES.join(",")}`)
    .option("--seeds <n>", "runs of each regime, with seeds 0, 1, …")
    .option("--epochs <n>", "epochs of each run")
    .option("--data-dir <dir>", "where the data set is looked for first")
    .option("--workers <n>", "trials side by side (default: all cores)")
    .option("--out <dir>", "folder for the runs and the report (default: runs/EXPERIMENT-PROFILE)")
    .option("--resume", "go on with what the folder holds")
    .addHelpText("after", "\nExample:\n  $ gatewise reproduce fc-mnist-adam --profile full --data-dir data");
  command.action((name: string | undefined, options: ReproduceOptions) =>
    runStages(
      command,
      makeContext,
      ending,
      (context) => (options.list ? listExperiments : readRequest(name, options, context)),
      (run, context) => run(context),
    ),
  );
}

async function listExperiments(context: CliContext): Promise<ExitCode> {
  const rows = [...EXPERIMENTS, ...WATCHED_EXPERIMENTS].map(({ name, title, profiles }) => {
    const lengths = PROFILE_NAMES.map(
      (profile) => `${profiles[profile].data}, ${profiles[profile].epochs} epochs, ${profiles[profile].runs} runs`,
    );
    return [name, title, ...lengths];
  });
  const draws = PROFILE_NAMES.map((profile) => {
    const { widths, draws } = theorem.profiles[profile];
    return `widths ${widths[0]} to ${widths.at(-1)}, ${draws} draws`;
  });
  rows.push([theorem.name, theorem.title, ...draws]);
  printResult(
    context,
    [...EXPERIMENTS, ...WATCHED_EXPERIMENTS, theorem].map(({ name, title, profiles }) => ({ name, title, profiles })),
    () =>
      formatTable([{ title: "experiment" }, { title: "title" }, ...PROFILE_NAMES.map((title) => ({ title }))], rows),
  );
  return EXIT.done;
}

/** What `reproduce` and `demo` run. */
export interface ReproduceRequest extends ExperimentRequest {
  readonly workers: number;
}

/** Experiments that train all regimes, that watch kernels of one network, and the theorem, which draws. */
const NAMES: readonly string[] = [...EXPERIMENTS, ...WATCHED_EXPERIMENTS, theorem].map(({ name }) => name);

/** From the options to what runs the experiment. */
function readRequest(name: string | undefined, options: ReproduceOptions, context: CliContext): Run {
  if (name === undefined) {
    throw new GatewiseError({
      received: "no experiment",
      expected: listOf(NAMES),
      next: "name one, or see reproduce --list",
    });
  }
  const chosen = parseChoice("experiment", name, NAMES);
  const profile = parseChoice("profile", options.profile, PROFILE_NAMES);
  const directory = options.out ?? `runs/${chosen}-${profile}`;
  const seeds = options.seeds === undefined ? undefined : parseWhole("--seeds", options.seeds, 1);
  const epochs = options.epochs === undefined ? undefined : parseWhole("--epochs", options.epochs, 1);
  if (chosen === theorem.name) {
    refuse(chosen, options, ["regimes", "epochs", "dataDir", "workers", "resume"], "it draws networks and trains none");
    return (world) => reproduceTheorem({ profile, seeds, directory }, world);
  }
  const watched = WATCHED_EXPERIMENTS.find((one) => one.name === chosen);
  if (watched !== undefined) {
    refuse(chosen, options, ["regimes", "workers"], "it trains one network after the other");
    const { environment, cacheDir } = context;
    const places = { ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }), environment, cacheDir };
    const request = { experiment: watched, profile, seeds, epochs, directory, places };
    return (world) => reproduceWatched({ ...request, resume: options.resume ?? false }, world);
  }
  const experiment = experimentNamed(chosen);
  const usual = experiment.profiles[profile];
  const request: ReproduceRequest = {
    ...requestFor(experiment, profile, context),
    regimes: options.regimes === undefined ? experiment.regimes : parseChoices("regime", options.regimes, REGIME_NAMES),
    seeds: seeds ?? usual.runs,
    epochs: epochs ?? usual.epochs,
    directory,
    places: { dataDir: options.dataDir ?? null, cacheDir: context.cacheDir },
    workers: workerCount(
      options.workers === undefined ? undefined : parseWhole("--workers", options.workers, 1),
      context.environment,
    ),
    resume: options.resume ?? false,
  };
  return (world) => reproduce(request, world);
}

type Run = (context: CliContext) => Promise<ExitCode>;

/** An option that an experiment does not have is a mistake, not something to pass over. */
function refuse(
  experiment: string,
  options: ReproduceOptions,
  without: readonly (keyof ReproduceOptions)[],
  because: string,
): void {
  const given = without.find((option) => options[option] !== undefined);
  if (given === undefined) return;
  throw new GatewiseError({
    received: `--${given === "dataDir" ? "data-dir" : given} with ${experiment}`,
    expected: `no such option: ${because}`,
    next: "leave it out",
  });
}

/** A whole experiment as its profile has it. */
function requestFor(experiment: Experiment, profile: ProfileName, context: CliContext): ReproduceRequest {
  const { epochs, runs } = experiment.profiles[profile];
  return {
    experiment,
    profile,
    regimes: experiment.regimes,
    seeds: runs,
    epochs,
    directory: "",
    places: { dataDir: null, cacheDir: context.cacheDir },
    device: "cpu",
    command: context.command,
    resume: false,
    workers: workerCount(undefined, context.environment),
  };
}

export function demoCommand(program: Command, makeContext: MakeContext, ending: Ending): void {
  const command = program
    .command("demo")
    .summary("the five regimes on the embedded digits: about 2 minutes")
    .description("Trains the five regimes on the 10,000 embedded digits, two seeds each, and writes a report.")
    .option(
      "--out <dir>",
      "folder for the runs and the report, gone on with if it holds a demo (default: a new runs/demo)",
    )
    .addHelpText("after", "\nExample:\n  $ gatewise demo");
  command.action((options: { readonly out?: string }) =>
    runStages(
      command,
      makeContext,
      ending,
      (context): ReproduceRequest => ({
        ...requestFor(experimentNamed("fc-mnist-adam"), "quick", context),
        directory: options.out ?? freeFolder("runs/demo"),
        resume: options.out !== undefined,
      }),
      reproduce,
    ),
  );
}

async function reproduce(request: ReproduceRequest, context: CliContext): Promise<ExitCode> {
  const trials = trialsFor(request);
  note(
    context,
    `${request.experiment.title}: ${trials.length} trials of ${request.epochs} epochs, ${request.workers} at a time, into ${request.directory}`,
  );
  const view = trialProgress(
    context,
    trials.map(({ id, plan }) => ({ id, epochs: plan.epochs })),
  );
  let outcome: ExperimentOutcome;
  try {
    outcome = await runExperiment(request, { workers: request.workers, signal: context.signal, onEvent: view.onEvent });
  } finally {
    view.close();
  }
  // loaded now, not at the start: the figures bring Vega, which takes longer than most commands
  const { reportInput, writeReport } = await import("../write-report.ts");
  const report = await writeReport(
    await reportInput([request.directory], request.command),
    join(request.directory, "report.html"),
  );
  return finish(request, outcome, report, context);
}

function finish(
  request: ReproduceRequest,
  { trials, outcomes, rows }: ExperimentOutcome,
  report: string,
  context: CliContext,
): ExitCode {
  const ended = trials.map(({ id }) => ({ id, outcome: outcomes.get(id) }));
  const failed = ended.flatMap(({ id, outcome }) =>
    outcome?.status === "failed" ? [{ id, message: outcome.message, hint: outcome.hint }] : [],
  );
  const open = ended.flatMap(({ id, outcome }) => (outcome?.status === "completed" ? [] : [id]));
  const { experiment, profile } = request;
  const result = { experiment: experiment.name, profile, rows, report, failed, missing: open };
  printResult(context, result, () => [regimeTable(rows, profile), "", `report  ${report}`].join("\n"));
  for (const { id, message, hint } of failed)
    note(context, `${errorColors.red("failed")} ${id}: ${message}\n${errorColors.dim("  →")} ${hint}`);
  if (open.length === 0) return EXIT.done;
  note(context, `${open.length} of ${trials.length} trials are not done; to go on:\n  ${resumeCommand(request)}`);
  return context.signal.aborted ? interruptedCode(context.signal) : EXIT.failed;
}

const resumeCommand = ({ experiment, profile, regimes, seeds, epochs, directory, places }: ReproduceRequest): string =>
  commandLine([
    ...["reproduce", experiment.name, "--profile", profile, "--out", directory],
    ...(places.dataDir === null ? [] : ["--data-dir", places.dataDir]),
    ...(regimes.length === experiment.regimes.length ? [] : ["--regimes", regimes.join(",")]),
    ...(seeds === experiment.profiles[profile].runs ? [] : ["--seeds", String(seeds)]),
    ...(epochs === experiment.profiles[profile].epochs ? [] : ["--epochs", String(epochs)]),
    "--resume",
  ]);

/** Results beside the published figures. */
function regimeTable(rows: readonly SummaryRow[], profile: ProfileName): string {
  const plusMinus = ([mean, std]: readonly [number, number]): string => `${mean.toFixed(2)} ± ${std.toFixed(2)}`;
  const title = (regime: RegimeName): string => REGIMES[regime].title;
  const table = formatTable(
    [
      { title: "regime" },
      { title: "test accuracy %", align: "right" },
      { title: "runs", align: "right" },
      { title: "published", align: "right" },
      { title: "difference", align: "right" },
    ],
    rows.map(({ regime, mean, std, runs, published }) => [
      title(regime),
      plusMinus([mean, std]),
      String(runs.length),
      published === null ? "–" : plusMinus(published),
      published === null ? "–" : (mean - published[0] >= 0 ? "+" : "") + (mean - published[0]).toFixed(2),
    ]),
  );
  return profile === "full"
    ? table
    : `${table}\n${outputColors.dim("published figures are of the full protocol: 60,000 images, more epochs")}`;
}
