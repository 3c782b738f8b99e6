import { OPTIMIZER_KINDS } from "../../train/index.ts";
import type { DefineCommand } from "../command.ts";
import { DATA_CHOICES, withFileOptions, withNormalizationOptions } from "../data-options.ts";
import { withModelPart } from "../model-option.ts";
import { TIME_LIMIT_OPTION } from "../options.ts";

export const dissectCommand: DefineCommand = (program, act) => {
  const command = program
    .command("dissect")
    .summary("how much of what a network learned is in its gates")
    .description(
      "Trains fresh values behind the gates of a network and behind random ones, and tells how much of what learning gained over random gates its gates hold.",
    )
    .requiredOption("--model <model>", "an .onnx file, or a run of regime relu: RUN, RUN@last or RUN@12")
    .option("--data <data>", `${DATA_CHOICES} (default: a run's own)`)
    .option("--data-dir <dir>", "where the data set is looked for first")
    .option("--quick", "an answer in a minute: one seed, a short training, the first 10,000 training examples at most")
    .option("--seeds <n>", "runs of each row, with seeds 0, 1, … (default: 3; quick 1)")
    .option("--epochs <n>", "epochs of each run (default: 20, and as many as 3,000 steps take; quick 5 and 1,500)")
    .option("--steps <n>", "as many epochs as so many steps take, in place of --epochs")
    .option(
      "--validation <share>",
      "training examples held out; a run counts at its least loss on them (default: real values 0.1)",
    )
    .option("--limit <n>", "the first n training examples only (default: all; quick at most 10,000)")
    .option("--optimizer <name>", OPTIMIZER_KINDS.join(", "), "adam")
    .option("--lr <x>", "learning rate (default: adam 1e-3, sgd 1e-2)")
    .option("--batch <n>", "examples a step", "32")
    .option("--apart", "also gates and values learnt apart (DLNPF)")
    .option("--anew", "also a network of the same shape, trained anew")
    .option(
      "--kernel-examples <n>",
      "test inputs that the kernel machines are fitted on, and tested on (default: up to 1,000)",
    )
    .option("--workers <n>", "trainings side by side (default: all cores of the job, or of the machine)")
    .option("--out <dir>", "folder for the runs and the report (default: runs/dissect-MODEL-DATA, quick …-quick)")
    .option("--resume", "go on with what the folder holds")
    .option(...TIME_LIMIT_OPTION)
    .addHelpText("after", "\nExample:\n  $ gatewise dissect --model network.onnx --data mnist --quick");
  withModelPart(withNormalizationOptions(withFileOptions(command)));
  act(command, async () => (await import("../actions/dissect.ts")).dissect);
};
