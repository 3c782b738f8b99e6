/** Which share of divided work this process takes: as it was told, or as an array of a scheduler tells it. */
import { GatewiseError } from "../errors.ts";
import { parseWhole } from "../parse-value.ts";

/** One of so many tasks, from 0. */
export interface ArrayTask {
  readonly task: number;
  readonly tasks: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What a scheduler tells the tasks of an array, by the names of its variables. */
interface ArrayVariables {
  readonly scheduler: string;
  readonly index: string;
  /** The first index, 0 where nothing tells it. */
  readonly first?: string | number;
  readonly last?: string;
  readonly step?: string;
}

/** From the manuals of the schedulers. Without the last index the number of tasks is not told. */
const ARRAYS: readonly ArrayVariables[] = [
  {
    scheduler: "Slurm",
    index: "SLURM_ARRAY_TASK_ID",
    first: "SLURM_ARRAY_TASK_MIN",
    last: "SLURM_ARRAY_TASK_MAX",
    step: "SLURM_ARRAY_TASK_STEP",
  },
  { scheduler: "PBS Pro", index: "PBS_ARRAY_INDEX" },
  { scheduler: "Torque", index: "PBS_ARRAYID" },
  {
    scheduler: "Grid Engine",
    index: "SGE_TASK_ID",
    first: "SGE_TASK_FIRST",
    last: "SGE_TASK_LAST",
    step: "SGE_TASK_STEPSIZE",
  },
  { scheduler: "LSF", index: "LSB_JOBINDEX", first: 1, last: "LSB_JOBINDEX_END", step: "LSB_JOBINDEX_STEP" },
  { scheduler: "Kubernetes", index: "JOB_COMPLETION_INDEX" },
];

/** The options `--task` and `--tasks`, as they were typed. */
export type TaskOptions = Readonly<Partial<Record<"task" | "tasks", string>>>;

/**
 * The task that this process is: what was typed goes before what the environment tells.
 * @returns undefined where there is neither: all of the work is this process's
 * @throws GatewiseError for a task without the number of tasks, or beyond it
 */
export function parseTask(options: TaskOptions, environment: Environment): ArrayTask | undefined {
  const asked = options.tasks === undefined ? undefined : parseWhole("--tasks", options.tasks, 1);
  if (options.task !== undefined) return checkedTask(parseWhole("--task", options.task, 0), asked);
  const array = arrayIn(environment);
  if (array !== undefined) {
    const tasks = asked ?? array.tasks;
    if (tasks === undefined) throw withoutTasks(`task ${array.index} of an array of ${array.scheduler}`);
    // an array may begin anywhere, and hold only some of the tasks that were asked for
    return { task: (asked === undefined ? array.place : array.index) % tasks, tasks };
  }
  if (asked === undefined || asked === 1) return undefined;
  throw new GatewiseError({
    received: `--tasks ${asked} without --task, outside an array of a scheduler`,
    expected: "which of the tasks this is",
    next: "add --task I, from 0, or leave --tasks out for all of the work",
  });
}

function checkedTask(task: number, tasks: number | undefined): ArrayTask {
  if (tasks === undefined) throw withoutTasks(`--task ${task} alone`);
  if (task < tasks) return { task, tasks };
  throw new GatewiseError({
    received: `--task ${task} of ${tasks}`,
    expected: `a task from 0 to ${tasks - 1}`,
    next: "count tasks from 0, or give another --tasks",
  });
}

const withoutTasks = (received: string): GatewiseError =>
  new GatewiseError({ received, expected: "the number of tasks beside it", next: "add --tasks N" });

interface FoundArray {
  readonly scheduler: string;
  readonly index: number;
  /** From 0. */
  readonly place: number;
  readonly tasks: number | undefined;
}

function arrayIn(environment: Environment): FoundArray | undefined {
  const number = (name: string | number | undefined): number | undefined => {
    if (typeof name !== "string") return name;
    const text = environment[name] ?? "";
    return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  };
  for (const { scheduler, index: name, ...range } of ARRAYS) {
    const index = number(name);
    const first = number(range.first) ?? 0;
    // Grid Engine says "undefined" outside an array, LSF 0
    if (index === undefined || index < first) continue;
    const [last, step] = [number(range.last), Math.max(1, number(range.step) ?? 1)];
    const tasks = last === undefined || last < index ? undefined : Math.floor((last - first) / step) + 1;
    return { scheduler, index, place: Math.floor((index - first) / step), tasks };
  }
  return undefined;
}
