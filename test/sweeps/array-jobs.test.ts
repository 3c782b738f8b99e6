/** How a sweep becomes job arrays, and what Slurm's commands say, without Slurm. */
import { describe, expect, it } from "vitest";
import { jobNumber, maxArraySize, queuedTasks } from "../../src/sweeps/slurm/answers.ts";
import { arrayJobs, arrayText, openTasks, taskCount } from "../../src/sweeps/slurm/array-jobs.ts";
import { familiesInQueue } from "../../src/sweeps/slurm/submissions.ts";
import { readTemplate } from "../../src/sweeps/slurm/template.ts";
import { errorOf } from "../support/error-of.ts";

const families = (count: number, seconds: number) => Array.from({ length: count }, () => ({ seconds }));

describe("tasks of an hour", () => {
  it.each([
    { title: "short ones together", all: families(60, 120), cores: 1, tasks: 2 },
    { title: "long ones alone", all: families(25, 50_000), cores: 1, tasks: 25 },
    { title: "several cores at a time", all: families(60, 3600), cores: 4, tasks: 15 },
    { title: "one, if it is little", all: families(3, 1), cores: 1, tasks: 1 },
  ])("$title", ({ all, cores, tasks }) => expect(taskCount(all, cores, 3600)).toBe(tasks));

  it("are sent that have something left", () => {
    const open = [false, true, false, false, false, true, true].map((isOpen) => ({ isOpen }));
    expect(openTasks(open, 3)).toEqual([0, 1, 2]);
    expect(openTasks(open, 7)).toEqual([1, 5, 6]);
  });

  it.each([
    { tasks: [0, 1, 2, 3], max: 1001, jobs: [{ first: 0, indices: [0, 1, 2, 3] }] },
    {
      tasks: [0, 2, 3, 4, 8],
      max: 3,
      jobs: [
        { first: 0, indices: [0, 2] },
        { first: 3, indices: [0, 1] },
        { first: 6, indices: [2] },
      ],
    },
  ])("are arrays below $max", ({ tasks, max, jobs }) => expect(arrayJobs(tasks, max)).toEqual(jobs));

  it.each([
    { indices: [0], maxRunning: undefined, text: "0" },
    { indices: [0, 1, 2, 7, 9, 10], maxRunning: undefined, text: "0-2,7,9-10" },
    { indices: [3, 4], maxRunning: 2, text: "3-4%2" },
  ])("$text", ({ indices, maxRunning, text }) => expect(arrayText(indices, maxRunning)).toBe(text));

  it("that wait or run keep their families from being sent again", () => {
    const sent = { scheduler: "slurm", array: "", submittedAt: "" } as const;
    const submissions = [
      { ...sent, job: "7", first: 0, tasks: 4 },
      { ...sent, job: "8", first: 3, tasks: 4 },
    ];
    const queue = [
      { job: "7", index: 1 },
      { job: "8", index: 0 },
      { job: "9", index: 0 },
    ];
    expect([...familiesInQueue(submissions, queue, 10)]).toEqual([1, 5, 9, 3, 7]);
  });
});

describe("Slurm's answers", () => {
  it.each([
    ["17\n", "17"],
    ["18;cluster\n", "18"],
  ])("the number of a job, %j", (text, job) => expect(jobNumber(text)).toBe(job));

  it("what is no number", () =>
    expect(errorOf(() => jobNumber("Submitted batch job 17"))).toMatchObject({
      message: 'from sbatch: "Submitted batch job 17": expected the number of a job',
    }));

  it("the size of arrays", () =>
    expect(maxArraySize("MailProg = /bin/mail\nMaxArraySize            = 1001\nMaxDBDMsgs = 20012\n")).toBe(1001));

  it("a cluster without arrays", () =>
    expect(errorOf(() => maxArraySize("MaxArraySize            = 0\n"))).toMatchObject({
      message: "a Slurm whose MaxArraySize is 0: expected one that takes job arrays",
    }));

  it("the queue; jobs that are no arrays are others'", () =>
    expect(queuedTasks("12_0\n12_11\n14\n\n")).toEqual([
      { job: "12", index: 0 },
      { job: "12", index: 11 },
    ]));
});

describe("a job script of the user's", () => {
  const HEAD = "#!/bin/bash\n";

  it("keeps its lines, and tells its options by their long names", () => {
    const text = `${HEAD}#SBATCH --partition=long --time 12:00:00 # nights\n#SBATCH -c4 -J 'my sweep'\n\nmodule load nodejs`;
    const template = readTemplate(text, "job.sh");
    expect(template.text).toBe(`${text}\n`);
    expect(template.options).toEqual(
      new Map([
        ["partition", "long"],
        ["time", "12:00:00"],
        ["cpus-per-task", "4"],
        ["job-name", "my sweep"],
      ]),
    );
  });

  it.each([
    { text: "", what: "job.sh: an empty file" },
    { text: "module load nodejs\n", what: "job.sh: no #! in its first line" },
    { text: `${HEAD}module load nodejs\r\n`, what: "job.sh: line ends of Windows, which sbatch refuses" },
    { text: `${HEAD}#SBATCH --array=0-3\n`, what: "job.sh, line 2: #SBATCH --array" },
    { text: `${HEAD}#SBATCH -a 0-3\n`, what: "job.sh, line 2: #SBATCH --array" },
    { text: `${HEAD}#SBATCH --time=1:00 --dependency=afterok:7\n`, what: "job.sh, line 2: #SBATCH --dependency" },
    { text: `${HEAD}#SBATCH -n 8\n`, what: "job.sh, line 2: #SBATCH --ntasks=8" },
    { text: `${HEAD}#SBATCH --signal=USR1@60\n`, what: "job.sh, line 2: #SBATCH --signal=USR1@60" },
    {
      text: `${HEAD}module load nodejs\n#SBATCH --time=1:00\n`,
      what: "job.sh, line 3: #SBATCH --time=1:00 behind the first command, where Slurm does not read it",
    },
    {
      text: `${HEAD}module load nodejs\nexit 0\n`,
      what: 'job.sh, line 3: "exit 0", which ends the script before the sweep\'s line',
    },
  ])("is refused: $what", ({ text, what }) =>
    expect(errorOf(() => readTemplate(text, "job.sh"))).toMatchObject({
      message: `${what}: expected a bash script with #SBATCH lines for partition, account, time, memory or cores, then modules`,
    }),
  );

  it.each(["B:USR2@60", "RB:SIGUSR2@300"])("may tell when it is told of its end: %s", (signal) =>
    expect(readTemplate(`${HEAD}#SBATCH --signal=${signal}\n`, "job.sh").options.get("signal")).toBe(signal),
  );
});
