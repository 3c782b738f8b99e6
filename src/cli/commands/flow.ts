import type { DefineCommand } from "../command.ts";
import { withModelOptions } from "../model-option.ts";

export const flowCommand: DefineCommand = (program, act) => {
  const command = withModelOptions(program.command("flow"))
    .summary("what carries an output: sums over all paths through every input element, unit and edge")
    .description(
      "Sums the contributions of all paths of one example through each part of the network, exactly; with a reference, what paths both inputs leave open, and what only the one or the other does.",
    )
    .requiredOption("--inputs <file>", ".npy, float32 or float64, [n, …input shape]")
    .option("--example <index>", "which example of the file, from 0", "0")
    .option("--output <index>", "which output, from 0 (default: the one with the largest logit)")
    .option("--against <index>", "another output: why the one and not the other")
    .option(
      "--reference <which>",
      "another example: its index, a .npy file with one, or nearest:C, the most similar one that the network gives class C",
    )
    .option("--svg <file>", "draw the input's signed map, the layers and the edges that carry most")
    .option("--out <dir>", "write flow.json, the maps as .npy, flow.svg and flow-dark.svg into a folder")
    .addHelpText(
      "after",
      "\nNetworks of every size are summed in float64, in one thread; none goes through the engine.\n\nExample:\n  $ gatewise flow --model runs/fc-digits-relu-seed0 --inputs x.npy --example 3 --output 9 --against 4\n  $ gatewise flow --model cnn.onnx --inputs images.npy --against 4 --reference nearest:4 --json",
    );
  act(command, async () => (await import("../actions/flow.ts")).flow);
};
