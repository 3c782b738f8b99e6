/** Trials that somebody runs for us, here or elsewhere: what is asked for, what is told meanwhile, and how it ends. */
import type { ErrorCode } from "../errors.ts";
import type { EpochMetrics, TrainingEvent } from "../train/index.ts";
import type { RunResult } from "./run-record.ts";
import type { TrialRequest } from "./trial-request.ts";

/** What a trial reports while it trains. */
export type TrialProgress =
  /** Steps of an epoch that are done, and its mean loss and accuracy in percent so far, while the weights moved. */
  | ({ readonly kind: "steps" } & Pick<
      Extract<TrainingEvent, { readonly kind: "steps" }>,
      "epoch" | "step" | "steps" | "loss" | "accuracy"
    >)
  | { readonly kind: "epoch"; readonly metrics: EpochMetrics };

/** How a trial ended; the text of a failure is that of its GatewiseError. */
export type TrialOutcome =
  | { readonly status: "completed"; readonly result: RunResult }
  | { readonly status: "interrupted" }
  /** Without a code where it is a bug of ours. */
  | { readonly status: "failed"; readonly code?: ErrorCode; readonly message: string; readonly hint: string };

/** A trial to run, and what must be done before it. */
export interface TrialJob {
  readonly id: string;
  readonly request: TrialRequest;
  /** Job that must have completed first. */
  readonly after: string | undefined;
}

/** What happens to the trial `id` of an executor. */
export type PoolEvent =
  /** What an earlier command did of a job, before anything is started. */
  | { readonly kind: "found"; readonly id: string; readonly epochs: number }
  | { readonly kind: "started"; readonly id: string }
  | { readonly kind: "progress"; readonly id: string; readonly progress: TrialProgress }
  /** What the user should know of the data of a job; all jobs on the same data say it. */
  | { readonly kind: "notice"; readonly id: string; readonly text: string }
  | { readonly kind: "ended"; readonly id: string; readonly outcome: TrialOutcome };

/** How trials are stopped and watched. */
export interface TrialWatch {
  /** Asks the trials to stop, with their state kept. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: PoolEvent) => void;
  /** Asked when a job's turn has come: how it has ended elsewhere, or why it is not run here; it is where that is undefined. */
  readonly skip?: ((id: string) => Promise<TrialOutcome | undefined>) | undefined;
}

/**
 * Runs trials: processes of this machine (`localPool`), jobs of a cluster, workers of a page. Whoever runs them writes each
 * into the place that its request names, and goes on with what stands there.
 */
export interface Executor {
  /**
   * Runs all jobs, each once what it waits for has completed.
   * @returns the outcome of every job; a job whose predecessor did not complete fails or is interrupted with it
   */
  run(jobs: readonly TrialJob[], watch: TrialWatch): Promise<ReadonlyMap<string, TrialOutcome>>;
}

/** How trials are watched, and how many are run at a time. */
export interface ExecutorOptions extends TrialWatch {
  readonly workers: number;
}
