/**
 * Trials side by side, each in a process of its own: one that dies (out of memory, killed) takes no other with it.
 */

import { fork } from "node:child_process";
import { createRequire } from "node:module";
import { tellKept } from "../../data/node/index.ts";
import { nativeEnvironment } from "../../engine/node/index.ts";
import { GatewiseError, unpackError } from "../../errors.ts";
import { optionsIn } from "../../options.ts";
import type { Executor, ExecutorOptions, TrialJob, TrialOutcome, TrialWatch } from "../executor.ts";
import { findRecord, writeRecord } from "../run-files.ts";
import { folderStore } from "./folder-store.ts";
import { watchedBy } from "./parent-watch.ts";
import { type FromTrialWorker, STOP_SIGNALS, type ToTrialWorker } from "./trial-messages.ts";

/** Runs one trial that nothing waits for any more; it throws nothing. */
export type RunJob = (job: TrialJob, watch: TrialWatch) => Promise<TrialOutcome>;

/**
 * Runs all jobs, each in a process of its own, `workers` at a time, in their order as far as what they wait for allows.
 * @returns the outcome of every job; a job whose predecessor did not complete fails or is interrupted with it
 */
export const runTrials = async (
  jobs: readonly TrialJob[],
  options: ExecutorOptions,
): Promise<ReadonlyMap<string, TrialOutcome>> => runTrialsBy(runInProcess, jobs, optionsIn(options));

/** As {@link runTrials}, each by `runJob`. */
export async function runTrialsBy(
  runJob: RunJob,
  jobs: readonly TrialJob[],
  options: ExecutorOptions,
): Promise<ReadonlyMap<string, TrialOutcome>> {
  const outcomes = new Map<string, TrialOutcome>();
  const waiting = [...jobs];
  const running = new Set<Promise<void>>();

  const end = (id: string, outcome: TrialOutcome): void => {
    outcomes.set(id, outcome);
    options.onEvent({ kind: "ended", id, outcome });
  };
  const start = async (job: TrialJob): Promise<void> => {
    const known = await options.skip?.(job.id);
    if (known !== undefined) return end(job.id, known);
    options.onEvent({ kind: "started", id: job.id });
    end(job.id, await runJob(job, options));
  };

  while (waiting.length > 0 || running.size > 0) {
    while (running.size < options.workers) {
      const next = takeReady(waiting, outcomes);
      if (next === undefined) break;
      const blocked = blockedBy(next, outcomes, options.signal);
      if (blocked !== undefined) end(next.id, blocked);
      else {
        const task = start(next).finally(() => running.delete(task));
        running.add(task);
      }
    }
    if (running.size > 0) await Promise.race(running);
    else if (waiting.length > 0) throw new Error(`unreachable: ${waiting[0]?.id} waits for a job that is not there`);
  }
  return outcomes;
}

/** Processes of this machine, some at a time. */
export const localPool = (workers: number): Executor => ({
  run: (jobs, { signal, onEvent, skip }) => runTrials(jobs, { workers, signal, onEvent, skip }),
});

function takeReady(waiting: TrialJob[], outcomes: ReadonlyMap<string, TrialOutcome>): TrialJob | undefined {
  const index = waiting.findIndex(({ after }) => after === undefined || outcomes.has(after));
  return index < 0 ? undefined : waiting.splice(index, 1)[0];
}

/** The outcome of a trial that threw. */
export function failureOf(thrown: Error): TrialOutcome {
  const { message, stack = "" } = thrown;
  if (!(thrown instanceof GatewiseError)) return { status: "failed", message, hint: stack };
  return { status: "failed", code: thrown.code, message, hint: thrown.hint };
}

/** Why a job cannot start, or undefined if it can. */
function blockedBy(
  { after }: TrialJob,
  outcomes: ReadonlyMap<string, TrialOutcome>,
  signal: AbortSignal,
): TrialOutcome | undefined {
  const before = after === undefined ? undefined : outcomes.get(after);
  if (signal.aborted || before?.status === "interrupted") return { status: "interrupted" };
  if (before?.status !== "failed") return undefined;
  if (before.code === "in-use") {
    return {
      ...{ status: "failed", code: "in-use" },
      message: `not started: ${after}, whose trained gates it needs, is run by another process`,
      hint: "whoever runs that trial goes on with this one",
    };
  }
  return {
    status: "failed",
    message: `not started: ${after}, whose trained gates it needs, failed`,
    hint: "mend what stopped that trial, then resume",
  };
}

async function runInProcess({ id, request }: TrialJob, { signal, onEvent }: TrialWatch): Promise<TrialOutcome> {
  const worker = fork(createRequire(import.meta.url).resolve("#dist/trial-worker.js"), {
    env: watchedBy(nativeEnvironment(process.env)),
    serialization: "advanced",
    execArgv: [],
  });
  // a worker that is gone cannot be told anything: its end says all
  const post = (message: ToTrialWorker): void => void (worker.connected && worker.send(message, () => {}));
  const stop = (): void => post({ kind: "stop" });
  signal.addEventListener("abort", stop);
  try {
    return await new Promise<TrialOutcome>((resolve, reject) => {
      let settled: TrialOutcome | undefined;
      worker.on("message", (message: FromTrialWorker) => {
        switch (message.kind) {
          case "progress":
            onEvent({ kind: "progress", id, progress: message.progress });
            break;
          case "notice":
            onEvent({ kind: "notice", id, text: message.text });
            break;
          case "kept":
            tellKept();
            break;
          case "outcome":
            settled = message.outcome;
            break;
          case "error":
            settled = failureOf(unpackError(message.error));
            break;
        }
      });
      worker.on("error", (error) => {
        if (worker.pid === undefined) resolve(failedWith(`a worker process that did not start: ${error.message}`));
      });
      // "close" and not "exit": all messages have been read by then
      worker.on("close", (code, killedBy) => {
        if (settled !== undefined) resolve(settled);
        else markEnded(request.directory, signal, killedBy ?? `exit code ${code}`).then(resolve, reject);
      });
      post({ kind: "run", request });
    });
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function failedWith(received: string) {
  const { code, message, hint } = new GatewiseError({
    code: "worker-ended",
    received,
    expected: "a worker that runs its trial to the end",
    next: "resume to go on from its last checkpoint; if memory was short, with fewer workers",
  });
  return { status: "failed", code, message, hint } as const;
}

/** A worker ended without a word: its run, if it was under way, is marked and can be resumed. */
async function markEnded(directory: string, signal: AbortSignal, how: string): Promise<TrialOutcome> {
  // a worker that was just starting does not know better yet than to end by what reaches all processes
  const interrupted = signal.aborted || STOP_SIGNALS.some((name) => name === how);
  const outcome = interrupted
    ? ({ status: "interrupted" } as const)
    : failedWith(`a worker process that ended: ${how}`);
  const run = folderStore(directory, { patienceMs: 0, awaitLease: false });
  if ((await findRecord(run))?.status !== "running") return outcome;
  // the lock of the worker goes with it; a run that somebody has resumed, here or elsewhere, is not touched
  await using lock = await run.lock().catch(() => null);
  if (lock === null) return outcome;
  // once more behind the lock: whoever resumed it may have come to its end
  const record = await findRecord(run);
  if (record?.status !== "running") return outcome;
  const error = outcome.status === "failed" ? { message: outcome.message, hint: outcome.hint } : null;
  await writeRecord(run, { ...record, status: outcome.status, error });
  return outcome;
}
