import { resolve } from "node:path";
import { parseWhole } from "../../parse-value.ts";
import { localPool, workerCount } from "../../runs/node/index.ts";
import { type ArrayTask, arrayTask, statusCounts, type TrialLook } from "../../sweeps/index.ts";
import { type FailedTrial, readSweep, runSweep, type Sweep, type SweepRunResult } from "../../sweeps/node/index.ts";
import { dim, red } from "../colors.ts";
import { type CliContext, shellWord } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { inFlags } from "../in-flags.ts";
import { interruptedCode, interruptionOf } from "../interruption.ts";
import { note, printResult } from "../output.ts";
import { count } from "../planned-sweep.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";
import { sweepProgress } from "../sweep-progress.ts";

interface RunOptions {
  readonly task?: string;
  readonly tasks?: string;
  readonly workers?: string;
  readonly retryFailed?: boolean;
  readonly dataDir?: string;
  readonly timeLimit?: string;
}

interface RunRequest {
  readonly directory: string;
  readonly task: ArrayTask | undefined;
  readonly workers: number;
  readonly retryFailed: boolean;
  readonly dataDir: string | undefined;
}

export const run = inStages(
  ({ context }, directory: string, options: RunOptions) => readRequest(directory, options, context),
  runRun,
);

function readRequest(
  directory: string,
  { task, tasks, workers, retryFailed = false, dataDir }: RunOptions,
  { environment }: CliContext,
): RunRequest {
  const asked = {
    task: task === undefined ? undefined : parseWhole("--task", task, 0),
    tasks: tasks === undefined ? undefined : parseWhole("--tasks", tasks, 1),
  };
  return {
    ...{ directory, retryFailed, dataDir },
    task: arrayTask(asked, environment),
    workers: workerCount(workers === undefined ? undefined : parseWhole("--workers", workers, 1), environment),
  };
}

async function runRun(
  { directory, task, workers, retryFailed, dataDir }: RunRequest,
  context: CliContext,
): Promise<ExitCode> {
  const { signal, command, cacheDir } = context;
  const sweep = await readSweep(directory);
  const trainings = sweep.trials.flatMap((trial) => (trial.kind === "training" ? [trial] : []));
  const lengths = trainings.map(({ trial, plan, after }) => ({ id: trial, plan, after: after ?? undefined }));
  note(
    context,
    `${count(sweep.trials.length, "trial")}, ${lengths.length === 0 ? "one" : workers} at a time${taskWords(task)}, in ${shown(directory)}`,
  );
  const view = sweepProgress(context, lengths, workers);
  let result: SweepRunResult;
  try {
    const places = { dataDir: dataDir === undefined ? sweep.record.dataDir : resolve(dataDir), cacheDir };
    result = await runSweep(
      sweep,
      { task, places, command, retryFailed },
      {
        executor: (context.executor ?? localPool)(workers),
        ...{ signal, onEvent: view.onEvent },
        now: () => Date.now(),
        clock: () => performance.now(),
      },
    );
  } finally {
    view.close();
  }
  return finish(sweep, result, context);
}

const taskWords = (task: ArrayTask | undefined): string =>
  task === undefined ? "" : `, as task ${task.task}${task.tasks === undefined ? "" : ` of ${task.tasks}`}`;

function finish({ directory }: Sweep, { looks, completed, failed }: SweepRunResult, context: CliContext): ExitCode {
  const counts = statusCounts(looks);
  const told = failed.map(({ trial, code, message, hint }) => ({
    trial,
    code,
    message: inFlags(message),
    hint: inFlags(hint),
  }));
  printResult(
    context,
    { sweep: directory, completed, ...counts, failures: told },
    () => `${count(completed, "trial")} completed here; ${counts.done} of ${counts.trials} are done`,
  );
  tellFailures(told, context);
  const { signal } = context;
  const isStopped = signal.aborted && counts.done + counts.failed < counts.trials;
  if (isStopped) {
    note(context, `${interruptionOf(signal)}; to go on:\n  ${context.command}`);
    return interruptedCode(signal);
  }
  tellOthers(looks, context);
  if (failed.length === 0) return EXIT.done;
  note(context, `to run failed trials again:\n  gatewise sweep run ${shown(shellWord(directory))} --retry-failed`);
  return failed.every(({ code }) => code === "taken-over") ? EXIT.takenOver : EXIT.failed;
}

/** Failures that a terminal tells one by one. */
const MOST_FAILURES = 5;

function tellFailures(failed: readonly FailedTrial[], context: CliContext): void {
  for (const { trial, message, hint } of failed.slice(0, MOST_FAILURES))
    note(context, `${red("failed")} ${shown(trial)}: ${shown(message)}\n${dim("  →")} ${shown(hint)}`);
  if (failed.length > MOST_FAILURES) note(context, `and ${failed.length - MOST_FAILURES} more`);
}

/** What is not done, and yet is for others to do. */
function tellOthers(looks: readonly TrialLook[], context: CliContext): void {
  const running = looks.filter(({ status }) => status === "running");
  const waiting = looks.filter(({ status }) => status === "waiting" || status === "stalled").length;
  if (running.length === 0) return;
  const who = running
    .slice(0, MOST_FAILURES)
    .map(({ trial, by }) => `\n  ${shown(trial)}${by === null ? "" : `: ${shown(by)}`}`);
  const behind = waiting === 0 ? "" : `, and ${waiting} wait for them`;
  note(context, `${count(running.length, "trial")} not done yet, which other processes run${behind}:${who.join("")}`);
}
