import { NORMALIZATIONS } from "../../models/index.ts";
import { KERNEL_DTYPES } from "../../models/node/index.ts";
import { NPK_PARTS } from "../choices.ts";
import type { DefineCommand } from "../command.ts";
import { withModelOptions } from "../model-option.ts";
import { DEVICE_OPTION, THREADS_OPTION, TIME_LIMIT_OPTION } from "../options.ts";
import { withTileCommands } from "../tile-commands.ts";

export const npkCommand: DefineCommand = (program, act) => {
  const command = withModelOptions(program.command("npk"))
    .summary("neural path kernel of inputs")
    .description(
      "The neural path kernel: for each two inputs, the inner product of their neural path features. It is computed by tiles into the file, of any size; an interrupted one goes on with --resume.",
    )
    .requiredOption("--inputs <file>", ".npy, float32 or float64, [n, …input shape]")
    .option("--inputs2 <file>", "other inputs for the columns")
    .option("--normalize <how>", NORMALIZATIONS.join(", "), "none")
    .option("--part <part>", NPK_PARTS.join(", "), "full")
    .option("--dtype <dtype>", `element type of the file: ${KERNEL_DTYPES.join(", ")} (default: float64)`)
    .option("--out <file>", "write the kernel as .npy")
    .option("--features <r>", "estimate the kernel by as many random path features, with its error")
    .option("--features-out <file>", "write the features themselves, [n, R], as .npy: for kernel-fit, of any n")
    .option("--seed <n>", "seed of the random features (default: 0)")
    .option(...THREADS_OPTION)
    .option(...DEVICE_OPTION)
    .option("--resume", "go on with an interrupted file")
    .option(...TIME_LIMIT_OPTION)
    .option("--plan <dir>", "plan the kernel, or the features, for many processes: nothing is made yet")
    .option("--tile <n>", "of a plan: rows and columns of a tile")
    .addHelpText(
      "after",
      "\nExamples:\n  $ gatewise npk --model runs/fc-digits-relu-seed0 --inputs x.npy --out kernel.npy\n  $ gatewise npk --model model.onnx --inputs x.npy --plan plans/kernel --tile 512",
    );
  act(command, async () => (await import("../actions/npk.ts")).npk);
  withTileCommands(command, act);
};
