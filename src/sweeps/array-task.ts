/** Which task of how many a process is, as schedulers tell it by variables of their own. */
import { GatewiseError } from "../errors.ts";

/** A task among those that share a sweep. */
export interface ArrayTask {
  /** From 0. */
  readonly task: number;
  /** Undefined where nobody tells it: as many as there are families. */
  readonly tasks: number | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of one scheduler. */
interface ArrayVariables {
  /** Of the task. */
  readonly index: string;
  /** Of the first index, where it is not `first`. */
  readonly min?: string;
  readonly step?: string;
  /** Of the number of tasks, and of the last index. */
  readonly count?: string;
  readonly max?: string;
  /** The least index that there is. */
  readonly first: number;
}

/**
 * In this order: Slurm (`sbatch --array`), PBS (`qsub -J`), Torque (`qsub -t`), Grid Engine (`qsub -t`; the index is `undefined` outside of an
 * array), LSF (`bsub -J "name[1-n]"`; the index is 0 outside), Kubernetes (jobs whose completions are indexed).
 */
const VARIABLES: readonly ArrayVariables[] = [
  {
    index: "SLURM_ARRAY_TASK_ID",
    min: "SLURM_ARRAY_TASK_MIN",
    step: "SLURM_ARRAY_TASK_STEP",
    count: "SLURM_ARRAY_TASK_COUNT",
    max: "SLURM_ARRAY_TASK_MAX",
    first: 0,
  },
  { index: "PBS_ARRAY_INDEX", first: 0 },
  { index: "PBS_ARRAYID", first: 0 },
  { index: "SGE_TASK_ID", min: "SGE_TASK_FIRST", step: "SGE_TASK_STEPSIZE", max: "SGE_TASK_LAST", first: 1 },
  { index: "LSB_JOBINDEX", step: "LSB_JOBINDEX_STEP", max: "LSB_JOBINDEX_END", first: 1 },
  { index: "JOB_COMPLETION_INDEX", first: 0 },
];

/**
 * The task that a process is: as told, else by the variables of a scheduler's job array; undefined of a process alone.
 * @param asked `task` from 0, and the number of `tasks`
 * @throws GatewiseError for a number of tasks without a task, and for a task beyond it
 */
export function arrayTask(
  asked: { readonly task?: number | undefined; readonly tasks?: number | undefined },
  environment: Environment,
): ArrayTask | undefined {
  const { task, tasks } = asked;
  if (task !== undefined) {
    if (tasks === undefined || task < tasks) return { task, tasks };
    throw new GatewiseError({
      received: `\`task\` ${task} of ${tasks}`,
      expected: `a task from 0 to ${tasks - 1}`,
      next: "count tasks from 0",
    });
  }
  const found = VARIABLES.map((one) => placeIn(one, environment)).find((place) => place !== undefined);
  if (found !== undefined) {
    const of = tasks ?? found.tasks;
    // arrays may have gaps, and begin anywhere: what a task begins with is all that hangs on its number
    return { task: of === undefined ? found.task : found.task % of, tasks: of };
  }
  if (tasks === undefined) return undefined;
  throw new GatewiseError({
    received: `\`tasks\` ${tasks} without \`task\``,
    expected: "which of them this one is, or a job array whose scheduler tells it",
    next: "give `task`, from 0, or leave `tasks` out",
  });
}

/** The task that the variables of a scheduler tell; undefined outside of its arrays. */
function placeIn({ index, min, step, count, max, first }: ArrayVariables, environment: Environment) {
  const numberOf = (name: string | undefined): number | undefined => {
    const text = name === undefined ? undefined : environment[name];
    return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  };
  const at = numberOf(index);
  if (at === undefined || at < first) return undefined;
  const from = numberOf(min) ?? first;
  const by = Math.max(1, numberOf(step) ?? 1);
  const last = numberOf(max);
  const counted = numberOf(count) ?? (last === undefined ? undefined : Math.floor((last - from) / by) + 1);
  return {
    task: Math.max(0, Math.floor((at - from) / by)),
    tasks: counted === undefined || counted < 1 ? undefined : counted,
  };
}
