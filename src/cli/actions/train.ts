import { GatewiseError } from "../../errors.ts";
import {
  isArchitectureText,
  namedNetworks,
  readTrainingOptions,
  type Training,
  type TrainingOptions,
  trainingOf,
} from "../../experiments/index.ts";
import type { TrialOutcome } from "../../runs/index.ts";
import { runTraining, type TrainingRequest, trainingFolder, trainingJobs, withFiles } from "../../runs/node/index.ts";
import type { CliContext } from "../context.ts";
import { noteUnreadPlace } from "../data-place.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { endInterrupted } from "../interruption.ts";
import { flagOf } from "../options.ts";
import { printResult } from "../output.ts";
import { trialProgress } from "../progress.ts";
import { inStages } from "../stages.ts";
import { formatTable } from "../table.ts";

/** Where the run goes; all other options say what is trained. */
interface TrainOptions extends Readonly<Record<string, unknown>> {
  readonly dataDir?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly timeLimit?: string;
  readonly json?: boolean;
}

export const train = inStages(({ context }, options: TrainOptions) => readRequest(options, context), trainRun);

async function readRequest(
  { dataDir, out, resume = false, timeLimit: _, json: __, ...written }: TrainOptions,
  { cacheDir, command }: CliContext,
): Promise<TrainRequest> {
  const options = readTrainingOptions(written, flagOf);
  const place = { out, places: { dataDir: dataDir ?? null, cacheDir }, command, resume };
  // a network that is not there, or does not fit, is no wrong usage
  const namesNetwork = namedNetworks(options).length > 0 || isNetworkFile(options.arch);
  return { ...place, options, training: namesNetwork ? undefined : trainingOf(await withFiles(options), flagOf) };
}

/** A training as it is asked for: what networks it begins from is read when it runs. */
interface TrainRequest extends Omit<TrainingRequest, "training" | "directory"> {
  readonly out: string | undefined;
  readonly options: TrainingOptions;
  readonly training: Training | undefined;
}

const isNetworkFile = (arch: TrainingOptions["arch"]): boolean => typeof arch === "object" && !isArchitectureText(arch);

async function trainRun({ out, options, ...asked }: TrainRequest, context: CliContext): Promise<ExitCode> {
  const training = asked.training ?? trainingOf(await withFiles(options), flagOf);
  const request: TrainingRequest = { ...asked, training, directory: out ?? trainingFolder(training) };
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
  const { bestTestAccuracy, bestEpoch, lastTestAccuracy, secondsPerEpoch, epochs = plan.epochs } = outcome.result;
  const heldOut = plan.recipe?.validation !== undefined;
  const result = {
    run: directory,
    regime: plan.regime,
    epochs,
    bestTestAccuracy,
    bestEpoch,
    bestBy: heldOut ? "validation loss" : "test accuracy",
    lastTestAccuracy,
    secondsPerEpoch,
  };
  printResult(context, result, () =>
    formatTable(
      [
        { title: "regime" },
        { title: "epochs", align: "right" },
        { title: heldOut ? "test accuracy % at least validation loss" : "best test accuracy %", align: "right" },
        { title: "last", align: "right" },
        { title: "s/epoch", align: "right" },
        { title: "run" },
      ],
      [
        [
          plan.regime,
          epochs < plan.epochs ? `${epochs} of ${plan.epochs}, stopped early` : String(epochs),
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
