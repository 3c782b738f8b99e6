import { join } from "node:path";
import type { Command } from "commander";
import { isRegular, writeWhole } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { claimResult, exportedModel } from "../../runs/node/index.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { formatTable, printResult } from "../output.ts";

export function exportCommand(program: Command, makeContext: MakeContext, ending: Ending): void {
  const command = program
    .command("export")
    .summary("write the network that predicts as ONNX")
    .description(
      "Writes the best checkpoint of a run as an ONNX model: input `input` (float32, pixels in [0, 1]), output `logits`. A gated network holds both its networks.",
    )
    .argument("<run>", "run directory")
    .requiredOption("--onnx <file>", "file to write")
    .addHelpText("after", "\nExample:\n  $ gatewise export runs/fc-digits-dlnpf-seed0 --onnx dlnpf.onnx");
  command.action((run: string, { onnx }: { readonly onnx: string }) =>
    runStages(
      command,
      makeContext,
      ending,
      () => ({ run, onnx }),
      async (_, context) => {
        if (await isRegular(run)) throw noRun(run);
        await using result = await claimResult(onnx, {}, [join(run, "run.json"), join(run, "best.safetensors")]);
        const model = await exportedModel(run);
        await writeWhole(result.path, model.bytes);
        const [from, to] = [model.inputs[0], model.outputs[0]].map(
          (port) => `${port?.name} ${port?.dtype} [${port?.shape.join(", ")}]`,
        );
        printResult(context, { onnx, bytes: model.bytes.length, inputs: model.inputs, outputs: model.outputs }, () =>
          formatTable(
            [{ title: "file" }, { title: "bytes", align: "right" }, { title: "input" }, { title: "output" }],
            [[onnx, String(model.bytes.length), from ?? "", to ?? ""]],
          ),
        );
        return EXIT.done;
      },
    ),
  );
}

const noRun = (file: string): GatewiseError =>
  new GatewiseError({
    code: "unsupported-file",
    received: `${file}, a file`,
    expected: "the directory of a run, whose network is written as ONNX",
    next: "give the directory that train has written; a model in ONNX is taken by all commands with --model",
  });
