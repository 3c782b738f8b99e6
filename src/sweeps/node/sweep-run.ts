/** How a process runs a sweep, and what it has come to. */
import type { ErrorCode } from "../../errors.ts";
import type { DataSelection, Executor, ExperimentEvent } from "../../runs/index.ts";
import type { ArrayTask } from "../array-task.ts";
import type { TrialLook } from "../trial-look.ts";

/** How a sweep is run. */
export interface SweepRun {
  /** Begins with other families than the other tasks; in the order of the plan where there are none. */
  readonly task: ArrayTask | undefined;
  readonly places: Pick<DataSelection, "dataDir" | "cacheDir">;
  /** What runs it, for the records. */
  readonly command: string;
  /** Run failed trials again, too; of a task, those of its own families. */
  readonly retryFailed: boolean;
}

/** What runs its trials, and how it is stopped and watched. */
export interface SweepWatch {
  readonly executor: Executor;
  readonly signal: AbortSignal;
  readonly onEvent: (event: ExperimentEvent) => void;
  /** Milliseconds since 1970, and from any fixed point. */
  readonly now: () => number;
  readonly clock: () => number;
}

/** A trial that has failed, here or before. */
export interface FailedTrial {
  readonly trial: string;
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly hint: string;
}

/** How a sweep stands when a process has done what it could. */
export interface SweepRunResult {
  readonly looks: readonly TrialLook[];
  /** Trials that this process has completed. */
  readonly completed: number;
  readonly failed: readonly FailedTrial[];
}
