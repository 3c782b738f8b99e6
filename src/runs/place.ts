/** What stands in a place, whole: an experiment with its findings and runs, or a run alone. */
import type { EpochMetrics } from "../train/index.ts";
import { type ExperimentRecord, experimentRecordOf } from "./experiment-record.ts";
import type { RunKernels } from "./kernel-record.ts";
import { kernelsOf } from "./kernels-of-run.ts";
import { metricsOf, readRecord } from "./run-files.ts";
import type { RunRecord } from "./run-record.ts";
import type { Findings } from "./runners/runner.ts";
import { findingsOf } from "./runners/runners.ts";
import type { Store } from "./store.ts";

/** A training, as its place tells it. */
export interface RunContent {
  /** `flnpf-seed1`: the name of its place. */
  readonly id: string;
  /** Its place as its user knows it. */
  readonly path?: string | undefined;
  readonly run: RunRecord;
  /** The finished epochs, in order. */
  readonly metrics: readonly EpochMetrics[];
  /** The kernel of its gates; undefined for a run of a version that did not measure it. */
  readonly kernels: RunKernels | undefined;
}

/** An experiment's place: what it was made for, and what it holds. */
export interface ExperimentResults {
  readonly record: ExperimentRecord;
  readonly findings: Findings;
}

/** A place that was looked into. */
export interface Place {
  /** The last part of {@link path}. */
  readonly name: string;
  /** As its user knows it. */
  readonly path: string;
  /** Undefined for a run alone. */
  readonly results: ExperimentResults | undefined;
  /**
   * The runs that are there, each read when its turn comes: those of the experiment's trials, none of one without, or the
   * run itself.
   * @throws GatewiseError for a place that holds neither run nor experiment
   */
  runs(): AsyncIterable<RunContent>;
}

/**
 * The results in an experiment's place, complete or not; undefined if it holds none.
 * @param part one of its parts alone
 */
export async function resultsAt(store: Store, part?: string): Promise<ExperimentResults | undefined> {
  const record = await experimentRecordOf(store);
  if (record === undefined) return undefined;
  const { definition: experiment, profile, options } = record;
  return { record, findings: await findingsOf(experiment.kind, { experiment, profile, options, store, part }) };
}

/** Looks into a place. */
export async function placeAt(store: Store): Promise<Place> {
  const name = nameOf(store);
  const results = await resultsAt(store);
  return {
    name,
    path: store.nameOf(),
    results,
    runs: () => runsOf(name, store, results),
  };
}

async function* runsOf(name: string, store: Store, results: ExperimentResults | undefined): AsyncGenerator<RunContent> {
  if (results === undefined) {
    yield await runContent(name, store);
    return;
  }
  const { findings } = results;
  if (findings.kind !== "regimes" && findings.kind !== "arms") return;
  for (const { id, status } of findings.states) if (status !== "not-started") yield await runContent(id, store.at(id));
}

const runContent = async (id: string, run: Store): Promise<RunContent> => ({
  id,
  path: run.nameOf(),
  run: await readRecord(run),
  metrics: await metricsOf(run),
  kernels: await kernelsOf(run),
});

/** The last part of what its user calls a place. */
function nameOf(store: Store): string {
  const whole = store.nameOf().replace(/[/\\]+$/, "");
  return whole.replace(/^.*[/\\]/, "");
}
