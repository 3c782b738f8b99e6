import type { DefineCommand } from "../command.ts";

export const exportCommand: DefineCommand = (program, act) => {
  const command = program
    .command("export")
    .summary("write the network that predicts as ONNX")
    .description(
      "Writes the best checkpoint of a run as an ONNX model: input `input` (float32, pixels in [0, 1]), output `logits`. A gated network holds both its networks.",
    )
    .argument("<run>", "run directory")
    .requiredOption("--onnx <file>", "file to write")
    .addHelpText("after", "\nExample:\n  $ gatewise export runs/fc-digits-dlnpf-seed0 --onnx dlnpf.onnx");
  act(command, async () => (await import("../actions/export.ts")).exportRun);
};
