import { basename, join } from "node:path";
import type { Scratch } from "../../data/node/index.ts";
import { writeWhole } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import {
  type ComparedRow,
  comparedRow,
  DISSECTION_ROWS,
  type DissectionRow,
  type DissectionTraining,
  dissectionAnswer,
  dissectionTrainings,
  readTrainingOptions,
  shareInGates,
  type TrainingOptions,
} from "../../experiments/index.ts";
import { parseWhole } from "../../parse-value.ts";
import { checkResumable, type TrialJob } from "../../runs/index.ts";
import {
  type Dissected,
  describeData,
  dissectBefore,
  findRun,
  localPool,
  trainingJobs,
  withFiles,
  workerCount,
} from "../../runs/node/index.ts";
import type { CliContext } from "../context.ts";
import { noteUnreadPlace } from "../data-place.ts";
import { dataScratch } from "../data-scratch.ts";
import { formatDuration } from "../duration.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { inFlags } from "../in-flags.ts";
import { endInterrupted } from "../interruption.ts";
import { flagOf } from "../options.ts";
import { note, printResult } from "../output.ts";
import { trialProgress } from "../progress.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";
import { formatTable } from "../table.ts";

/** What is asked for beside what every training is told. */
interface DissectOptions extends Readonly<Record<string, unknown>> {
  readonly model: string;
  readonly dataDir?: string;
  readonly quick?: boolean;
  readonly seeds?: string;
  readonly apart?: boolean;
  readonly anew?: boolean;
  readonly kernelExamples: string;
  readonly workers?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly timeLimit?: string;
  readonly json?: boolean;
}

interface DissectRequest {
  readonly model: string;
  /** Of every training. */
  readonly options: TrainingOptions;
  readonly rows: readonly DissectionRow[];
  readonly seeds: number;
  readonly quick: boolean;
  readonly kernelExamples: number;
  readonly places: { readonly dataDir: string | null; readonly cacheDir: string };
  readonly out: string | undefined;
  readonly workers: number;
  readonly resume: boolean;
  readonly command: string;
}

export const dissect = inStages(({ context }, options: DissectOptions) => readRequest(options, context), runDissect);

/** Of an answer in a minute, and of one with an interval from seeds. */
const LENGTHS = {
  quick: { seeds: 1, options: { epochs: 5, limit: 10_000 } },
  full: { seeds: 3, options: { epochs: 20 } },
} as const;
/** Rates at which values are learnt in few epochs; those of the papers' long trainings are smaller. */
const RATES = { sgd: 1e-2, adam: 1e-3, adamw: 1e-3, rmsprop: 1e-3 } as const;

function readRequest(options: DissectOptions, { cacheDir, command, environment }: CliContext): DissectRequest {
  const { model, dataDir, quick = false, seeds, apart = false, anew = false, kernelExamples, ...others } = options;
  const { workers, out, resume = false, timeLimit: _, json: __, ...written } = others;
  const length = LENGTHS[quick ? "quick" : "full"];
  const read = readTrainingOptions({ ...length.options, ...written }, flagOf);
  return {
    ...{ model, out, resume, quick, command },
    options: { ...read, lr: read.lr ?? RATES[read.optimizer ?? "adam"] },
    rows: ["gates", "random", ...(apart ? (["apart"] as const) : []), ...(anew ? (["anew"] as const) : [])],
    seeds: seeds === undefined ? length.seeds : parseWhole("--seeds", seeds, 1),
    kernelExamples: parseWhole("--kernel-examples", kernelExamples, 10),
    places: { dataDir: dataDir ?? null, cacheDir },
    workers: workerCount(workers === undefined ? undefined : parseWhole("--workers", workers, 1), environment),
  };
}

async function runDissect(request: DissectRequest, context: CliContext): Promise<ExitCode> {
  const { model, resume, command, rows } = request;
  const { signal } = context;
  await using scratch = await dataScratch(request.options.data, request.places.cacheDir);
  const { trainings, digest, data } = await readTrainings(request, scratch, context);
  const places = { ...request.places, scratch: scratch?.path };
  noteUnreadPlace(context, data, places.dataDir);
  const directory = request.out ?? folderOf(request, data);
  const jobs = trainings.map(({ id, training }): TrialJob => {
    const at = { training, directory: join(directory, id), places, command, resume };
    const { request: own } = trainingJobs(at).at(-1) ?? unreachableJob();
    return { id, request: own, after: undefined };
  });
  // measuring may take a minute: what would be refused after it is refused now
  for (const { request: own } of jobs) checkResumable(own, await findRun(own.directory));
  const clock = (): number => performance.now();
  const before = await dissectBefore(trainings, { ...request, places, clock, signal });
  const { machines } = before;
  const workers = Math.min(request.workers, jobs.length);
  const epochs = trainings[0]?.training.plan.epochs ?? 0;
  if (before.notice !== undefined) note(context, shown(before.notice));
  note(
    context,
    `accuracy ${before.accuracy.toFixed(2)} %; kernel machine on ${machines.examples} test inputs: ${machines.gates.accuracy.toFixed(1)} % by its gates, ${machines.random.accuracy.toFixed(1)} % by random ones`,
  );
  note(
    context,
    `${jobs.length} trainings of ${epochs} epoch${epochs === 1 ? "" : "s"}, ${workers} at a time, into ${shown(directory)}: about ${formatDuration(before.seconds / workers)}`,
  );
  const lengths = jobs.map(({ id, request: { plan } }) => ({ id, plan, after: undefined }));
  const view = trialProgress(context, lengths, { workers });
  let outcomes: Awaited<ReturnType<ReturnType<typeof localPool>["run"]>>;
  try {
    outcomes = await (context.executor ?? localPool)(workers).run(jobs, { signal, onEvent: view.onEvent });
  } finally {
    view.close();
  }
  const ended = trainings.map(({ id, row }) => ({ row, outcome: outcomes.get(id) }));
  for (const { outcome } of ended) {
    if (outcome?.status !== "failed") continue;
    throw GatewiseError.of(inFlags(outcome.message), inFlags(outcome.hint), outcome.code);
  }
  if (ended.some(({ outcome }) => outcome?.status !== "completed")) {
    return endInterrupted(context, resume ? context.command : `${context.command} --resume`);
  }
  const runs = ended.flatMap(({ row, outcome }) =>
    outcome?.status === "completed" ? [{ regime: row, bestTestAccuracy: outcome.result.bestTestAccuracy }] : [],
  );
  const trained = rows.flatMap((row) => comparedRow({ regime: row, title: DISSECTION_ROWS[row] }, runs));
  const { writeReport } = await import("../../report/node/index.ts");
  const report = await writeReport(
    trainings.map(({ id }) => join(directory, id)),
    { command, createdAt: new Date().toISOString(), out: join(directory, "report.html") },
  );
  const result = { ...resultOf({ path: model, digest }, data, before, trained), report };
  await writeWhole(join(directory, "dissect.json"), `${JSON.stringify(result, undefined, 2)}\n`);
  printResult(context, result, () => textOf(result));
  return EXIT.done;
}

/** A quick answer has a folder of its own: the long one that often follows it is another experiment. */
const folderOf = ({ model, quick }: DissectRequest, data: string): string =>
  `runs/dissect-${basename(model).replace(/\.onnx(#.+)?$/, "")}-${data}${quick ? "-quick" : ""}`;

function unreachableJob(): never {
  throw new Error("unreachable: a training without a job");
}

/** What is trained, once the model and its data were looked at. */
async function readTrainings(
  { model, options, rows, seeds, places }: DissectRequest,
  scratch: Scratch | undefined,
  context: CliContext,
): Promise<{ readonly trainings: readonly DissectionTraining[]; readonly digest: string; readonly data: string }> {
  const { dataDir, cacheDir } = places;
  const { environment } = context;
  const where = { ...(dataDir === null ? {} : { dataDir }), environment, cacheDir };
  const described = await describeData(options, where, scratch);
  for (const text of described?.told ?? []) note(context, shown(inFlags(text)));
  const { from } = await withFiles({ ...options, from: { path: model } }, described);
  if (from?.network === undefined) throw new Error(`unreachable: ${model} was not read`);
  const trainings = dissectionTrainings(options, from, { rows, seeds }, described, flagOf);
  return { trainings, digest: from.network.digest, data: trainings[0]?.training.data.name ?? "" };
}

/** A row of the answer; accuracies in percent. */
interface Row {
  readonly what: "model" | DissectionRow | "kernel of its gates" | "kernel of random gates";
  readonly title: string;
  readonly mean: number;
  readonly std: number;
  readonly runs: readonly number[];
}

function resultOf(
  model: { readonly path: string; readonly digest: string },
  data: string,
  before: Dissected,
  trained: readonly ComparedRow<DissectionRow>[],
) {
  const runsOf = (row: DissectionRow): readonly number[] => trained.find(({ regime }) => regime === row)?.runs ?? [];
  const { accuracy, loss, testExamples, machines } = before;
  const [gates, random] = [runsOf("gates"), runsOf("random")];
  const share = shareInGates(accuracy, gates, random, testExamples);
  const single = (what: Row["what"], title: string, value: number): Row => ({
    ...{ what, title },
    ...{ mean: value, std: 0, runs: [value] },
  });
  const on = `fitted on ${machines.examples} test inputs, as many others`;
  const by = (one: Dissected["machines"]["gates"]): string =>
    one.by === "exact" ? "exact path kernel" : "path kernel by random features";
  const rows: readonly Row[] = [
    single("model", "the network itself", accuracy),
    ...trained.map(({ regime, title, mean, std, runs }): Row => ({ what: regime, title, mean, std, runs })),
    single("kernel of its gates", `${by(machines.gates)} of its gates, ${on}`, machines.gates.accuracy),
    single("kernel of random gates", `${by(machines.random)} of random gates, ${on}`, machines.random.accuracy),
  ];
  return {
    model: { ...model, accuracy, loss, examples: testExamples },
    data,
    rows,
    shareInGates: share,
    answer: dissectionAnswer(accuracy, gates, random, share),
  };
}

const textOf = ({ rows, answer, report }: ReturnType<typeof resultOf> & { readonly report: string }): string =>
  [
    formatTable(
      [
        { title: "what" },
        { title: "accuracy %", align: "right" },
        { title: "±", align: "right" },
        { title: "runs", align: "right" },
      ],
      rows.map(({ title, mean, std, runs }) => [
        title,
        mean.toFixed(2),
        runs.length > 1 ? std.toFixed(2) : "",
        String(runs.length),
      ]),
    ),
    "",
    answer,
    "",
    `report  ${shown(report)}`,
  ].join("\n");
