import type { Command } from "commander";
import { GatewiseError } from "../../errors.ts";
import {
  COMPARISONS,
  EXPERIMENTS,
  obliqueTrees,
  PROFILE_NAMES,
  theorem,
  WATCHED_EXPERIMENTS,
} from "../../experiments/index.ts";
import { REGIME_NAMES } from "../../network/index.ts";
import { workerCount } from "../../runs/node/index.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import type { CliContext } from "../context.ts";
import { DEVICE_OPTION, parseDevice } from "../device-option.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { experimentNamed } from "../experiment-named.ts";
import { reproduceObliqueTrees } from "../oblique-trees-experiment.ts";
import { isGiven, listOf, parseChoice, parseChoices, parseWhole } from "../options.ts";
import { formatTable, printResult } from "../output.ts";
import { reproduceTheorem } from "../theorem-experiment.ts";
import { TIME_LIMIT_HELP } from "../time-limit.ts";
import { reproduceTrials, type TrialsRequest } from "../trials-experiment.ts";
import { reproduceWatched } from "../watched-experiment.ts";

interface ReproduceOptions {
  readonly list?: boolean;
  readonly profile: string;
  readonly regimes?: string;
  readonly seeds?: string;
  readonly epochs?: string;
  readonly dataDir?: string;
  readonly workers?: string;
  readonly device: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly timeLimit?: string;
}

export function reproduceCommand(program: Command, makeContext: MakeContext, ending: Ending): void {
  const command = program
    .command("reproduce")
    .summary("run an experiment of the paper, all regimes and seeds")
    .description("Runs an experiment of the paper, several trials at a time, and writes a table and a report.")
    .argument("[experiment]", NAMES.join(", "))
    .option("--list", "list the experiments")
    .option("--profile <name>", "quick: a part of the data, few epochs; full: the paper's protocol", "quick")
    .option("--regimes <a,b>", `some of ${REGIME_NAMES.join(",")}`)
    .option("--seeds <n>", "runs of each regime, with seeds 0, 1, …")
    .option("--epochs <n>", "epochs of each run")
    .option("--data-dir <dir>", "where the data set is looked for first")
    .option("--workers <n>", "trials side by side (default: all cores)")
    .option(...DEVICE_OPTION)
    .option("--out <dir>", "folder for the runs and the report (default: runs/EXPERIMENT-PROFILE)")
    .option("--resume", "go on with what the folder holds")
    .option("--time-limit <duration>", TIME_LIMIT_HELP)
    .addHelpText("after", "\nExample:\n  $ gatewise reproduce fc-mnist-adam --profile full --data-dir data");
  command.action((name: string | undefined, options: ReproduceOptions) =>
    runStages(
      command,
      makeContext,
      ending,
      (context) => {
        const device = parseDevice(options.device);
        if (options.list !== true) return readRequest(name, { ...options, device }, context);
        refuseBesideList(command, name);
        return listExperiments;
      },
      (run, context) => run(context),
    ),
  );
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
  const rows = [...EXPERIMENTS, ...COMPARISONS, ...WATCHED_EXPERIMENTS, obliqueTrees].map(
    ({ name, title, profiles }) => {
      const lengths = PROFILE_NAMES.map(
        (profile) => `${profiles[profile].data}, ${profiles[profile].epochs} epochs, ${profiles[profile].runs} runs`,
      );
      return [name, title, ...lengths];
    },
  );
  const draws = PROFILE_NAMES.map((profile) => {
    const { widths, draws } = theorem.profiles[profile];
    return `widths ${widths[0]} to ${widths.at(-1)}, ${draws} draws`;
  });
  rows.push([theorem.name, theorem.title, ...draws]);
  printResult(
    context,
    [...EXPERIMENTS, ...COMPARISONS, ...WATCHED_EXPERIMENTS, obliqueTrees, theorem].map(
      ({ name, title, profiles }) => ({
        name,
        title,
        profiles,
      }),
    ),
    () =>
      formatTable([{ title: "experiment" }, { title: "title" }, ...PROFILE_NAMES.map((title) => ({ title }))], rows),
  );
  return EXIT.done;
}

/** Experiments that train regimes or variants of them, that watch kernels or gates of networks, and the theorem, which draws. */
const NAMES: readonly string[] = [...EXPERIMENTS, ...COMPARISONS, ...WATCHED_EXPERIMENTS, obliqueTrees, theorem].map(
  ({ name }) => name,
);

/** From the options to what runs the experiment. */
function readRequest(
  name: string | undefined,
  options: ReproduceOptions & { readonly device: ReturnType<typeof parseDevice> },
  context: CliContext,
): Run {
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
    refuse(
      chosen,
      options,
      ["regimes", "epochs", "dataDir", "workers", "resume", "timeLimit"],
      "it draws networks and trains none",
    );
    if (options.device !== "cpu") {
      throw new GatewiseError({
        received: `--device ${options.device} with ${chosen}`,
        expected: "cpu: its kernels are made in float64, which other devices lack",
        next: "leave --device out",
      });
    }
    return (world) => reproduceTheorem({ profile, seeds, directory }, world);
  }
  if (chosen === obliqueTrees.name) {
    refuse(chosen, options, ["regimes", "dataDir", "workers"], "it draws its data and trains its two networks");
    const request = { profile, seeds, epochs, directory, device: options.device, resume: options.resume ?? false };
    return (world) => reproduceObliqueTrees(request, world);
  }
  const watched = WATCHED_EXPERIMENTS.find((one) => one.name === chosen);
  if (watched !== undefined) {
    refuse(chosen, options, ["regimes", "workers"], "it trains one network after the other");
    const { environment, cacheDir } = context;
    const places = { ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }), environment, cacheDir };
    const request = { experiment: watched, profile, seeds, epochs, directory, places, device: options.device };
    return (world) => reproduceWatched({ ...request, resume: options.resume ?? false }, world);
  }
  const comparison = COMPARISONS.find((one) => one.name === chosen);
  if (comparison !== undefined) refuse(chosen, options, ["regimes"], "it compares what it names itself");
  const regimes = options.regimes === undefined ? undefined : parseChoices("regime", options.regimes, REGIME_NAMES);
  const request: TrialsRequest = {
    experiment: comparison ?? experimentNamed(chosen),
    profile,
    options: {
      ...(regimes === undefined ? {} : { regimes }),
      ...(seeds === undefined ? {} : { seeds }),
      ...(epochs === undefined ? {} : { epochs }),
    },
    directory,
    places: { dataDir: options.dataDir ?? null, cacheDir: context.cacheDir },
    device: options.device,
    command: context.command,
    workers: workerCount(
      options.workers === undefined ? undefined : parseWhole("--workers", options.workers, 1),
      context.environment,
    ),
    resume: options.resume ?? false,
  };
  return (world) => reproduceTrials(request, world);
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
    received: `--${given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} with ${experiment}`,
    expected: `no such option: ${because}`,
    next: "leave it out",
  });
}
