import type { Command } from "commander";
import { dataName } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import {
  checkExperimentSettings,
  EXPERIMENTS,
  type Experiment,
  PROFILE_NAMES,
  type ProfileName,
  readTrainingOptions,
  type TrainingOptions,
} from "../../experiments/index.ts";
import { REGIME_NAMES } from "../../network/index.ts";
import { listOf, parseChoice, parseChoices, parseWhole } from "../../parse-value.ts";
import { findExperiment, workerCount } from "../../runs/node/index.ts";
import type { CliContext } from "../context.ts";
import { DATA_OPTIONS } from "../data-options.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { flagOf, parseDevice } from "../options.ts";
import { printResult } from "../output.ts";
import { type ReproduceRequest, reproduceExperiment } from "../reproduce-experiment.ts";
import { inStages } from "../stages.ts";
import { formatTable } from "../table.ts";

interface ReproduceOptions extends Readonly<Record<string, unknown>> {
  readonly list?: boolean;
  readonly profile: string;
  readonly regimes?: string;
  readonly seeds?: string;
  readonly epochs?: string;
  readonly dataDir?: string;
  readonly workers?: string;
  readonly device: string;
  readonly out?: string;
  readonly plan?: string;
  readonly resume?: boolean;
  readonly timeLimit?: string;
}

export const reproduce = inStages(
  async ({ context, command }, name: string | undefined, options: ReproduceOptions) => {
    const device = parseDevice(options.device);
    if (options.plan !== undefined) refuseBesidePlan(command);
    if (options.list !== true) return await readRequest(name, { ...options, device }, context);
    refuseBesideList(command, name);
    return "list" as const;
  },
  async (request, context) => {
    if (request === "list") return await listExperiments(context);
    if (!request.isPlanned) return await reproduceExperiment(request, context);
    return await (await import("../plan-experiment.ts")).planOfExperiment(request, context);
  },
);

/** Whether an option was typed, not filled in by its default. */
const isGiven = (command: Command, long: string): boolean =>
  command.getOptionValueSource(long.replace(/^--/, "").replaceAll(/-./g, ([, letter = ""]) => letter.toUpperCase())) ===
  "cli";

/** How a plan is run is said to `sweep run`. */
function refuseBesidePlan(command: Command): void {
  const given = ["--out", "--workers", "--resume", "--time-limit"].find((long) => isGiven(command, long));
  if (given === undefined) return;
  throw new GatewiseError({
    received: `${given} with --plan`,
    expected: "--plan with what is to be run: it names the folder, and sweep run says how",
    next: `leave ${given} out`,
  });
}

/** The list is always the whole one. */
function refuseBesideList(command: Command, name: string | undefined): void {
  const given = command.options.find(
    ({ long }) => long !== "--list" && long !== "--json" && isGiven(command, long ?? ""),
  );
  const [one] = [name, given?.long].filter((word) => word !== undefined);
  if (one === undefined || one === null) return;
  throw new GatewiseError({
    received: `${one} with --list`,
    expected: "--list alone: it lists all experiments with both profiles",
    next: `leave ${name === undefined ? one : "--list"} out`,
  });
}

async function listExperiments(context: CliContext): Promise<ExitCode> {
  const experiments: readonly Experiment[] = EXPERIMENTS;
  printResult(
    context,
    experiments.map(({ name, title, profiles }) => ({ name, title, profiles })),
    () =>
      formatTable(
        [{ title: "experiment" }, { title: "title" }, ...PROFILE_NAMES.map((title) => ({ title }))],
        experiments.map((one) => [one.name, one.title, ...PROFILE_NAMES.map((profile) => lengthWords(one, profile))]),
      ),
  );
  return EXIT.done;
}

function lengthWords(experiment: Experiment, profile: ProfileName): string {
  if (experiment.kind === "theorem") {
    const { widths, draws } = experiment.profiles[profile];
    return `widths ${widths[0]} to ${widths.at(-1)}, ${draws} draws`;
  }
  const { data, epochs, runs } = experiment.profiles[profile];
  return `${data}, ${epochs} epochs, ${runs} runs`;
}

const NAMES: readonly string[] = EXPERIMENTS.map(({ name }) => name);

/** From the options to what is run. */
async function readRequest(
  name: string | undefined,
  options: ReproduceOptions & { readonly device: ReturnType<typeof parseDevice> },
  context: CliContext,
): Promise<ReproduceRequest & { readonly isPlanned: boolean }> {
  if (name === undefined) {
    throw new GatewiseError({
      received: "no experiment",
      expected: listOf(NAMES),
      next: "name one, or see reproduce --list",
    });
  }
  const experiment = await experimentOf(name, options);
  const profile = parseChoice("profile", options.profile, PROFILE_NAMES);
  const asked = {
    ...(options.regimes === undefined ? {} : { regimes: parseChoices("regime", options.regimes, REGIME_NAMES) }),
    ...(options.seeds === undefined ? {} : { seeds: parseWhole("--seeds", options.seeds, 1) }),
    ...(options.epochs === undefined ? {} : { epochs: parseWhole("--epochs", options.epochs, 1) }),
  };
  const { dataDir, device } = options;
  const workers = options.workers === undefined ? undefined : parseWhole("--workers", options.workers, 1);
  const data = dataOf(options);
  checkExperimentSettings(experiment, { ...asked, data: data?.data, dataDir, workers, device }, flagOf);
  return {
    ...(data === undefined ? {} : { data }),
    experiment,
    profile,
    options: asked,
    isPlanned: options.plan !== undefined,
    directory: options.plan ?? options.out ?? `runs/${experiment.name}${nameOf(data)}-${profile}`,
    places: { dataDir: dataDir ?? null, cacheDir: context.cacheDir },
    device,
    command: context.command,
    workers: workerCount(workers, context.environment),
    resume: options.resume ?? false,
  };
}

/** Files of one's own, and how they are read; undefined where the experiment's data are taken. */
function dataOf({ data, ...options }: ReproduceOptions): TrainingOptions | undefined {
  const how = readTrainingOptions(
    Object.fromEntries([["data", data], ...DATA_OPTIONS.map((name) => [name, options[name]])]),
    flagOf,
  );
  if (data !== undefined && typeof how.data === "string") {
    throw new GatewiseError({
      received: `--data ${how.data}`,
      expected: "a file or folder of your own: an experiment names its data set",
      next: `give a path (./${how.data}), or leave --data out`,
    });
  }
  return data === undefined ? undefined : how;
}

const nameOf = (data: TrainingOptions | undefined): string =>
  typeof data?.data === "object" ? `-${dataName(data.data.path)}` : "";

/** One of the papers' experiments, or that of a user's own which the folder holds and is gone on with. */
async function experimentOf(name: string, { out, resume }: ReproduceOptions): Promise<Experiment> {
  const known = EXPERIMENTS.find((one) => one.name === name);
  if (known !== undefined) return known;
  const kept = out === undefined || resume !== true ? undefined : (await findExperiment(out))?.definition;
  if (kept?.name === name) return kept;
  const chosen = parseChoice("experiment", name, NAMES);
  throw new Error(`unreachable: ${chosen}`);
}
