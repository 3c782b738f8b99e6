import type { Command } from "commander";
import { DATASET_NAMES, type DatasetName } from "../../data/index.ts";
import { loadDataset } from "../../data/node/index.ts";
import { openWorkerEngine } from "../../engine/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { readBest, readRun } from "../../runs/index.ts";
import { evaluate, evaluationGraph } from "../../train/index.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { parseChoice } from "../options.ts";
import { formatTable, printResult } from "../output.ts";

interface EvaluateOptions {
  readonly model: string;
  readonly data?: string;
  readonly dataDir?: string;
}

export function evaluateCommand(program: Command, makeContext: MakeContext, ending: Ending): void {
  const command = program
    .command("evaluate")
    .summary("accuracy and loss of a trained network on a test set")
    .description("Measures the best checkpoint of a run on the test set of a data set.")
    .requiredOption("--model <run>", "run directory")
    .option("--data <name>", `${DATASET_NAMES.join(", ")} (default: the run's own)`)
    .option("--data-dir <dir>", "where the data set is looked for first")
    .addHelpText("after", "\nExample:\n  $ gatewise evaluate --model runs/fc-digits-relu-seed0 --data digits");
  command.action((options: EvaluateOptions) =>
    runStages(
      command,
      makeContext,
      ending,
      () => ({
        ...options,
        name: options.data === undefined ? undefined : parseChoice("data set", options.data, DATASET_NAMES),
      }),
      evaluateRun,
    ),
  );
}

async function evaluateRun(
  { model, dataDir, name }: EvaluateOptions & { readonly name: DatasetName | undefined },
  context: CliContext,
): Promise<ExitCode> {
  const { plan, data } = await readRun(model);
  const { tensors } = await readBest(model);
  const places = {
    ...(dataDir === undefined ? {} : { dataDir }),
    environment: context.environment,
    cacheDir: context.cacheDir,
  };
  const dataset = await loadDataset(name ?? parseChoice("data set", data.name, DATASET_NAMES), places);
  if (dataset.inputShape.join() !== plan.architecture.inputShape.join()) {
    throw new GatewiseError({
      received: `${dataset.name} with inputs [${dataset.inputShape.join(", ")}]`,
      expected: `[${plan.architecture.inputShape.join(", ")}], as the network has it`,
      next: "choose a data set that fits the network",
    });
  }
  await using engine = await openWorkerEngine("cpu", { threads: 1 });
  await using program = await engine.compile(evaluationGraph(plan));
  const result = await evaluate(program, dataset.test, tensors);
  printResult(context, result, () =>
    formatTable(
      [
        { title: "data" },
        { title: "examples", align: "right" },
        { title: "accuracy %", align: "right" },
        { title: "loss", align: "right" },
      ],
      [[dataset.name, String(result.examples), result.accuracy.toFixed(2), result.loss.toFixed(4)]],
    ),
  );
  return EXIT.done;
}
