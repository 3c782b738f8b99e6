import type { DefineCommand } from "../command.ts";
import { withModelOptions } from "../model-option.ts";
import { TIME_LIMIT_ALONE_OPTION } from "../options.ts";

export const subnetworkCommand: DefineCommand = (program, act) => {
  const command = withModelOptions(program.command("subnetwork"))
    .summary("the fewest units that decide: whose removal changes a decision, or that keep it alone")
    .description(
      "Closes the units through which most flows to the decided output less the strongest other, the flow renewed and all other gates decided anew as they close, until the network decides otherwise; beside it how many it takes by activation and in random order. Of all inputs, or of one.",
    )
    .requiredOption("--inputs <file>", ".npy, float32 or float64, [n, …input shape]")
    .option("--example <index>", "one of them, from 0 (default: all, and how their shares are distributed)")
    .option(
      "--sufficient",
      "the fewest units that keep the decision when all others are closed, and what they alone say of the other inputs",
    )
    .option("--margin <share>", "with --sufficient: of the margin that is kept, from 0 to 1 (default: 0.5)")
    .option("--seed <n>", "decides the random order (default: 0)")
    .option(...TIME_LIMIT_ALONE_OPTION)
    .addHelpText(
      "after",
      "\nExamples:\n  $ gatewise subnetwork --model runs/fc-digits-relu-seed0 --inputs x.npy --example 3\n  $ gatewise subnetwork --model cnn.onnx --inputs images.npy\n  $ gatewise subnetwork --model cnn.onnx --inputs images.npy --example 3 --sufficient --margin 0.5",
    );
  act(command, async () => (await import("../actions/subnetwork.ts")).subnetwork);
};
