/** A sweep as job arrays of Slurm. */
import { mkdir, rmdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { GatewiseError } from "../../errors.ts";
import { readLines } from "../../runs/index.ts";
import { folderStore } from "../../runs/node/index.ts";
import { type ArrayJob, arrayJobs, arrayText, familyStates, openTasks, taskCount } from "../slurm/array-jobs.ts";
import { familiesInQueue, readSubmission, type Submission, submissionLine } from "../slurm/submissions.ts";
import { type JobTemplate, NO_TEMPLATE } from "../slurm/template.ts";
import type { TrialLook } from "../trial-look.ts";
import type { ArrayScript, Slurm } from "./slurm.ts";
import type { Sweep } from "./sweep-folder.ts";

const SUBMITTED = "submitted.jsonl";
const LOGS = "logs";
/** Seconds before its end that a task is told: a checkpoint of a large network on a busy disk. */
const NOTICE_SECONDS = 120;

/** How a sweep is sent. */
export interface SubmitOptions {
  readonly template: JobTemplate | undefined;
  /** What a task takes, about. */
  readonly taskSeconds: number;
  /** Tasks that run at once. */
  readonly maxRunning: number | undefined;
  /** Arrays one after the other, where Slurm may not requeue. */
  readonly rounds: number | undefined;
  /** Send failed trials, too. */
  readonly retryFailed: boolean;
}

/** A sweep, and how far its trials are. */
export interface SubmittedSweep {
  readonly sweep: Sweep;
  /** In the order of the trials. */
  readonly looks: readonly TrialLook[];
}

/** The program as compute nodes start it, by absolute paths: `node`, then its file. */
export type Program = readonly [string, ...string[]];

/** What is to be sent. */
export interface SubmitPlan {
  /** Of the sweep, absolute. */
  readonly directory: string;
  /** Number of all tasks of the sweep. */
  readonly tasks: number;
  readonly arrays: readonly (ArrayJob & ArrayScript)[];
  /** Of trials that are neither done nor queued. */
  readonly trials: number;
  /** Trials that wait or run in Slurm already. */
  readonly queued: number;
  readonly options: SubmitOptions;
}

/**
 * Looks what of a sweep is to be sent, and how.
 * @throws GatewiseError where Slurm does not answer, or has no arrays
 */
export async function planSubmission(
  { sweep, looks }: SubmittedSweep,
  options: SubmitOptions,
  slurm: Slurm,
  program: Program,
): Promise<SubmitPlan> {
  const directory = resolve(sweep.directory);
  const families = familyStates(sweep.trials, looks, options.retryFailed);
  const before = await readLines(folderStore(directory), SUBMITTED, readSubmission);
  const inQueue: ReadonlySet<number> =
    before.length === 0 ? new Set() : familiesInQueue(before, await slurm.queue(), families.length);
  const cores = Number(options.template?.options.get("cpus-per-task") ?? 1);
  const tasks = taskCount(families, cores, options.taskSeconds);
  const open = families.map(({ unfinished }, i) => ({ isOpen: unfinished > 0 && !inQueue.has(i) }));
  const jobs = arrayJobs(openTasks(open, tasks), await slurm.maxArraySize());
  const unfinishedOf = (isCounted: (i: number) => boolean): number =>
    families.reduce((sum, { unfinished }, i) => sum + (isCounted(i) ? unfinished : 0), 0);
  return {
    ...{ directory, tasks, options },
    arrays: jobs.map((job) => ({ ...job, ...arrayScript(job, { directory, tasks, options, program }) })),
    trials: unfinishedOf((i) => open[i]?.isOpen === true),
    queued: unfinishedOf((i) => inQueue.has(i)),
  };
}

function arrayScript(
  { first, indices }: ArrayJob,
  {
    directory,
    tasks,
    options,
    program,
  }: Pick<SubmitPlan, "directory" | "tasks" | "options"> & { readonly program: Program },
): ArrayScript {
  const { template = NO_TEMPLATE, maxRunning, rounds = 1, retryFailed } = options;
  const unless = (option: string, ...words: readonly string[]): readonly string[] =>
    template.options.has(option) ? [] : words;
  const index = first === 0 ? '"$SLURM_ARRAY_TASK_ID"' : `"$((SLURM_ARRAY_TASK_ID + ${first}))"`;
  const command = [...program, "sweep", "run", directory].map(quoted).join(" ");
  return {
    options: [
      `--array=${arrayText(indices, maxRunning)}`,
      ...unless("job-name", `--job-name=${basename(directory)}`),
      ...unless("output", `--output=${join(directory, LOGS).replaceAll("%", "%%")}/%A_%a.out`),
      ...unless("open-mode", "--open-mode=append"),
      ...unless("signal", `--signal=B:USR2@${NOTICE_SECONDS}`),
      ...(rounds > 1 ? ["--no-requeue"] : unless("no-requeue", "--requeue")),
    ],
    // in place of the shell, which is what Slurm signals
    script: `${template.text}exec ${command} --task ${index} --tasks ${tasks}${retryFailed ? " --retry-failed" : ""}\n`,
  };
}

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** Has Slurm look at each array, without sending it. */
export const testSubmission = (plan: SubmitPlan, slurm: Slurm): Promise<readonly string[]> =>
  Promise.all(plan.arrays.map((array) => slurm.test(array)));

/**
 * Sends what is neither done nor queued, all arrays of it, round for round.
 * @returns what was planned and what was sent
 * @throws GatewiseError where Slurm refuses an array; those before it stay sent, and are told
 */
export async function submitSweep(
  submitted: SubmittedSweep,
  options: SubmitOptions,
  slurm: Slurm,
  program: Program,
  now: () => string,
): Promise<{ readonly plan: SubmitPlan; readonly sent: readonly Submission[] }> {
  const store = folderStore(resolve(submitted.sweep.directory));
  // two who send at once would send twice
  await using _lock = await store.lock();
  const plan = await planSubmission(submitted, options, slurm, program);
  if (plan.arrays.length === 0) return { plan, sent: [] };
  const logs = join(plan.directory, LOGS);
  const isNew = (await mkdir(logs, { recursive: true })) !== undefined;
  const sent: Submission[] = [];
  try {
    for await (const submission of submissions(plan, slurm, now)) {
      await store.append(SUBMITTED, submissionLine(submission));
      sent.push(submission);
    }
    return { plan, sent };
  } catch (thrown) {
    if (sent.length > 0) throw partly(thrown, plan, sent);
    if (isNew) await rmdir(logs);
    throw thrown;
  }
}

async function* submissions(
  { arrays, tasks, options: { maxRunning, rounds = 1 } }: SubmitPlan,
  slurm: Slurm,
  now: () => string,
): AsyncGenerator<Submission> {
  let before: readonly string[] = [];
  let last: string | undefined;
  for (let round = 0; round < rounds; round++) {
    const jobs: string[] = [];
    for (const { first, indices, script, options } of arrays) {
      // arrays beside each other would have so many running each
      const awaited = maxRunning === undefined || last === undefined ? before : [last];
      const dependency = awaited.length === 0 ? [] : [`--dependency=afterany:${awaited.join(":")}`];
      last = await slurm.submit({ script, options: [...options, ...dependency] });
      jobs.push(last);
      yield { scheduler: "slurm", job: last, array: arrayText(indices, maxRunning), first, tasks, submittedAt: now() };
    }
    before = jobs;
  }
}

/** An error behind which some arrays are in the queue. */
function partly(
  thrown: unknown,
  { arrays, options: { rounds = 1 } }: SubmitPlan,
  sent: readonly Submission[],
): unknown {
  if (!(thrown instanceof GatewiseError)) return thrown;
  const { code, received, expected, hint } = thrown;
  return new GatewiseError({
    ...{ code, expected, cause: thrown },
    received: `${received}; before that ${sent.length} of ${arrays.length * rounds} arrays were sent (${sent.map(({ job }) => job).join(", ")})`,
    next: `${hint}; submit again to send the rest`,
  });
}
