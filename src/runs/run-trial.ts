import { isDeepStrictEqual } from "node:util";
import { type Dataset, type DatasetName, firstExamples } from "../data/index.ts";
import { loadDataset, makeFolder } from "../data/node/index.ts";
import type { Engine } from "../engine/index.ts";
import { openNodeEngine } from "../engine/node/index.ts";
import { GatewiseError, messageOf } from "../errors.ts";
import type { Parameters } from "../network/index.ts";
import { type Checkpoint, type EpochMetrics, initialTensors, type TrainingPlan, train } from "../train/index.ts";
import { lockDirectory } from "./lock.ts";
import { describeMachine, gatewiseVersion } from "./machine.ts";
import {
  appendMetrics,
  findRun,
  keepMetrics,
  readBest,
  readCheckpoint,
  readMetrics,
  writeCheckpoint,
  writeRecord,
} from "./run-directory.ts";
import type { RunRecord, RunResult } from "./run-record.ts";

/** Where data are looked for and how much of them is used. */
export interface DataSelection {
  readonly name: DatasetName;
  readonly dataDir: string | null;
  readonly cacheDir: string;
  readonly limit: number | null;
  readonly testLimit: number | null;
}

/** All that a worker needs to run one trial; survives the way to another process. */
export interface TrialRequest {
  readonly directory: string;
  readonly plan: TrainingPlan;
  readonly data: DataSelection;
  /** Run directory of the trained network that gives the gates, as the user may read it from this one, and its path. */
  readonly learntFrom: { readonly label: string; readonly directory: string } | null;
  readonly device: "cpu" | "webgpu";
  readonly threads: number;
  readonly command: string;
  /** Go on with what the directory holds; otherwise it must hold no run. */
  readonly resume: boolean;
}

export type TrialProgress =
  | { readonly kind: "steps"; readonly epoch: number; readonly step: number; readonly steps: number }
  | { readonly kind: "epoch"; readonly metrics: EpochMetrics };

/** What a trial needs of its process. */
export interface TrialContext {
  readonly signal: AbortSignal;
  readonly report: (progress: TrialProgress) => void;
  /** Milliseconds from any fixed point. */
  readonly clock: () => number;
  /** The time of day, ISO 8601. */
  readonly now: () => string;
}

export type TrialOutcome =
  | { readonly status: "completed"; readonly result: RunResult }
  | { readonly status: "interrupted" }
  | { readonly status: "failed"; readonly message: string; readonly hint: string };

/** The data set, cut to the selection. */
export async function selectData(selection: DataSelection, environment: NodeJS.ProcessEnv): Promise<Dataset> {
  const { name, dataDir, cacheDir, limit, testLimit } = selection;
  const data = await loadDataset(name, { ...(dataDir === null ? {} : { dataDir }), environment, cacheDir });
  return {
    ...data,
    train: firstExamples(data.train, limit ?? undefined),
    test: firstExamples(data.test, testLimit ?? undefined),
  };
}

/**
 * Runs one trial in this process and writes its run directory. Killed at any moment and resumed, it ends with the
 * metrics of an uninterrupted one: after each epoch the metrics are appended, then the checkpoints replaced.
 * @throws GatewiseError before anything is written, for a directory that is in use or holds another run; failures of the
 * training itself are the outcome, and stand in `run.json`
 */
export async function runTrial(request: TrialRequest, context: TrialContext): Promise<TrialOutcome> {
  const { directory, plan } = request;
  const { now } = context;
  checkResumable(request, await findRun(directory));
  const data = await selectData(request.data, process.env);
  const learnt = request.learntFrom === null ? undefined : await learntParameters(request.learntFrom.directory);
  const initial = initialTensors(plan, learnt);
  // a device that is missing leaves no run behind
  await using engine = await openNodeEngine(request.device, { threads: request.threads });
  await makeFolder(directory);
  await using _lock = await lockDirectory(directory);
  // once more behind the lock: another process may have come first
  const before = await findRun(directory);
  checkResumable(request, before);
  if (before?.status === "completed" && before.result !== null && before.plan.epochs === plan.epochs) {
    return { status: "completed", result: before.result };
  }
  const resume = resumable(plan, initial, await readCheckpoint(directory, "last"));
  checkLength(request, resume);
  const record: RunRecord = {
    ...(before ?? newRecord(request, data, now())),
    plan: mutablePlan(plan),
    status: "running",
    error: null,
    finishedAt: null,
  };
  await writeRecord(directory, record);
  try {
    await keepMetrics(directory, resume?.epoch ?? 0);
    const finished = await trainAndWrite(request, data, initial, resume, { ...context, engine });
    if (!finished) {
      await writeRecord(directory, { ...record, status: "interrupted" });
      return { status: "interrupted" };
    }
    const result = await resultOf(directory);
    await writeRecord(directory, { ...record, status: "completed", result, finishedAt: now() });
    return { status: "completed", result };
  } catch (thrown) {
    const error = {
      message: messageOf(thrown),
      hint: thrown instanceof GatewiseError ? thrown.hint : "this is a bug: please report it",
    };
    await writeRecord(directory, { ...record, status: "failed", error, finishedAt: now() });
    if (!(thrown instanceof GatewiseError)) throw thrown;
    return { status: "failed", ...error };
  }
}

/**
 * The checkpoint to go on from. Where the gates are taken from a network that was trained on since (more epochs), what
 * was learnt behind its old gates is of no use: the trial starts again, as a new run would.
 */
function resumable(plan: TrainingPlan, initial: Parameters, last: Checkpoint | undefined): Checkpoint | undefined {
  if (plan.regime !== "flnpf" || last === undefined) return last;
  const gates = (tensors: Parameters) => Object.entries(tensors).filter(([name]) => name.startsWith("feature."));
  return isDeepStrictEqual(new Map(gates(last.tensors)), new Map(gates(initial))) ? last : undefined;
}

/** A run may be asked to end earlier than it was, but not before where it stands. */
function checkLength({ directory, plan }: TrialRequest, resume: Checkpoint | undefined): void {
  if (resume === undefined || resume.epoch <= plan.epochs) return;
  throw new GatewiseError({
    received: `${directory}, trained for ${resume.epoch} epochs`,
    expected: `a run of at most ${plan.epochs}`,
    next: "ask for at least as many --epochs, or choose another directory with --out",
  });
}

/** True if all epochs were trained, false if the signal came first. */
async function trainAndWrite(
  { directory, plan }: TrialRequest,
  data: Dataset,
  initial: Parameters,
  resume: Checkpoint | undefined,
  { engine, signal, report, clock }: TrialContext & { readonly engine: Engine },
): Promise<boolean> {
  let epoch = resume?.epoch ?? 0;
  for await (const event of train(plan, data, initial, { engine, clock, signal }, resume)) {
    if (event.kind === "epoch") {
      epoch = event.metrics.epoch;
      await appendMetrics(directory, event.metrics);
      if (event.improved) await writeCheckpoint(directory, "best", event.checkpoint);
      await writeCheckpoint(directory, "last", event.checkpoint);
      report({ kind: "epoch", metrics: event.metrics });
    } else {
      report(event);
    }
  }
  return epoch >= plan.epochs;
}

async function resultOf(directory: string): Promise<RunResult> {
  const metrics = await readMetrics(directory);
  const best = metrics.reduce((a, b) => (b.testAccuracy > a.testAccuracy ? b : a));
  const seconds = metrics.map((one) => one.seconds).sort((a, b) => a - b);
  return {
    bestTestAccuracy: best.testAccuracy,
    bestEpoch: best.epoch,
    lastTestAccuracy: metrics.at(-1)?.testAccuracy ?? best.testAccuracy,
    secondsPerEpoch: seconds[Math.floor(seconds.length / 2)] ?? 0,
  };
}

/** The value network of a trained ReLU network, at its best epoch. */
async function learntParameters(directory: string): Promise<Parameters> {
  const { tensors } = await readBest(directory);
  const prefix = "value.";
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, array]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), array]] : [],
    ),
  );
}

/**
 * Refuses to write into a directory that holds another run, or any run if `resume` is false.
 * @param before the record of the run that the directory holds
 */
export function checkResumable(
  { directory, plan, resume, data, learntFrom }: TrialRequest,
  before: RunRecord | undefined,
): void {
  if (before === undefined) return;
  if (!resume) {
    throw new GatewiseError({
      received: `${directory}, which holds a run already`,
      expected: "a directory without a run",
      next: "choose another with --out, or go on with this one: --resume",
    });
  }
  const { name, limit, testLimit } = data;
  const isSame =
    isDeepStrictEqual({ ...before.plan, epochs: 0 }, { ...plan, epochs: 0 }) &&
    isDeepStrictEqual([before.data.name, before.data.limit, before.data.testLimit], [name, limit, testLimit]) &&
    before.learntFrom === (learntFrom?.label ?? null);
  if (!isSame) {
    throw new GatewiseError({
      received: `${directory}, which holds a run of another configuration`,
      expected: "the configuration that stands in its run.json (only the number of epochs may change)",
      next: "repeat the command that made it (it stands in run.json), or choose another directory with --out",
    });
  }
}

function newRecord(
  { plan, data, learntFrom, device, threads, command }: TrialRequest,
  loaded: Dataset,
  startedAt: string,
): RunRecord {
  return {
    format: 1,
    gatewise: gatewiseVersion(),
    status: "running",
    plan: mutablePlan(plan),
    data: {
      name: data.name,
      source: loaded.source,
      trainExamples: loaded.train.labels.data.length,
      testExamples: loaded.test.labels.data.length,
      limit: data.limit,
      testLimit: data.testLimit,
    },
    learntFrom: learntFrom?.label ?? null,
    device,
    threads,
    machine: describeMachine(),
    command,
    startedAt,
    finishedAt: null,
    result: null,
    error: null,
  };
}

/** The plan as the record's structure has it, which zod infers with mutable arrays. */
const mutablePlan = (plan: TrainingPlan): RunRecord["plan"] => ({
  ...plan,
  architecture: { inputShape: [...plan.architecture.inputShape], layers: [...plan.architecture.layers] },
});
