import type { Command } from "commander";
import { EXPERIMENT_NAMES } from "../../experiments/index.ts";
import { REGIME_NAMES } from "../../network/index.ts";
import type { DefineCommand } from "../command.ts";
import { withFileOptions, withNormalizationOptions } from "../data-options.ts";
import { DEVICE_OPTION, TIME_LIMIT_OPTION } from "../options.ts";

export const reproduceCommand: DefineCommand = (program, act) => {
  const command = withNormalizationOptions(withFileOptions(options(program)));
  act(command, async () => (await import("../actions/reproduce.ts")).reproduce);
};

const options = (program: Command): Command =>
  program
    .command("reproduce")
    .summary("run an experiment of the paper, all regimes and seeds")
    .description("Runs an experiment of the paper, several trials at a time, and writes a table and a report.")
    .argument("[experiment]", EXPERIMENT_NAMES.join(", "))
    .option("--list", "list the experiments")
    .option("--profile <name>", "quick: a part of the data, few epochs; full: the paper's protocol", "quick")
    .option("--regimes <a,b>", `some of ${REGIME_NAMES.join(",")}`)
    .option("--seeds <n>", "runs of each regime, with seeds 0, 1, …")
    .option("--epochs <n>", "epochs of each run")
    .option("--data <data>", "a file or folder of your own in place of the experiment's data set")
    .option("--data-dir <dir>", "where the data set is looked for first")
    .option("--workers <n>", "trials side by side (default: all cores of the job, or of the machine)")
    .option(...DEVICE_OPTION)
    .option("--out <dir>", "folder for the runs and the report (default: runs/EXPERIMENT-PROFILE)")
    .option("--plan <dir>", "plan its trials into a folder for sweep run, and run none")
    .option("--resume", "go on with what the folder holds")
    .option(...TIME_LIMIT_OPTION)
    .addHelpText("after", "\nExample:\n  $ gatewise reproduce fc-mnist-adam --profile full --data-dir data");
