import type { DefineCommand } from "../command.ts";
import { withModelOptions } from "../model-option.ts";
import { TIME_LIMIT_ALONE_OPTION } from "../options.ts";

export const pathsCommand: DefineCommand = (program, act) => {
  const command = withModelOptions(program.command("paths"))
    .summary("what an output is made of: numbers, masses and the strongest paths of one example")
    .description(
      "Counts the paths of one example to an output, sums their contributions and lists the largest, exactly.",
    )
    .requiredOption("--inputs <file>", ".npy, float32 or float64, [n, …input shape]")
    .option("--example <index>", "which example of the file, from 0", "0")
    .option("--output <index>", "which output, from 0 (default: the one with the largest logit)")
    .option("--top <count>", "how many of the largest paths", "10")
    .option("--bundles", "also the largest bundles: paths of the same weights at all positions, summed")
    .option("--svg <file>", "draw the active network with these paths")
    .option(...TIME_LIMIT_ALONE_OPTION)
    .addHelpText(
      "after",
      "\nExample:\n  $ gatewise paths --model runs/fc-digits-relu-seed0 --inputs x.npy --example 3 --svg active.svg\n  $ gatewise paths --model cnn.onnx --inputs images.npy --bundles",
    );
  act(command, async () => (await import("../actions/paths.ts")).paths);
};
