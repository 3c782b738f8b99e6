import type { Command } from "commander";
import { DATASET_NAMES } from "../../data/index.ts";
import { GatewiseError } from "../../errors.ts";
import { readTrainingOptions, trainingOf, USUAL_TRAINING } from "../../experiments/index.ts";
import { REGIME_NAMES } from "../../network/index.ts";
import type { TrialOutcome } from "../../runs/index.ts";
import {
  runTraining,
  type TrainingRequest,
  trainingFolder,
  trainingJobs,
  withArchitectureText,
} from "../../runs/node/index.ts";
import { OPTIMIZER_KINDS, SCHEDULE_KINDS } from "../../train/index.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import type { CliContext } from "../context.ts";
import { noteUnreadPlace } from "../data-place.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { endInterrupted } from "../interruption.ts";
import { DEVICE_OPTION, flagOf } from "../options.ts";
import { formatTable, printResult } from "../output.ts";
import { trialProgress } from "../progress.ts";
import { TIME_LIMIT_HELP } from "../time-limit.ts";

/** Where the run goes; all other options say what is trained. */
interface TrainOptions extends Readonly<Record<string, unknown>> {
  readonly dataDir?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly timeLimit?: string;
  readonly json?: boolean;
}

export function trainCommand(program: Command, makeContext: MakeContext, ending: Ending): void {
  const command = program
    .command("train")
    .summary("train one network in one regime")
    .description("Trains one network in one regime into a run directory.")
    .option("--arch <name>", "fc, vconv, gconv, c4gap, or the JSON file of an architecture", USUAL_TRAINING.arch)
    .option("--regime <name>", REGIME_NAMES.join(", "), USUAL_TRAINING.regime)
    .option("--data <name>", DATASET_NAMES.join(", "), USUAL_TRAINING.data)
    .option("--data-dir <dir>", "where the data set is looked for first")
    .option("--optimizer <name>", OPTIMIZER_KINDS.join(", "), USUAL_TRAINING.optimizer)
    .option(
      "--lr <x>",
      "learning rate (default: that of the architecture's experiment, adam 1e-4 for fc, 3e-4 for convolutions)",
    )
    .option("--momentum <x>", "of sgd, for instance 0.9")
    .option("--nesterov", "Nesterov's momentum")
    .option("--weight-decay <x>", "L2 by the gradient; adamw: decoupled from it (default: adamw 0.01, others none)")
    .option("--schedule <name>", `how the learning rate moves: ${SCHEDULE_KINDS.join(", ")} (default: constant)`)
    .option("--warmup <epochs>", "epochs in which the learning rate rises from zero")
    .option(
      "--milestones <a,b,…>",
      "schedule step: epochs after which the rate is lowered (default: half and three quarters of all)",
    )
    .option("--gamma <x>", "schedule step: what the rate is multiplied by (default: 0.1)")
    .option("--clip-norm <x>", "largest norm of all gradients together")
    .option("--batch <n>", "examples a step", String(USUAL_TRAINING.batch))
    .option("--epochs <n>", "passes over the training set", String(USUAL_TRAINING.epochs))
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
    .option("--seed <n>", "decides weights and order", String(USUAL_TRAINING.seed))
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

async function readRequest(
  { dataDir, out, resume = false, timeLimit: _, json: __, ...written }: TrainOptions,
  { cacheDir, command }: CliContext,
): Promise<TrainingRequest> {
  const options = readTrainingOptions(written, flagOf);
  const training = trainingOf(await withArchitectureText(options), flagOf);
  const directory = out ?? trainingFolder(training);
  return { training, directory, places: { dataDir: dataDir ?? null, cacheDir }, command, resume };
}

async function trainRun(request: TrainingRequest, context: CliContext): Promise<ExitCode> {
  noteUnreadPlace(context, request.training.data.name, request.places.dataDir);
  const jobs = trainingJobs(request).map(({ id, request: { plan }, after }) => ({ id, plan, after }));
  const view = trialProgress(context, jobs, { workers: 1 });
  let outcome: TrialOutcome;
  try {
    outcome = await runTraining(request, { signal: context.signal, onEvent: view.onEvent }, context.executor?.(1));
  } finally {
    view.close();
  }
  return finish(request, outcome, context);
}

function finish(
  { directory, training: { plan }, resume }: TrainingRequest,
  outcome: TrialOutcome,
  context: CliContext,
): ExitCode {
  if (outcome.status === "failed") throw GatewiseError.of(outcome.message, outcome.hint, outcome.code);
  if (outcome.status === "interrupted") {
    return endInterrupted(context, resume ? context.command : `${context.command} --resume`);
  }
  const { bestTestAccuracy, bestEpoch, lastTestAccuracy, secondsPerEpoch } = outcome.result;
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
