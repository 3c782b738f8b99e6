import type { Command } from "commander";
import { DATASET_NAMES, type DatasetName } from "../../data/index.ts";
import { loadTestSet } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { parseChoice } from "../../parse-value.ts";
import { isModelFolder, readRun } from "../../runs/node/index.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import type { CliContext } from "../context.ts";
import { noteUnreadPlace } from "../data-place.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import {
  type ModelOptions,
  type ModelRequest,
  openModel,
  readModelOptions,
  withModelOptions,
} from "../model-option.ts";
import { DEVICE_OPTION, parseDevice } from "../options.ts";
import { formatTable, note, printResult } from "../output.ts";
import { shown } from "../shown.ts";

interface EvaluateOptions extends ModelOptions {
  readonly data?: string;
  readonly dataDir?: string;
  readonly device: string;
}

export function evaluateCommand(program: Command, makeContext: MakeContext, ending: Ending): void {
  const command = withModelOptions(program.command("evaluate"))
    .summary("accuracy and loss of a trained network on a test set")
    .description(
      "Measures a network on the test set of a data set: the best checkpoint of a run, or an ONNX model of any framework.",
    )
    .option("--data <name>", `${DATASET_NAMES.join(", ")} (default for a run: its own)`)
    .option("--data-dir <dir>", "where the data set is looked for first")
    .option(...DEVICE_OPTION)
    .addHelpText("after", "\nExample:\n  $ gatewise evaluate --model runs/fc-digits-relu-seed0 --data digits");
  command.action((options: EvaluateOptions) =>
    runStages(
      command,
      makeContext,
      ending,
      () => ({
        ...options,
        device: parseDevice(options.device),
        request: readModelOptions(options),
        name: options.data === undefined ? undefined : parseChoice("data set", options.data, DATASET_NAMES),
      }),
      evaluateRun,
    ),
  );
}

interface EvaluateRequest extends EvaluateOptions {
  readonly device: ReturnType<typeof parseDevice>;
  readonly request: ModelRequest;
  readonly name: DatasetName | undefined;
}

async function evaluateRun(options: EvaluateRequest, context: CliContext): Promise<ExitCode> {
  const { model, request, dataDir, device, name } = options;
  const places = {
    ...(dataDir === undefined ? {} : { dataDir }),
    environment: context.environment,
    cacheDir: context.cacheDir,
  };
  const dataset = await loadTestSet(name ?? (await ownDataset(model)), places);
  noteUnreadPlace(context, dataset.name, dataDir);
  if (dataset.notice !== undefined) note(context, shown(dataset.notice));
  const opened = await openModel(context, request, { device, sizesFrom: dataset.inputShape });
  await using network = opened.model;
  const result = await network.evaluate(dataset.test, { signal: context.signal });
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

/** The data set that a run was trained on. */
async function ownDataset(model: string): Promise<DatasetName> {
  if (!(await isModelFolder(model))) {
    throw new GatewiseError({
      received: `${model} without --data`,
      expected: "the data set to measure it on: a model does not name its own",
      next: `add --data ${DATASET_NAMES.join(", --data ")}`,
    });
  }
  return parseChoice("data set", (await readRun(model)).data.name, DATASET_NAMES);
}
