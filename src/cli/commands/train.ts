import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { DATASET_NAMES } from "../../data/index.ts";
import { GatewiseError } from "../../errors.ts";
import { checkRegime, REGIME_NAMES, type RegimeName, type RegimeVariant, regimeOf } from "../../network/index.ts";
import { checkResumable, type TrialJob, type TrialOutcome, type TrialRequest } from "../../runs/index.ts";
import { findRun, runTrials } from "../../runs/node/index.ts";
import { OPTIMIZER_KINDS, optimizer, type TrainingPlan } from "../../train/index.ts";
import { chosenArchitecture } from "../architecture-option.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import type { CliContext } from "../context.ts";
import { noteUnreadPlace } from "../data-place.ts";
import { DEVICE_OPTION, parseDevice } from "../device-option.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { endInterrupted } from "../interruption.ts";
import { parseChoice, parsePositive, parseWhole } from "../options.ts";
import { formatTable, printResult } from "../output.ts";
import { trialProgress } from "../progress.ts";
import { TIME_LIMIT_HELP } from "../time-limit.ts";

interface TrainOptions {
  readonly arch: string;
  readonly regime: string;
  readonly data: string;
  readonly dataDir?: string;
  readonly optimizer: string;
  readonly lr?: string;
  readonly batch: string;
  readonly epochs: string;
  readonly limit?: string;
  readonly testLimit?: string;
  readonly width?: string;
  readonly depth?: string;
  readonly valueInput?: string;
  readonly gateOrder?: string;
  readonly beta?: string;
  readonly seed: string;
  readonly device: string;
  readonly from?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly threads: string;
}

export function trainCommand(program: Command, makeContext: MakeContext, ending: Ending): void {
  const command = program
    .command("train")
    .summary("train one network in one regime")
    .description("Trains one network in one regime into a run directory.")
    .option("--arch <name>", "fc, vconv, gconv, c4gap, or the JSON file of an architecture", "fc")
    .option("--regime <name>", REGIME_NAMES.join(", "), "relu")
    .option("--data <name>", DATASET_NAMES.join(", "), "digits")
    .option("--data-dir <dir>", "where the data set is looked for first")
    .option("--optimizer <name>", OPTIMIZER_KINDS.join(", "), "adam")
    .option(
      "--lr <x>",
      "learning rate (default: that of the architecture's experiment, adam 1e-4 for fc, 3e-4 for convolutions)",
    )
    .option("--batch <n>", "examples a step", "32")
    .option("--epochs <n>", "passes over the training set", "10")
    .option("--limit <n>", "the first n training examples only")
    .option("--test-limit <n>", "the first n test examples only")
    .option(
      "--width <n>",
      "units of a hidden layer (default: fc 128), channels of the first (vconv, gconv 64, c4gap 128)",
    )
    .option("--depth <n>", "weight layers of fc (default: 6)")
    .option("--value-input <what>", "what the value network reads: example or ones")
    .option("--gate-order <a,b,…>", "the gates' layers, from 1, in the order in which the value network meets them")
    .option("--beta <x>", "steepness of soft gates (default: 4)")
    .option("--seed <n>", "decides weights and order", "0")
    .option(...DEVICE_OPTION)
    .option("--from <run>", "flnpf: the run whose gates are taken (default: one is trained first)")
    .option("--out <dir>", "run directory (default: runs/ARCH-DATA-REGIME-seedN)")
    .option("--resume", "go on with the run that the directory holds")
    .option("--time-limit <duration>", TIME_LIMIT_HELP)
    .option("--threads <n>", "threads of the engine; bit-equal results are promised for 1", "1")
    .addHelpText("after", "\nExample:\n  $ gatewise train --regime dlnpf --data digits --epochs 20");
  command.action((options: TrainOptions) =>
    runStages(command, makeContext, ending, (context) => readRequest(options, context), trainRun),
  );
}

interface TrainRequest {
  readonly request: TrialRequest;
  /** The ReLU network that must be trained first, for `flnpf` without `--from`. */
  readonly first: TrialRequest | undefined;
}

async function readRequest(options: TrainOptions, context: CliContext): Promise<TrainRequest> {
  const regime = parseChoice("regime", options.regime, REGIME_NAMES);
  const name = parseChoice("data set", options.data, DATASET_NAMES);
  const kind = parseChoice("optimizer", options.optimizer, OPTIMIZER_KINDS);
  const seed = parseWhole("--seed", options.seed, 0);
  const { label, architecture, rates } = await chosenArchitecture({ ...options, data: name });
  const variant = variantOf(options);
  const plan: TrainingPlan = {
    architecture,
    regime,
    ...(variant === undefined ? {} : { variant }),
    initializer: { kind: "glorot-uniform" },
    optimizer: optimizer(kind, options.lr === undefined ? rates[kind] : parsePositive("--lr", options.lr)),
    loss: "softmax-cross-entropy",
    batch: parseWhole("--batch", options.batch, 1),
    epochs: parseWhole("--epochs", options.epochs, 1),
    seed,
  };
  checkRegime(architecture, regimeOf(plan));
  if (options.from !== undefined && regime !== "flnpf") {
    throw new GatewiseError({
      received: `--from with regime "${regime}"`,
      expected: "--from only with flnpf, which takes another network's gates",
      next: "leave --from out",
    });
  }
  const device = parseDevice(options.device);
  const threads = parseWhole("--threads", options.threads, 1);
  if (device !== "cpu" && threads > 1) {
    throw new GatewiseError({
      received: `--threads ${threads} with --device ${device}`,
      expected: "threads of the processor, which trains with --device cpu only",
      next: "leave one of them out",
    });
  }
  const directory = options.out ?? `runs/${label}-${name}-${regime}-seed${seed}`;
  const source = join(directory, "relu");
  const request: TrialRequest = {
    directory,
    plan,
    data: {
      name,
      dataDir: options.dataDir ?? null,
      cacheDir: context.cacheDir,
      limit: options.limit === undefined ? null : parseWhole("--limit", options.limit, 1),
      testLimit: options.testLimit === undefined ? null : parseWhole("--test-limit", options.testLimit, 1),
    },
    learntFrom: regime === "flnpf" ? learntFrom(directory, options.from ?? source) : null,
    device,
    threads,
    keepBestUntil: [],
    command: context.command,
    resume: options.resume ?? false,
  };
  const trainsFirst = regime === "flnpf" && options.from === undefined;
  const first: TrialRequest = {
    ...request,
    directory: source,
    plan: { ...plan, regime: "relu" satisfies RegimeName },
    learntFrom: null,
  };
  return { request, first: trainsFirst ? first : undefined };
}

/** What the options change of the regime, or undefined: runs without any stay as they were written. */
function variantOf({ valueInput, gateOrder, beta }: TrainOptions): RegimeVariant | undefined {
  if (valueInput === undefined && gateOrder === undefined && beta === undefined) return undefined;
  return {
    ...(beta === undefined ? {} : { beta: parsePositive("--beta", beta) }),
    ...(valueInput === undefined
      ? {}
      : { valueInput: parseChoice<"example" | "ones">("value input", valueInput, ["example", "ones"]) }),
    ...(gateOrder === undefined
      ? {}
      : { gateOrder: gateOrder.split(",").map((gate) => parseWhole("--gate-order", gate, 1)) }),
  };
}

const learntFrom = (directory: string, from: string) => ({
  label: relative(resolve(directory), resolve(from)),
  directory: from,
  until: null,
});

async function trainRun({ request, first }: TrainRequest, context: CliContext): Promise<ExitCode> {
  await checkSource(request, first);
  noteUnreadPlace(context, request.data.name, request.data.dataDir);
  if (first !== undefined) checkResumable(request, await findRun(request.directory));
  const own: TrialJob = { id: request.plan.regime, request, after: first === undefined ? undefined : "relu" };
  const jobs: readonly TrialJob[] =
    first === undefined ? [own] : [{ id: "relu", request: first, after: undefined }, own];
  const view = trialProgress(
    context,
    jobs.map(({ id, request: { plan }, after }) => ({ id, plan, after })),
    { workers: 1 },
  );
  let outcomes: ReadonlyMap<string, TrialOutcome>;
  try {
    outcomes = await runTrials(jobs, { workers: 1, signal: context.signal, onEvent: view.onEvent });
  } finally {
    view.close();
  }
  return finish(request, [...outcomes.values()], context);
}

/** Refuses a source that is no trained ReLU network before anything is written. */
async function checkSource({ learntFrom: source, plan }: TrialRequest, first: TrialRequest | undefined): Promise<void> {
  if (source === null || first !== undefined) return;
  const run = await findRun(source.directory);
  if (run?.plan.regime === "relu") return;
  throw new GatewiseError({
    received: `--from ${source.directory}, ${run === undefined ? "which is no run directory" : `a run of regime ${run.plan.regime}`}`,
    expected: `a run of regime relu whose gates ${plan.regime} takes`,
    next: "name such a run, or leave --from out to train one first",
  });
}

function finish(
  { directory, plan, resume }: TrialRequest,
  outcomes: readonly TrialOutcome[],
  context: CliContext,
): ExitCode {
  const failed = outcomes.find((outcome) => outcome.status === "failed");
  if (failed !== undefined) throw GatewiseError.of(failed.message, failed.hint);
  const last = outcomes.at(-1);
  if (last?.status !== "completed") {
    return endInterrupted(context, resume ? context.command : `${context.command} --resume`);
  }
  const { bestTestAccuracy, bestEpoch, lastTestAccuracy, secondsPerEpoch } = last.result;
  const result = {
    run: directory,
    regime: plan.regime,
    epochs: plan.epochs,
    bestTestAccuracy,
    bestEpoch,
    lastTestAccuracy,
    secondsPerEpoch,
  };
  printResult(context, result, () =>
    formatTable(
      [
        { title: "regime" },
        { title: "epochs", align: "right" },
        { title: "best test accuracy %", align: "right" },
        { title: "last", align: "right" },
        { title: "s/epoch", align: "right" },
        { title: "run" },
      ],
      [
        [
          plan.regime,
          String(plan.epochs),
          `${bestTestAccuracy.toFixed(2)} (epoch ${bestEpoch})`,
          lastTestAccuracy.toFixed(2),
          secondsPerEpoch.toFixed(2),
          directory,
        ],
      ],
    ),
  );
  return EXIT.done;
}
