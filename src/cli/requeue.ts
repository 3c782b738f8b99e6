/** A Slurm task whose time is up goes back into its queue, where it has something to go on from. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { codeOf } from "../errors.ts";
import { commandLine } from "./context.ts";
import { note } from "./output.ts";

/** A command that was stopped because its time was up. */
export interface TimedOut {
  readonly args: readonly string[];
  /** The line that goes on with it, as it has told. */
  readonly resumption: string | undefined;
  /** Whether something is on the disk to go on from. */
  readonly hasKept: boolean;
  /** Whether it was canceled meanwhile. */
  readonly isCanceled: () => boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;
/** Runs a program to its end. */
type Run = (file: string, args: readonly string[]) => Promise<unknown>;

/** A controller that does not answer is waited for no longer: what follows the signal is a kill. */
const ANSWER_MS = 20_000;
const runHere: Run = (file, args) => promisify(execFile)(file, args, { timeout: ANSWER_MS });

const isNumber = (text: string | undefined): text is string => text !== undefined && /^\d+$/.test(text);

/** The job, or the one task of its array, that this process is of; undefined outside Slurm. */
export function slurmTask(environment: Environment): string | undefined {
  const { SLURM_JOB_ID: job, SLURM_ARRAY_JOB_ID: array, SLURM_ARRAY_TASK_ID: task } = environment;
  if (isNumber(array) && isNumber(task)) return `${array}_${task}`;
  return isNumber(job) ? job : undefined;
}

/**
 * What became of the task, for people; undefined outside Slurm, where nobody starts it again.
 * @param run of `scontrol`
 */
export async function requeued(
  { args, resumption, hasKept, isCanceled }: TimedOut,
  environment: Environment,
  run: Run = runHere,
): Promise<string | undefined> {
  const id = slurmTask(environment);
  if (id === undefined || isCanceled()) return undefined;
  if (!hasKept) return `job ${id} is not requeued: nothing was kept that it could go on from`;
  // the same line is started again
  if (resumption !== undefined && resumption !== commandLine(args))
    return `job ${id} is not requeued: started again, its command would not go on; add to it what the line above has more`;
  try {
    await run("scontrol", ["requeue", id]);
    return `job ${id} is requeued: it goes on when Slurm starts it again`;
  } catch (thrown) {
    return `job ${id} is not requeued: ${reasonOf(thrown)}; submit it again to go on`;
  }
}

/** As {@link requeued}, on the streams of this process. */
export async function requeueTask(timedOut: TimedOut): Promise<void> {
  const told = await requeued(timedOut, process.env);
  if (told !== undefined) note({ stderr: process.stderr, json: timedOut.args.includes("--json") }, told);
}

function reasonOf(thrown: unknown): string {
  if (codeOf(thrown) === "ENOENT") return "there is no scontrol here";
  const { stderr = "", killed = false } = thrown as { readonly stderr?: string; readonly killed?: boolean };
  if (killed) return `scontrol did not answer in ${ANSWER_MS / 1000} s`;
  return stderr.trim().split("\n").at(-1) || "scontrol refused";
}
