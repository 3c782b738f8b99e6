import { VALUE_DTYPES } from "../choices.ts";
import type { DefineCommand } from "../command.ts";
import { withModelOptions } from "../model-option.ts";
import { DEVICE_OPTION, TIME_LIMIT_ALONE_OPTION } from "../options.ts";

export const gatesCommand: DefineCommand = (program, act) => {
  const command = withModelOptions(program.command("gates"))
    .summary("which gates are on: statistics, and the gates themselves as bits")
    .description("Extracts the gates of every input and tells how many are on, never on or always on, layer by layer.")
    .option("--inputs <file>", ".npy, float32 or float64, [n, …input shape]")
    .option("--out <file>", "write the packed gates as .npy, uint8 [n, bytes]; with --values a folder")
    .option("--values <layers>", "write pre-activations and activations of layers, names as inspect lists them, or all")
    .option("--dtype <dtype>", `element type of the values: ${VALUE_DTYPES.join(", ")}`)
    .option("--labels <file>", ".npy of whole numbers: overlap of the gates within and between classes")
    .option("--against <model>", "share of gates that differ from those of another network of this shape")
    .option("--example <index>", "which example --nearest and --towards are about, from 0 (default: 0)")
    .option("--nearest <count>", "the units that flip nearest to one example, and how far the input is from it")
    .option("--towards <which>", "every flip from one example to another: its index, or a .npy file with one")
    .option(
      "--training",
      "which gates flipped in each epoch of a run (train --watch-gates), and when each layer settled",
    )
    .option(...DEVICE_OPTION)
    .option(...TIME_LIMIT_ALONE_OPTION)
    .addHelpText(
      "after",
      "\nEach example's layers follow each other in whole 64-bit words; np.unpackbits(g, axis=1, bitorder='little') unpacks them.\n\nExample:\n  $ gatewise gates --model runs/fc-digits-relu-seed0 --inputs x.npy --out gates.npy\n  $ gatewise gates --model network.onnx --inputs x.npy --values all --out values\n  $ gatewise gates --model network.onnx --inputs x.npy --example 3 --nearest 10\n  $ gatewise gates --model network.onnx --inputs x.npy --example 3 --towards 8",
    );
  act(command, async () => (await import("../actions/gates.ts")).gates);
};
