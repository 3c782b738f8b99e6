import type { DefineCommand } from "../command.ts";
import { withModelOptions } from "../model-option.ts";

export const inspectCommand: DefineCommand = (program, act) => {
  const command = withModelOptions(program.command("inspect"))
    .summary("what a network is, before anything runs")
    .description("Tells a network's layers, parameters, gates and paths, and what its kernels over n inputs will take.")
    .option("--inputs <n>", "number of inputs that the kernels are estimated for", "1000")
    .option(
      "--check <file>",
      "count gates that differ in float32 (kernels) and float64 (paths) for the inputs of a .npy",
    )
    .option("--architecture <file>", "write its layers as JSON, which train --arch takes: without its weights")
    .addHelpText("after", "\nExample:\n  $ gatewise inspect --model network.onnx --inputs 10000");
  act(command, async () => (await import("../actions/inspect.ts")).inspect);
};
