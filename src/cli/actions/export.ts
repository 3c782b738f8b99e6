import { join } from "node:path";
import { isRegular, writeGuarded } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { claimResult, exportedModel } from "../../runs/node/index.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printResult } from "../output.ts";
import { inStages } from "../stages.ts";
import { formatTable } from "../table.ts";

interface ExportRequest {
  readonly run: string;
  readonly onnx: string;
}

export const exportRun = inStages((_, run: string, { onnx }: { readonly onnx: string }) => ({ run, onnx }), writeOnnx);

const noRun = (file: string): GatewiseError =>
  new GatewiseError({
    code: "unsupported-file",
    received: `${file}, a file`,
    expected: "the directory of a run, whose network is written as ONNX",
    next: "give the directory that train has written; a model in ONNX is taken by all commands with --model",
  });

async function writeOnnx({ run, onnx }: ExportRequest, context: CliContext): Promise<ExitCode> {
  if (await isRegular(run)) throw noRun(run);
  await using result = await claimResult(onnx, {}, [join(run, "run.json"), join(run, "best.safetensors")]);
  const model = await exportedModel(run);
  await writeGuarded(result, result.path, model.bytes);
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
}
