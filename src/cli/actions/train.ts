import { stat } from "node:fs/promises";
import type { Scratch } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import {
  ARCHITECTURE_NAMES,
  isArchitectureText,
  type NetworkPart,
  namedNetworks,
  needsDescription,
  readTrainingOptions,
  type Training,
  type TrainingOptions,
  trainingOf,
  USUAL_TRAINING,
} from "../../experiments/index.ts";
import type { TrialOutcome } from "../../runs/index.ts";
import {
  describeData,
  runTraining,
  type TrainingRequest,
  trainingFolder,
  trainingJobs,
  withFiles,
} from "../../runs/node/index.ts";
import { readModelPart, withModelHints } from "../chosen-model.ts";
import type { CliContext } from "../context.ts";
import { noteUnreadPlace } from "../data-place.ts";
import { dataScratch } from "../data-scratch.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { inFlags } from "../in-flags.ts";
import { endInterrupted } from "../interruption.ts";
import type { ModelOptions } from "../model-option.ts";
import { flagOf } from "../options.ts";
import { note, printResult } from "../output.ts";
import { trialProgress } from "../progress.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";
import { formatTable } from "../table.ts";

/** Where the run goes; all other options say what is trained. */
interface TrainOptions extends Readonly<Record<string, unknown>>, Omit<ModelOptions, "model" | "modelOutput"> {
  readonly dataDir?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly timeLimit?: string;
  readonly json?: boolean;
}

export const train = inStages(({ context }, options: TrainOptions) => readRequest(options, context), trainRun);

async function readRequest(
  { dataDir, out, resume = false, timeLimit: _, json: __, modelInput, set, inputShape, ...written }: TrainOptions,
  { cacheDir, command }: CliContext,
): Promise<TrainRequest> {
  const options = readTrainingOptions({ ...written, arch: await archOrFolder(written.arch) }, flagOf);
  const part = readModelPart({ modelInput, set, inputShape });
  const place = { out, places: { dataDir: dataDir ?? null, cacheDir }, command, resume };
  // a network or data that are not there, or do not fit, are no wrong usage
  const namesNetwork = namedNetworks(options).length > 0 || isNetworkFile(options.arch);
  const isKnown =
    !namesNetwork && options.examples === undefined && !needsDescription(options.data ?? USUAL_TRAINING.data, options);
  return { ...place, options, part, training: isKnown ? trainingOf(await withFiles(options), flagOf) : undefined };
}

/** A run in the folder where the command runs is named without a slash, too, unless it is called as an architecture is. */
async function archOrFolder(arch: unknown): Promise<unknown> {
  if (typeof arch !== "string" || /[/\\]/.test(arch) || ARCHITECTURE_NAMES.some((name) => name === arch)) return arch;
  const isFolder = await stat(arch).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  return isFolder ? `./${arch}` : arch;
}

/** A training as it is asked for: what networks it begins from, and what is in its data, is read when it runs. */
interface TrainRequest extends Omit<TrainingRequest, "training" | "directory"> {
  readonly out: string | undefined;
  readonly options: TrainingOptions;
  /** Of the models that the options name. */
  readonly part: NetworkPart | undefined;
  readonly training: Training | undefined;
}

const isNetworkFile = (arch: TrainingOptions["arch"]): boolean => typeof arch === "object" && !isArchitectureText(arch);

/** The training, once its data and networks were looked at; what was decided of the data is said. */
async function readTraining(
  { options, part }: Pick<TrainRequest, "options" | "part">,
  { dataDir, cacheDir }: TrainingRequest["places"],
  scratch: Scratch | undefined,
  context: CliContext,
): Promise<Training> {
  const { environment } = context;
  const places = { ...(dataDir === null ? {} : { dataDir }), environment, cacheDir };
  const described = await describeData(options, places, scratch);
  for (const text of described?.told ?? []) note(context, shown(inFlags(text)));
  return trainingOf(await withModelHints(context, () => withFiles(options, described, part)), flagOf, described);
}

async function trainRun({ out, options, part, ...asked }: TrainRequest, context: CliContext): Promise<ExitCode> {
  await using scratch = await dataScratch(options.data, asked.places.cacheDir);
  const training = asked.training ?? (await readTraining({ options, part }, asked.places, scratch, context));
  const places = { ...asked.places, scratch: scratch?.path };
  const request: TrainingRequest = { ...asked, places, training, directory: out ?? trainingFolder(training) };
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
  const {
    bestTestAccuracy,
    bestEpoch,
    lastTestAccuracy,
    secondsPerEpoch,
    epochs = plan.epochs,
    values,
  } = outcome.result;
  const heldOut = plan.recipe?.validation !== undefined;
  const result = {
    run: directory,
    regime: plan.regime,
    epochs,
    ...(values ?? { bestTestAccuracy, lastTestAccuracy }),
    bestEpoch,
    bestBy: heldOut ? "validation loss" : values === undefined ? "test accuracy" : "test R2",
    secondsPerEpoch,
  };
  const [measure, best, last] =
    values === undefined
      ? ["test accuracy %", bestTestAccuracy.toFixed(2), lastTestAccuracy.toFixed(2)]
      : ["test R²", values.bestTestR2.toFixed(4), values.lastTestR2.toFixed(4)];
  const errors =
    values === undefined ? [] : [{ title: "RMSE", cell: Number(values.bestTestRmse.toPrecision(4)).toString() }];
  printResult(context, result, () =>
    formatTable(
      [
        { title: "regime" },
        { title: "epochs", align: "right" },
        { title: heldOut ? `${measure} at least validation loss` : `best ${measure}`, align: "right" },
        ...errors.map(({ title }) => ({ title, align: "right" }) as const),
        { title: "last", align: "right" },
        { title: "s/epoch", align: "right" },
        { title: "run" },
      ],
      [
        [
          plan.regime,
          epochs < plan.epochs ? `${epochs} of ${plan.epochs}, stopped early` : String(epochs),
          `${best} (epoch ${bestEpoch})`,
          ...errors.map(({ cell }) => cell),
          last ?? "",
          secondsPerEpoch.toFixed(2),
          directory,
        ],
      ],
    ),
  );
  return EXIT.done;
}
