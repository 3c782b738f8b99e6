/** Which task a process is, by the variables of schedulers. */
import { expect, it } from "vitest";
import { arrayTask, inTaskOrder } from "../../src/sweeps/index.ts";
import { errorOf } from "../support/error-of.ts";

const SLURM = {
  SLURM_ARRAY_TASK_ID: "13",
  SLURM_ARRAY_TASK_MIN: "3",
  SLURM_ARRAY_TASK_STEP: "5",
  SLURM_ARRAY_TASK_COUNT: "4",
};

it.each([
  ["nothing", {}, {}, undefined],
  ["what was asked for", { task: 2, tasks: 5 }, SLURM, { task: 2, tasks: 5 }],
  ["a task of unknown many", { task: 7 }, SLURM, { task: 7, tasks: undefined }],
  ["Slurm", {}, SLURM, { task: 2, tasks: 4 }],
  ["Slurm, asked for as many", { tasks: 8 }, SLURM, { task: 2, tasks: 8 }],
  ["Slurm, an array with gaps", {}, { ...SLURM, SLURM_ARRAY_TASK_STEP: "1" }, { task: 2, tasks: 4 }],
  ["PBS", {}, { PBS_ARRAY_INDEX: "4" }, { task: 4, tasks: undefined }],
  ["Torque", {}, { PBS_ARRAYID: "4" }, { task: 4, tasks: undefined }],
  ["PBS from 1", { tasks: 4 }, { PBS_ARRAY_INDEX: "4" }, { task: 0, tasks: 4 }],
  [
    "Grid Engine",
    {},
    { SGE_TASK_ID: "5", SGE_TASK_FIRST: "1", SGE_TASK_LAST: "9", SGE_TASK_STEPSIZE: "2" },
    { task: 2, tasks: 5 },
  ],
  ["Grid Engine outside of an array", {}, { SGE_TASK_ID: "undefined", SGE_TASK_FIRST: "undefined" }, undefined],
  ["LSF", {}, { LSB_JOBINDEX: "3", LSB_JOBINDEX_END: "10", LSB_JOBINDEX_STEP: "1" }, { task: 2, tasks: 10 }],
  ["LSF outside of an array", {}, { LSB_JOBINDEX: "0" }, undefined],
  ["Kubernetes", {}, { JOB_COMPLETION_INDEX: "0" }, { task: 0, tasks: undefined }],
])("%s", (_, asked, environment, task) => {
  expect(arrayTask(asked, environment)).toEqual(task);
});

it("refuses a task beyond their number, and a number without a task", () => {
  expect(errorOf(() => arrayTask({ task: 5, tasks: 5 }, {})).message).toBe(
    "`task` 5 of 5: expected a task from 0 to 4",
  );
  expect(errorOf(() => arrayTask({ tasks: 5 }, {})).message).toBe(
    "`tasks` 5 without `task`: expected which of them this one is, or a job array whose scheduler tells it",
  );
});

const TRIALS = ["a", "a", "b", "c", "c", "d", "e"].map((family, i) => ({ family, i }));
const familiesOf = (task: number, tasks: number | undefined) =>
  inTaskOrder(TRIALS, { task, tasks })
    .map(({ family, i }) => `${family}${i}`)
    .join(" ");

it("a task begins with its own families, and goes on with those of the tasks behind it", () => {
  expect(familiesOf(1, 2)).toBe("b2 d5 a0 a1 c3 c4 e6");
  expect(familiesOf(2, 3)).toBe("c3 c4 a0 a1 d5 b2 e6");
  expect(familiesOf(3, undefined)).toBe("d5 e6 a0 a1 b2 c3 c4");
  // more tasks than families: the later ones help
  expect(familiesOf(6, 100)).toBe("b2 c3 c4 d5 e6 a0 a1");
});
