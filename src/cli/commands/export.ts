import { join } from "node:path";
import type { Command } from "commander";
import { writeWhole } from "../../data/node/index.ts";
import { constant, graph, input, writeModel } from "../../graph/index.ts";
import { byName, mapParameters, predict, regimeOf, type TrialParameters } from "../../network/index.ts";
import type { RunRecord } from "../../runs/index.ts";
import { readBest, readRun } from "../../runs/node/index.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { formatTable, printResult } from "../output.ts";
import { claimResult } from "../result-file.ts";

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
        const { plan } = await readRun(run);
        await using result = await claimResult(onnx, {}, [join(run, "run.json"), join(run, "best.safetensors")]);
        const { parameters } = await readBest(run);
        const model = predictingModel(plan, parameters);
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

/** The network that predicts, with its parameters inside, for any batch. */
function predictingModel(plan: RunRecord["plan"], parameters: TrialParameters) {
  const { architecture } = plan;
  const tensors = mapParameters(parameters, (array) => constant(array));
  const x = input("input", "float32", ["batch", ...architecture.inputShape]);
  const { logits } = predict(architecture, regimeOf(plan), tensors, x);
  // each an array of its own under its name, though two may hold the same numbers (biases before training)
  const arrays = new Map(Object.entries(byName(tensors)).map(([name, tensor]) => [tensor, name]));
  return writeModel(graph({ logits }), { arrays });
}
