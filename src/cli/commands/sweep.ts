import { SCHEDULERS } from "../choices.ts";
import type { DefineCommand } from "../command.ts";
import { TIME_LIMIT_ALONE_OPTION } from "../options.ts";

const DATA_DIR = "where data sets are looked for first";

export const sweepCommand: DefineCommand = (program, act) => {
  const sweep = program
    .command("sweep")
    .summary("many trainings by one plan, on one machine or as tasks of a cluster")
    .description(
      "Plans many trainings, runs them here or as tasks side by side, says how far they are, and gathers their results.",
    )
    .addHelpText(
      "after",
      "\nExample:\n  $ gatewise sweep plan sweep.json --out sweeps/rates\n  $ gatewise sweep run sweeps/rates",
    );

  const plan = sweep
    .command("plan")
    .summary("expand a file of options into trials")
    .description(
      "Expands a JSON file of options of train into trials, checks each, and says what they will take. Planned again, trials that are there stay, new ones are added, and those that are no longer in are listed.",
    )
    .argument("<file>", "JSON with base, grid, list, random and seeds; options as of train, in camel case")
    .requiredOption("--out <dir>", "folder of the sweep")
    .option("--data-dir <dir>", DATA_DIR)
    .addHelpText("after", "\nExample:\n  $ gatewise sweep plan sweep.json --out sweeps/rates");
  act(plan, async () => (await import("../actions/sweep-plan.ts")).plan);

  const run = sweep
    .command("run")
    .summary("run what is not done yet")
    .description(
      "Runs the trials that are not done yet, several at a time. Several processes may run one sweep, here or on other machines that see its folder: each takes what nobody else has.",
    )
    .argument("<dir>", "folder of the sweep")
    .option(
      "--task <i>",
      "begin with the families of this task, from 0 (default: the job array's variable of Slurm, PBS, Grid Engine, LSF or Kubernetes)",
    )
    .option("--tasks <n>", "number of tasks (default: as the scheduler tells it)")
    .option("--workers <n>", "trials side by side (default: all cores of the job, or of the machine)")
    .option("--retry-failed", "run failed trials again, too")
    .option("--data-dir <dir>", `${DATA_DIR} (default: that of the plan)`)
    .option(...TIME_LIMIT_ALONE_OPTION)
    .addHelpText("after", "\nExample:\n  $ gatewise sweep run sweeps/rates --task 3 --tasks 20 --time-limit 1h");
  act(run, async () => (await import("../actions/sweep.ts")).run);

  const submit = sweep
    .command("submit")
    .summary("send it to a cluster's scheduler as a job array")
    .description(
      "Sends what is not done yet to Slurm, as tasks of about an hour that go on with each other's trials. Submitted again, it sends what is neither done nor waiting nor running.",
    )
    .argument("<dir>", "folder of the sweep, which all nodes see")
    .requiredOption("--on <scheduler>", SCHEDULERS.join(", "))
    .option("--template <file>", "job script with your #SBATCH lines and modules, which the sweep's line is added to")
    .option("--task-time <duration>", "what a task takes, about", "1h")
    .option("--max-running <n>", "tasks that run at once (default: as many as Slurm starts)")
    .option("--rounds <n>", "arrays one after the other, where Slurm may not requeue a task whose time is up")
    .option("--retry-failed", "send failed trials, too")
    .option("--dry-run", "show what would be sent, and have Slurm test it")
    .addHelpText(
      "after",
      "\nExample:\n  $ gatewise sweep submit sweeps/rates --on slurm --template job.sh --max-running 20",
    );
  act(submit, async () => (await import("../actions/sweep-submit.ts")).submit);

  const status = sweep
    .command("status")
    .summary("how far it is")
    .description(
      "Tells from the folders of the trials which are done, running (their locks beat), stalled (a process has died over them), failed and why, and waiting; and the hours that are left.",
    )
    .argument("<dir>", "folder of the sweep")
    .option("--watch", "go on telling until all is done")
    .addHelpText("after", "\nExample:\n  $ gatewise sweep status sweeps/rates --watch");
  act(status, async () => (await import("../actions/sweep-status.ts")).status);

  const gather = sweep
    .command("gather")
    .summary("table, results.csv and report of what is done")
    .description(
      "Gathers what is done: a table of means over the seeds, results.csv with a line a trial, a report, and what is missing.",
    )
    .argument("<dir>", "folder of the sweep")
    .addHelpText("after", "\nExample:\n  $ gatewise sweep gather sweeps/rates");
  act(gather, async () => (await import("../actions/sweep-gather.ts")).gather);
};
