import type { DefineCommand } from "../command.ts";
import { DATA_CHOICES, withFileOptions, withNormalizationOptions } from "../data-options.ts";
import { withModelOptions } from "../model-option.ts";
import { DEVICE_OPTION, TIME_LIMIT_ALONE_OPTION } from "../options.ts";

export const evaluateCommand: DefineCommand = (program, act) => {
  const command = withModelOptions(program.command("evaluate"))
    .summary("accuracy and loss of a trained network on a test set")
    .description(
      "Measures a network on the test set of a data set: the best checkpoint of a run, or an ONNX model of any framework. Of files without a test set all examples are taken; a run leaves out those that it was trained on.",
    )
    .option("--data <data>", `${DATA_CHOICES} (default for a run: its own)`)
    .option("--data-dir <dir>", "where the data set is looked for first")
    .option(...DEVICE_OPTION)
    .option(...TIME_LIMIT_ALONE_OPTION)
    .addHelpText("after", "\nExample:\n  $ gatewise evaluate --model runs/fc-digits-relu-seed0 --data digits");
  withNormalizationOptions(withFileOptions(command));
  act(command, async () => (await import("../actions/evaluate.ts")).evaluate);
};
