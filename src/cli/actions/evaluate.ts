import { DATASET_NAMES, type DatasetName } from "../../data/index.ts";
import { loadTestSet } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { parseChoice } from "../../parse-value.ts";
import { isModelFolder, readRun } from "../../runs/node/index.ts";
import { type ModelRequest, openModel, readModelOptions } from "../chosen-model.ts";
import type { CliContext } from "../context.ts";
import { noteUnreadPlace } from "../data-place.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { ModelOptions } from "../model-option.ts";
import { parseDevice } from "../options.ts";
import { note, printResult } from "../output.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";
import { formatTable } from "../table.ts";

interface EvaluateOptions extends ModelOptions {
  readonly data?: string;
  readonly dataDir?: string;
  readonly device: string;
}

export const evaluate = inStages(
  (_, options: EvaluateOptions): EvaluateRequest => ({
    ...options,
    device: parseDevice(options.device),
    request: readModelOptions(options),
    name: options.data === undefined ? undefined : parseChoice("data set", options.data, DATASET_NAMES),
  }),
  evaluateRun,
);

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
