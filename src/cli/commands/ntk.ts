import type { Command } from "commander";
import { writeNpy } from "../../data/index.ts";
import { writeWhole } from "../../data/node/index.ts";
import type { KernelSize, TangentSummary } from "../../kernels/index.ts";
import type { TangentAnswer } from "../../models/index.ts";
import { parseChoice, parseWhole } from "../../parse-value.ts";
import { claimResult } from "../../runs/node/index.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import {
  type ModelOptions,
  type ModelRequest,
  openModelWithInputs,
  readModelOptions,
  withModelOptions,
} from "../model-option.ts";
import { formatTable, note, printResult } from "../output.ts";
import { withStages } from "../progress.ts";
import { shown } from "../shown.ts";

const PARTS = ["value", "feature", "all"] as const;

interface NtkOptions extends ModelOptions {
  readonly inputs: string;
  readonly output: string;
  readonly part: string;
  readonly out?: string;
}

interface NtkRequest extends Omit<NtkOptions, "output" | "part"> {
  readonly output: number;
  readonly part: (typeof PARTS)[number];
  readonly chosen: ModelRequest;
}

export function ntkCommand(program: Command, makeContext: MakeContext, ending: Ending): void {
  const command = withModelOptions(program.command("ntk"))
    .summary("neural tangent kernel of one output")
    .description(
      "Inner products of the output's gradients by the parameters, for every two inputs: of those that carry the value, of those that only make the gates, or of both.",
    )
    .requiredOption("--inputs <file>", ".npy, float32 or float64, [n, …input shape]")
    .option("--output <number>", "the logit that is differentiated, from 0", "0")
    .option("--part <part>", PARTS.join(", "), "all")
    .option("--out <file>", "write the kernel as .npy, float64 [n, n]")
    .addHelpText(
      "after",
      "\nExample:\n  $ gatewise ntk --model runs/fc-digits-dlnpf-seed0 --inputs x.npy --out ntk.npy",
    );
  command.action((options: NtkOptions) =>
    runStages(
      command,
      makeContext,
      ending,
      () => ({
        ...options,
        chosen: readModelOptions(options),
        output: parseWhole("--output", options.output, 0),
        part: parseChoice("part", options.part, PARTS),
      }),
      runNtk,
    ),
  );
}

async function runNtk(request: NtkRequest, context: CliContext): Promise<ExitCode> {
  const { chosen, inputs: file, output, part, out } = request;
  const { model, inputs, files } = await openModelWithInputs(context, chosen, file);
  await using _ = model;
  await using result = await claimResult(out, { "--inputs": file }, files);
  const [examples = 0] = inputs.shape;
  note(context, `needs up to ${Math.ceil((await model.tangentBytes(examples, part)) / 1e6)} MB of memory`);
  const { kernel, summary, parts } = await withStages(context, (onProgress) =>
    model.tangentAnswer(inputs, { output, part, onProgress, signal: context.signal }),
  );
  if (result !== undefined) await writeWhole(result.path, writeNpy(kernel));
  printResult(context, { examples, output, part, ...summary, ...(parts && { parts }), out: out ?? null }, () =>
    [
      describe(part, summary, parts, output, examples),
      ...(out === undefined ? [] : [`kernel written to ${shown(out)}`]),
    ].join("\n\n"),
  );
  return EXIT.done;
}

function describe(
  part: NtkRequest["part"],
  { smallestEigenvalue, smallestEigenvalueOf, ...whole }: TangentSummary,
  parts: TangentAnswer["parts"],
  output: number,
  examples: number,
): string {
  const row = (name: string, { trace, frobenius }: KernelSize): readonly string[] => [
    name,
    trace.toPrecision(6),
    frobenius.toPrecision(6),
  ];
  const rows = parts === undefined ? [] : [row("value", parts.value), row("feature", parts.feature)];
  const columns = [
    { title: "part" },
    { title: "trace", align: "right" },
    { title: "Frobenius norm", align: "right" },
  ] as const;
  return [
    `tangent kernel of output ${output} over ${examples} inputs`,
    formatTable(columns, [...rows, row(part, whole)]),
    smallestEigenvalueOf === examples
      ? `smallest eigenvalue ${smallestEigenvalue.toPrecision(4)}`
      : `smallest eigenvalue at most ${smallestEigenvalue.toPrecision(4)}, that of ${smallestEigenvalueOf} of the inputs`,
  ].join("\n\n");
}
