import { exampleSet } from "../data/index.ts";
import type { Engine, EngineOptions } from "../engine/index.ts";
import { firstFailure, GatewiseError, messageOf } from "../errors.ts";
import type { TrainingDevice } from "../experiments/index.ts";
import {
  type GivenParameters,
  initialParameters,
  type ParametersByLayer,
  type TrialParameters,
} from "../network/index.ts";
import { type Checkpoint, hasEnded, memoryOf, type TrainingEvent, train } from "../train/index.ts";
import { checkShapes } from "./checkpoint-shapes.ts";
import type { TrialOutcome, TrialProgress } from "./executor.ts";
import { checkFinished } from "./finished-run.ts";
import { checkWatched } from "./gates-of-run.ts";
import { dropKernelsBehind, measureKernelWhileTraining } from "./kernel-while-training.ts";
import { readKernelLines } from "./kernels-of-run.ts";
import { checkKept, checkLength, checkResumable, checkSources, resumable } from "./resuming.ts";
import { bestOf, checkpointAt, findRecord, keepMetrics, metricsOf, readCheckpoint, writeRecord } from "./run-files.ts";
import { type RunRecord, type RunSegment, resultOf, segmentsOf } from "./run-record.ts";
import { RunWriter } from "./run-writer.ts";
import type { Store } from "./store.ts";
import { type FittedData, fittedData, noticesOf, type TrialData } from "./trial-data.ts";
import type { DataSelection, GivenFile, LearntFrom, TrialRequest } from "./trial-request.ts";

/** What a trial needs of its process. */
export interface TrialContext {
  readonly signal: AbortSignal;
  readonly report: (progress: TrialProgress) => void;
  /** What the user should know of the data. */
  readonly notice?: (text: string) => void;
  /** Told that a checkpoint stands from which a later start goes on. */
  readonly onKept?: () => void;
  /** Milliseconds from any fixed point. */
  readonly clock: () => number;
  /** The time of day, ISO 8601. */
  readonly now: () => string;
}

/** What a trial needs of the world. */
export interface TrialHost {
  /** The place of a run, by the name that requests have of it. */
  store(directory: string): Store;
  /** A data set, cut to the selection. */
  loadData(selection: DataSelection): Promise<TrialData>;
  openEngine(device: TrainingDevice, options: EngineOptions): Promise<Engine>;
  /**
   * A network that a plan names by digest.
   * @param exampleShape of the data
   * @throws GatewiseError if there is none
   */
  givenNetwork(file: GivenFile, exampleShape: readonly number[]): Promise<GivenContent>;
  /** What runs it. */
  describe(): Pick<RunRecord, "machine" | "gatewise">;
}

/** What a network's file holds. */
export interface GivenContent {
  readonly digest: string;
  readonly parameters: ParametersByLayer;
}

/**
 * Runs one trial in this thread and writes its run. Killed at any moment and resumed, it ends with the
 * metrics of an uninterrupted one: behind its epochs the metrics are appended, then the checkpoints replaced; within an
 * epoch the last checkpoint is replaced every half a minute, and where the signal stops it ({@link RunWriter}).
 * @throws GatewiseError before anything is written, for a place that is in use or holds another run; failures of the
 * training itself are the outcome, and stand in `run.json`
 */
export async function runTrialWith(
  host: TrialHost,
  request: TrialRequest,
  context: TrialContext,
): Promise<TrialOutcome> {
  const { plan } = request;
  const run = host.store(request.directory);
  const { now } = context;
  checkResumable(request, await findRecord(run));
  const loaded = await host.loadData(request.data);
  const data = fittedData(loaded, plan.architecture.inputShape, request.data.labels);
  for (const notice of noticesOf(request, data)) context.notice?.(notice);
  const learnt = request.learntFrom === null ? undefined : await learntParameters(host, request.learntFrom);
  const initial = initialParameters(
    plan,
    learnt,
    await givenParameters(host, request, exampleSet(loaded.train).exampleShape),
  );
  // a device that is missing leaves no run behind
  await using engine = await host.openEngine(request.device, {
    threads: request.threads,
    memory: memoryOf(plan),
    denormals: "flushed",
  });
  const lock = await lockUnlessStopped(run, context);
  if (lock === undefined) return { status: "interrupted" };
  await using _lock = lock;
  // once more behind the lock: another process may have come first
  const before = await findRecord(run);
  checkResumable(request, before);
  // lines that two writers left are refused before anything is written
  checkWatched(run, request.watchGates === true, await metricsOf(run));
  await readKernelLines(run);
  if (before?.status === "completed" && before.result !== null && before.plan.epochs === plan.epochs) {
    await checkKept(run, request, before.result.epochs ?? plan.epochs);
    return { status: "completed", result: before.result };
  }
  const last = await readCheckpoint(run, "last");
  if (last !== undefined) checkShapes(run.nameOf("last.safetensors"), last.parameters, plan);
  const resume = resumable(plan, initial, last);
  if (before !== undefined) checkSources(request, before, data, last !== undefined && resume === undefined);
  checkLength(request.directory, resume?.epoch ?? 0, plan.epochs);
  await checkKept(run, request, resume?.epoch ?? 0);
  const startedAt = now();
  const record: RunRecord = {
    ...(before ?? newRecord(host, request, data, startedAt)),
    plan,
    learntFrom: request.learntFrom?.label ?? null,
    segments: [...(before === undefined ? [] : segmentsOf(before)), segmentOf(host, request, resume, startedAt)],
    status: "running",
    error: null,
    finishedAt: null,
  };
  await writeRecord(run, record);
  if (resume !== undefined && !isStuck(record)) context.onKept?.();
  try {
    await keepMetrics(run, resume?.epoch ?? 0);
    const finished = await trainAndWrite(host, run, request, data, initial, resume, { ...context, engine });
    if (!finished) {
      await writeRecord(run, { ...record, status: "interrupted" });
      return { status: "interrupted" };
    }
    const result = resultOf(await metricsOf(run));
    await writeRecord(run, { ...record, status: "completed", result, finishedAt: now() });
    return { status: "completed", result };
  } catch (failure) {
    const thrown = firstFailure(failure);
    const error = {
      message: messageOf(thrown),
      hint: thrown instanceof GatewiseError ? thrown.hint : "this is a bug: please report it",
    };
    // the run is another's now, and so is its record
    if (thrown instanceof GatewiseError && thrown.code === "taken-over") {
      return { status: "failed", code: thrown.code, ...error };
    }
    try {
      await writeRecord(run, { ...record, status: "failed", error, finishedAt: now() });
    } catch (second) {
      // what is told is what came first, unless it came of this: the run is another's
      if (!(second instanceof GatewiseError) || second.code === "taken-over") throw second;
    }
    if (!(thrown instanceof GatewiseError)) throw thrown;
    return { status: "failed", code: thrown.code, ...error };
  }
}

/** The lock of a run; undefined if the trial is stopped while another's is waited for. */
async function lockUnlessStopped(run: Store, { signal, notice }: TrialContext): Promise<AsyncDisposable | undefined> {
  try {
    return await run.lock({ signal, ...(notice === undefined ? {} : { onWait: notice }) });
  } catch (thrown) {
    if (signal.aborted) return undefined;
    throw thrown;
  }
}

/** What is told of steps, as plain data. */
const progressOf = ({
  checkpoint: _,
  ...progress
}: Extract<TrainingEvent, { readonly kind: "steps" }>): TrialProgress => progress;

/** True if the training came to its end, false if the signal came first. */
async function trainAndWrite(
  host: TrialHost,
  run: Store,
  { plan, keepBestUntil, keepEpochs = [], watchGates = false, kernels: measuresKernels = true }: TrialRequest,
  data: FittedData,
  initial: TrialParameters,
  resume: Checkpoint | undefined,
  { engine, signal, report, onKept = () => {}, clock }: TrialContext & { readonly engine: Engine },
): Promise<boolean> {
  const openMeasuring = () => host.openEngine("cpu", { threads: 1, denormals: "flushed" });
  const kernels = measuresKernels
    ? await measureKernelWhileTraining(run, plan, data.train, initial, resume, openMeasuring)
    : await dropKernelsBehind(run, resume);
  const writer = new RunWriter(run, { keepBestUntil, keepEpochs, kernels, watchGates, clock, onKept });
  const { watch } = writer;
  let last: Pick<Checkpoint, "epoch" | "bestEpoch"> = resume ?? { epoch: 0, bestEpoch: 0 };
  try {
    for await (const event of train(plan, data, initial, { engine, clock, signal, watch }, resume)) {
      switch (event.kind) {
        case "epoch":
          last = event.checkpoint;
          await writer.epoch(event.metrics, event.checkpoint, event.improved);
          report({ kind: "epoch", metrics: event.metrics });
          break;
        case "steps":
          if (writer.isDue) await writer.part(await event.checkpoint());
          report(progressOf(event));
          break;
        case "stopped":
          await writer.part(event.checkpoint);
          break;
      }
    }
  } catch (thrown) {
    // the epochs before a loss that breaks stay
    if (thrown instanceof GatewiseError && thrown.code === "numerical-failure") await writer.flush();
    throw thrown;
  }
  await writer.end();
  return hasEnded(plan, last);
}

/** Parameters of the networks that the plan names, by digest. */
async function givenParameters(
  host: TrialHost,
  { given = [] }: TrialRequest,
  exampleShape: readonly number[],
): Promise<GivenParameters> {
  const entries: [string, ParametersByLayer][] = [];
  for (const file of given) {
    const { digest, parameters } = await host.givenNetwork(file, exampleShape);
    if (digest !== file.network) {
      throw new GatewiseError({
        received: `${file.path}, which holds ${digest} now`,
        expected: `${file.network}, as the plan has it`,
        next: "bring the file back, or start a new run with it",
      });
    }
    entries.push([digest, parameters]);
  }
  return Object.fromEntries(entries);
}

/** The value network of a trained ReLU network, at its best epoch unless told otherwise. */
async function learntParameters(host: TrialHost, { directory, until, at }: LearntFrom): Promise<ParametersByLayer> {
  const run = host.store(directory);
  // one that was complete may have been asked for more epochs since
  if (until === null) await checkFinished(run, at, "from");
  const { parameters } = at === undefined ? await bestOf(run, until ?? undefined) : await checkpointAt(run, at);
  return parameters.value;
}

/** So many starts that have got no further tell that more of them will not either. */
const STUCK_STARTS = 3;

/** Whether a run stands where its last starts have found it: what is too short for its first steps ends somewhere. */
function isStuck({ segments = [] }: RunRecord): boolean {
  const places = segments.slice(-STUCK_STARTS).map(({ epoch, step }) => `${epoch}.${step}`);
  return places.length === STUCK_STARTS && new Set(places).size === 1;
}

const segmentOf = (
  host: TrialHost,
  { device, threads }: TrialRequest,
  resume: Checkpoint | undefined,
  startedAt: string,
): RunSegment => ({
  machine: host.describe().machine,
  device,
  threads,
  epoch: resume?.epoch ?? 0,
  step: resume?.part?.steps ?? 0,
  startedAt,
});

function newRecord(
  host: TrialHost,
  { plan, data, learntFrom, device, threads, command }: TrialRequest,
  loaded: FittedData,
  startedAt: string,
): RunRecord {
  const { machine, gatewise } = host.describe();
  return {
    format: 1,
    gatewise,
    status: "running",
    plan,
    data: {
      name: data.name,
      source: loaded.notice === undefined ? loaded.source : `${loaded.source}; ${loaded.notice}`,
      ...(loaded.digest === undefined ? {} : { digest: loaded.digest }),
      trainExamples: loaded.train.size,
      testExamples: loaded.test.size,
      limit: data.limit,
      testLimit: data.testLimit,
      ...(data.labels === undefined ? {} : { labels: data.labels }),
      ...(data.examples === undefined ? {} : { examples: data.examples }),
      ...(data.own === undefined ? {} : { own: data.own }),
    },
    learntFrom: learntFrom?.label ?? null,
    device,
    threads,
    machine,
    command,
    startedAt,
    finishedAt: null,
    result: null,
    error: null,
  };
}
