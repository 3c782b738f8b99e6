import { KERNEL_DTYPES } from "../../models/node/index.ts";
import { NTK_PARTS } from "../choices.ts";
import type { DefineCommand } from "../command.ts";
import { withModelOptions } from "../model-option.ts";
import { THREADS_OPTION, TIME_LIMIT_OPTION } from "../options.ts";
import { withTileCommands } from "../tile-commands.ts";

export const ntkCommand: DefineCommand = (program, act) => {
  const command = withModelOptions(program.command("ntk"))
    .summary("neural tangent kernel of one output")
    .description(
      "Inner products of the output's gradients by the parameters, for every two inputs: of those that carry the value, of those that only make the gates, or of both.",
    )
    .requiredOption("--inputs <file>", ".npy, float32 or float64, [n, …input shape]")
    .option("--output <number>", "the logit that is differentiated, from 0", "0")
    .option("--part <part>", NTK_PARTS.join(", "), "all")
    .option("--inputs2 <file>", "other inputs for the columns")
    .option("--smallest-eigenvalue", "compute it however long it takes; else where it takes little beside the kernel")
    .option("--out <file>", "write the kernel as .npy")
    .option("--dtype <dtype>", `element type of the file: ${KERNEL_DTYPES.join(", ")} (default: float64)`)
    .option(...THREADS_OPTION)
    .option("--resume", "go on with an interrupted file of tiles")
    .option(...TIME_LIMIT_OPTION)
    .option("--plan <dir>", "plan the kernel for many processes: nothing is made yet")
    .option("--tile <n>", "of a plan: rows and columns of a tile, best a multiple of 1024")
    .addHelpText(
      "after",
      "\nMore than 16,000 inputs, --inputs2, --dtype, --threads or --resume write the kernel tile by tile, of any size.\n\nExample:\n  $ gatewise ntk --model runs/fc-digits-dlnpf-seed0 --inputs x.npy --out ntk.npy",
    );
  act(command, async () => (await import("../actions/ntk.ts")).ntk);
  withTileCommands(command, act);
};
