import { basename, join } from "node:path";
import { writeWhole } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { answerOfDissection, readNetworkFile, readTrainingOptions } from "../../experiments/index.ts";
import { parseWhole } from "../../parse-value.ts";
import { checkResumable, DISSECTION_FILE, type TrialJob } from "../../runs/index.ts";
import {
  type DissectionAsked,
  type DissectionSubject,
  findRun,
  localPool,
  type MachinePlan,
  measureMachines,
  modelScores,
  openDissection,
  planMachines,
  secondsTogether,
  trainedScores,
  trainingJobs,
  trainingSeconds,
  workerCount,
} from "../../runs/node/index.ts";
import { readModelPart, withModelHints } from "../chosen-model.ts";
import type { CliContext } from "../context.ts";
import { noteUnreadPlace } from "../data-place.ts";
import { dataScratch } from "../data-scratch.ts";
import { dissectionText, measuredWords } from "../dissection-text.ts";
import { formatDuration } from "../duration.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { inFlags } from "../in-flags.ts";
import { endInterrupted } from "../interruption.ts";
import type { ModelOptions } from "../model-option.ts";
import { flagOf } from "../options.ts";
import { note, printResult } from "../output.ts";
import { trialProgress, withStages } from "../progress.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";

/** What is asked for beside what every training is told. */
interface DissectOptions extends Readonly<Record<string, unknown>>, Omit<ModelOptions, "modelOutput"> {
  readonly model: string;
  readonly dataDir?: string;
  readonly quick?: boolean;
  readonly steps?: string;
  readonly seeds?: string;
  readonly apart?: boolean;
  readonly anew?: boolean;
  readonly kernelExamples?: string;
  readonly workers?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly timeLimit?: string;
  readonly json?: boolean;
}

interface DissectRequest {
  readonly asked: DissectionAsked;
  readonly kernelExamples: number | undefined;
  readonly out: string | undefined;
  readonly workers: number;
  readonly resume: boolean;
}

export const dissect = inStages(({ context }, options: DissectOptions) => readRequest(options, context), runDissect);

/** Seeds of an answer in a minute, and of one with an interval from seeds; seconds that a kernel machine may take. */
const SEEDS = { quick: 1, full: 3 } as const;
const MACHINE_SECONDS = { quick: 6, full: 30 } as const;
/** Rates at which values are learnt in few epochs; those of the papers' long trainings are smaller. */
const RATES = { sgd: 1e-2, adam: 1e-3, adamw: 1e-3, rmsprop: 1e-3 } as const;

function readRequest(options: DissectOptions, { cacheDir, environment }: CliContext): DissectRequest {
  const {
    model,
    dataDir,
    quick = false,
    steps,
    seeds,
    apart = false,
    anew = false,
    kernelExamples,
    ...others
  } = options;
  const { workers, out, resume = false, timeLimit: _, json: __, modelInput, set, inputShape, ...written } = others;
  const length = quick ? "quick" : "full";
  const read = readTrainingOptions(written, flagOf);
  if (steps !== undefined && read.epochs !== undefined) {
    throw new GatewiseError({
      received: "--steps with --epochs",
      expected: "one of them: either tells how long values learn",
      next: "leave one out",
    });
  }
  const asked: DissectionAsked = {
    model: readNetworkFile(model, "--model"),
    part: readModelPart({ modelInput, set, inputShape }),
    // without `data` those of a run are taken
    options: {
      ...read,
      data: written.data === undefined ? undefined : read.data,
      lr: read.lr ?? RATES[read.optimizer ?? "adam"],
    },
    length,
    steps: steps === undefined ? undefined : parseWhole("--steps", steps, 1),
    rows: ["gates", "random", ...(apart ? (["apart"] as const) : []), ...(anew ? (["anew"] as const) : [])],
    seeds: seeds === undefined ? SEEDS[length] : parseWhole("--seeds", seeds, 1),
    places: { dataDir: dataDir ?? null, cacheDir },
    environment,
    nameOf: flagOf,
  };
  return {
    asked,
    ...{ out, resume },
    kernelExamples: kernelExamples === undefined ? undefined : parseWhole("--kernel-examples", kernelExamples, 10),
    workers: workerCount(workers === undefined ? undefined : parseWhole("--workers", workers, 1), environment),
  };
}

async function runDissect(
  { asked, kernelExamples, ...request }: DissectRequest,
  context: CliContext,
): Promise<ExitCode> {
  const { signal } = context;
  await using scratch = await dataScratch(asked.options.data, asked.places.cacheDir);
  const places = { ...asked.places, scratch: scratch?.path };
  const subject = await withModelHints(context, () => openDissection({ ...asked, places, scratch }));
  for (const text of subject.told) note(context, shown(inFlags(text)));
  noteUnreadPlace(context, subject.dataName, asked.places.dataDir);
  const directory = request.out ?? folderOf(asked, subject.dataName);
  const jobs = jobsOf(subject, directory, { ...asked, places }, request.resume, context);
  // what would be refused after a minute of measuring is refused now
  for (const { request: own } of jobs) checkResumable(own, await findRun(own.directory));
  const workers = Math.min(request.workers, jobs.length);
  const own = await modelScores(subject, signal);
  const machines = await planMachines(subject, kernelExamples, MACHINE_SECONDS[asked.length]);
  await tellTime(subject, machines, { directory, workers }, context);
  const measured = await withStages(context, (onProgress) =>
    measureMachines(subject, machines, { signal, onProgress }),
  );
  note(context, measuredWords(subject, own, measured));
  const isDone = await train(jobs, workers, context);
  if (!isDone) return endInterrupted(context, request.resume ? context.command : `${context.command} --resume`);
  const trained = await trainedScores(subject, (id) => join(directory, id), signal);
  const answer = answerOfDissection({ measure: subject.measure, model: own, trained, machines: measured });
  const result = { ...madeOf(subject, asked), ...answer };
  const { writeDissectionReport } = await import("../../report/node/index.ts");
  const report = await writeDissectionReport(directory, result);
  const written = { ...result, report };
  await writeWhole(join(directory, DISSECTION_FILE), `${JSON.stringify(written, undefined, 2)}\n`);
  printResult(context, written, () => dissectionText(written));
  return EXIT.done;
}

/** What was dissected, by what. */
function madeOf({ digest, dataName, data, first }: DissectionSubject, { model, seeds }: DissectionAsked) {
  const { plan, data: chosen } = first;
  return {
    model: { path: model.path, digest },
    data: dataName,
    trainings: {
      seeds,
      epochs: plan.epochs,
      stopsEarly: plan.recipe?.earlyStopping !== undefined,
      optimizer: plan.optimizer.kind,
      learningRate: plan.optimizer.learningRate,
      batch: plan.batch,
      trainExamples: Math.min(data.train.size, chosen.limit ?? data.train.size),
      testExamples: data.test.size,
      measuredAfter: plan.recipe?.validation === undefined ? "the last epoch" : "the epoch of least validation loss",
    },
  };
}

/** A quick answer has a folder of its own: the long one that often follows it is another experiment. */
const folderOf = ({ model, length }: DissectionAsked, data: string): string =>
  `runs/dissect-${basename(model.path).replace(/\.onnx(#.+)?$/, "")}-${data}${length === "quick" ? "-quick" : ""}`;

const jobsOf = (
  { trainings }: DissectionSubject,
  directory: string,
  { places }: DissectionAsked,
  resume: boolean,
  { command }: CliContext,
): readonly TrialJob[] =>
  trainings.map(({ id, training }) => {
    const own = trainingJobs({ training, directory: join(directory, id), places, command, resume }).at(-1);
    if (own === undefined) throw new Error("unreachable: a training without a job");
    return { id, request: own.request, after: undefined };
  });

/** How long everything will take, before it begins. */
async function tellTime(
  subject: DissectionSubject,
  { examples, gates, random }: MachinePlan,
  { directory, workers }: { readonly directory: string; readonly workers: number },
  context: CliContext,
): Promise<void> {
  const { trainings, first } = subject;
  const clock = (): number => performance.now();
  const seconds = await trainingSeconds(subject, { clock, signal: context.signal });
  const all = gates.seconds + random.seconds + secondsTogether(trainings, seconds, workers);
  const { epochs, recipe } = first.plan;
  const most = recipe?.earlyStopping === undefined ? "" : "at most ";
  note(
    context,
    `kernel machines on ${examples} test inputs, then ${trainings.length} trainings of ${most}${epochs} epoch${epochs === 1 ? "" : "s"}, ${workers} at a time, into ${shown(directory)}: ${most || "about "}${formatDuration(all)}`,
  );
}

/**
 * Trains all.
 * @returns whether all came to their end, or were interrupted
 * @throws GatewiseError for the first that failed
 */
async function train(jobs: readonly TrialJob[], workers: number, context: CliContext): Promise<boolean> {
  const lengths = jobs.map(({ id, request: { plan } }) => ({ id, plan, after: undefined }));
  const view = trialProgress(context, lengths, { workers });
  const { signal } = context;
  try {
    const outcomes = await (context.executor ?? localPool)(workers).run(jobs, { signal, onEvent: view.onEvent });
    for (const outcome of outcomes.values()) {
      if (outcome.status !== "failed") continue;
      throw GatewiseError.of(inFlags(outcome.message), inFlags(outcome.hint), outcome.code);
    }
    return jobs.every(({ id }) => outcomes.get(id)?.status === "completed");
  } finally {
    view.close();
  }
}
