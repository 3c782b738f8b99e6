/** What a process and the workers of its trials say to each other. */
import type { PackedError } from "../../errors.ts";
import type { TrialOutcome, TrialProgress } from "../executor.ts";
import type { TrialRequest } from "../trial-request.ts";

export type ToTrialWorker = { readonly kind: "run"; readonly request: TrialRequest } | { readonly kind: "stop" };
export type FromTrialWorker =
  | { readonly kind: "progress"; readonly progress: TrialProgress }
  | { readonly kind: "notice"; readonly text: string }
  /** A checkpoint stands. */
  | { readonly kind: "kept" }
  | { readonly kind: "outcome"; readonly outcome: TrialOutcome }
  | { readonly kind: "error"; readonly error: PackedError };

/** Signals that reach all processes of a terminal or of a job: the parent hears them for its workers. */
export const STOP_SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"];
