/** How experiments run, in whatever world: files through a store, trainings through an executor, engines as they are given. */
import type { Dataset, DatasetName } from "../../data/index.ts";
import type { Engine } from "../../engine/index.ts";
import type {
  ExperimentKind,
  ExperimentOf,
  ExperimentOptions,
  ExplanationMeasurement,
  ExplanationProfile,
  HalfTrained,
  InfluenceProfile,
  InfluenceScore,
  Measurement,
  MonitorMeasurement,
  MonitorProfile,
  ObliqueRun,
  ProfileName,
  TheoremFinding,
  TrainingDevice,
  Trial,
  Watched,
  WatchedProfile,
} from "../../experiments/index.ts";
import type { Executor, PoolEvent, TrialOutcome } from "../executor.ts";
import type { Store } from "../store.ts";
import type { DataSelection, GivenFile } from "../trial-request.ts";
import type { TrialState } from "../trial-states.ts";

/** An experiment as it is asked for, and where its results stand. */
export interface ExperimentView<K extends ExperimentKind> {
  readonly experiment: ExperimentOf<K>;
  readonly profile: ProfileName;
  readonly options: ExperimentOptions;
  readonly store: Store;
  /** One of its parts alone, by the name of its place; all of them unless told otherwise. */
  readonly part?: string | undefined;
}

/** An experiment to run. */
export interface ExperimentJob<K extends ExperimentKind> extends ExperimentView<K> {
  readonly places: Pick<DataSelection, "dataDir" | "cacheDir" | "scratch">;
  /** Where networks train; kernels of float64 are always made on the CPU. */
  readonly device: TrainingDevice;
  readonly command: string;
  /** Where the networks are that plans name by digest. */
  readonly networks?: readonly GivenFile[];
  /** Makes the place and keeps others out: to be called once nothing can be refused any more. */
  readonly claim: () => Promise<AsyncDisposable>;
}

/** What runners need of the world. */
export interface RunnerHost {
  readonly executor: Executor;
  /** An engine of one thread; `own`: in a thread of its own, so that this one can do other things meanwhile. */
  openEngine(device: TrainingDevice, where: "here" | "own"): Promise<Engine>;
  loadData(name: DatasetName): Promise<Dataset>;
  /** Milliseconds from any fixed point. */
  clock(): number;
}

/** What happens while an experiment runs. */
export type ExperimentEvent =
  | PoolEvent
  /** Measurements, epochs or draws that are done, of all. */
  | { readonly kind: "count"; readonly done: number; readonly of: number };

export interface RunnerWatch {
  readonly signal: AbortSignal;
  readonly onEvent: (event: ExperimentEvent) => void;
}

/** What stands in an experiment's place. */
export interface Found<K extends ExperimentKind> {
  readonly kind: K;
  readonly experiment: ExperimentOf<K>;
  readonly profile: ProfileName;
  /** What is not done yet, a line a part; empty once it is complete. */
  readonly missing: readonly string[];
}

/** Of comparisons: trials, how far they are and how they ended. */
export interface TrialFindings<K extends "regimes" | "arms" = "regimes" | "arms"> extends Found<K> {
  readonly trials: readonly Trial[];
  /** How far each trial is, also by earlier commands. */
  readonly states: readonly TrialState[];
  /** How the trials of this command have ended; none where nothing was run. */
  readonly outcomes: ReadonlyMap<string, TrialOutcome>;
  /** Where the data came from; undefined before they were read. */
  readonly dataSource: string | undefined;
}

/** Of training that is measured: a row a measurement. */
export interface WatchedFindings extends Found<"watched"> {
  /** As it was run, with the epochs and runs that were asked for. */
  readonly length: WatchedProfile;
  readonly rows: readonly Watched<Measurement>[];
}

/** Of monitors: what is measured of each seed. */
export interface MonitorFindings extends Found<"monitor"> {
  /** As it was run, with the epochs and runs that were asked for. */
  readonly length: MonitorProfile;
  readonly runs: readonly { readonly seed: number; readonly measured: readonly MonitorMeasurement[] }[];
}

/** Of explanations: what is measured of each seed. */
export interface ExplanationFindings extends Found<"explanation"> {
  /** As it was run, with the epochs and runs that were asked for. */
  readonly length: ExplanationProfile;
  readonly runs: readonly { readonly seed: number; readonly measured: readonly ExplanationMeasurement[] }[];
}

/** Of oblique trees: the runs, and the epochs that they were asked for. */
export interface TreeFindings extends Found<"trees"> {
  readonly epochs: number;
  readonly runs: readonly ObliqueRun[];
}

/** Of the theorem: its series of widths. */
export interface TheoremFindings extends Found<"theorem"> {
  /** Of each series the widths that are drawn to the end; none of a series without any. */
  readonly series: readonly TheoremFinding[];
}

/** Of the influence of examples: what was trained on halves, and how well their losses are predicted. */
export interface InfluenceFindings extends Found<"influence"> {
  /** As it was run, with the epochs and networks that were asked for. */
  readonly length: InfluenceProfile;
  /** The first trainings of the halves, and the second ones. */
  readonly trained: readonly (readonly HalfTrained[])[];
  readonly scores: readonly InfluenceScore[];
}

/** What stands in an experiment's place, by its kind. */
export interface FindingsByKind {
  readonly regimes: TrialFindings<"regimes">;
  readonly arms: TrialFindings<"arms">;
  readonly watched: WatchedFindings;
  readonly monitor: MonitorFindings;
  readonly trees: TreeFindings;
  readonly theorem: TheoremFindings;
  readonly influence: InfluenceFindings;
  readonly explanation: ExplanationFindings;
}
/** What stands in the place of an experiment of these kinds. */
export type FindingsOf<K extends ExperimentKind> = FindingsByKind[K];
/** What stands in an experiment's place, complete or not. */
export type Findings = FindingsByKind[ExperimentKind];

export interface Runner<K extends ExperimentKind> {
  /** Names of the places of parts that need nothing of each other; none where it is run as a whole, or by trials. */
  parts(view: Omit<ExperimentView<K>, "store">): readonly string[];
  /**
   * Runs what is not done yet.
   * @throws the signal's reason once it is aborted, unless the outcomes tell it
   */
  run(job: ExperimentJob<K>, host: RunnerHost, watch: RunnerWatch): Promise<FindingsOf<K>>;
  /** Reads what is done. */
  find(view: ExperimentView<K>): Promise<FindingsOf<K>>;
}
