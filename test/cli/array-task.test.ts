import { describe, expect, it } from "vitest";
import { parseTask } from "../../src/cli/array-task.ts";
import { errorOf } from "../support/error-of.ts";

describe("the task of a process", () => {
  // variables from the manuals of the schedulers
  it.each([
    [{}, {}, undefined],
    [{ tasks: "1" }, {}, undefined],
    [{ task: "2", tasks: "5" }, {}, { task: 2, tasks: 5 }],
    [
      { task: "2", tasks: "5" },
      { SLURM_ARRAY_TASK_ID: "3", SLURM_ARRAY_TASK_MAX: "9" },
      { task: 2, tasks: 5 },
    ],
    [
      {},
      { SLURM_ARRAY_TASK_ID: "7", SLURM_ARRAY_TASK_MIN: "5", SLURM_ARRAY_TASK_MAX: "14", SLURM_ARRAY_TASK_STEP: "1" },
      { task: 2, tasks: 10 },
    ],
    [
      {},
      { SLURM_ARRAY_TASK_ID: "20", SLURM_ARRAY_TASK_MIN: "0", SLURM_ARRAY_TASK_MAX: "90", SLURM_ARRAY_TASK_STEP: "10" },
      { task: 2, tasks: 10 },
    ],
    // some tasks of an array are sent again
    [
      { tasks: "20" },
      { SLURM_ARRAY_TASK_ID: "7", SLURM_ARRAY_TASK_MIN: "3", SLURM_ARRAY_TASK_MAX: "7" },
      { task: 7, tasks: 20 },
    ],
    [{ tasks: "4" }, { PBS_ARRAY_INDEX: "4" }, { task: 0, tasks: 4 }],
    [{ tasks: "4" }, { PBS_ARRAYID: "3" }, { task: 3, tasks: 4 }],
    [{}, { SGE_TASK_ID: "5", SGE_TASK_FIRST: "1", SGE_TASK_LAST: "9", SGE_TASK_STEPSIZE: "2" }, { task: 2, tasks: 5 }],
    [{}, { SGE_TASK_ID: "undefined", SGE_TASK_FIRST: "undefined", SGE_TASK_LAST: "undefined" }, undefined],
    [{}, { LSB_JOBINDEX: "3", LSB_JOBINDEX_END: "4" }, { task: 2, tasks: 4 }],
    [{}, { LSB_JOBINDEX: "0" }, undefined],
    [{ tasks: "3" }, { JOB_COMPLETION_INDEX: "2" }, { task: 2, tasks: 3 }],
  ])("%j in %j is %j", (options, environment, wanted) => expect(parseTask(options, environment)).toEqual(wanted));

  it.each([
    [{ task: "1" }, {}, "--task 1 alone: expected the number of tasks beside it", "add --tasks N"],
    [
      {},
      { PBS_ARRAY_INDEX: "4" },
      "task 4 of an array of PBS Pro: expected the number of tasks beside it",
      "add --tasks N",
    ],
    [
      { task: "3", tasks: "3" },
      {},
      "--task 3 of 3: expected a task from 0 to 2",
      "count tasks from 0, or give another --tasks",
    ],
    [
      { tasks: "3" },
      {},
      "--tasks 3 without --task, outside an array of a scheduler: expected which of the tasks this is",
      "add --task I, from 0, or leave --tasks out for all of the work",
    ],
  ])("%j in %j is refused", (options, environment, message, hint) =>
    expect(errorOf(() => parseTask(options, environment))).toMatchObject({ message, hint }),
  );
});
