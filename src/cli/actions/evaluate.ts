import type { DatasetName } from "../../data/index.ts";
import {
  checkDataOptions,
  type DataFiles,
  type DataOptions,
  readDataChoice,
  readDataOptions,
} from "../../experiments/index.ts";
import { evaluationData } from "../../runs/node/index.ts";
import { type ModelRequest, openModel, readModelOptions } from "../chosen-model.ts";
import type { CliContext } from "../context.ts";
import { noteUnreadPlace } from "../data-place.ts";
import { dataScratch } from "../data-scratch.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { inFlags } from "../in-flags.ts";
import type { ModelOptions } from "../model-option.ts";
import { flagOf, parseDevice } from "../options.ts";
import { note, printResult } from "../output.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";
import { formatTable } from "../table.ts";

interface EvaluateOptions extends ModelOptions, Readonly<Record<string, unknown>> {
  readonly data?: string;
  readonly dataDir?: string;
  readonly device: string;
}

export const evaluate = inStages((_, options: EvaluateOptions): EvaluateRequest => {
  const { model, dataDir } = options;
  const data = options.data === undefined ? undefined : readDataChoice(options.data);
  const how = readDataOptions(options, flagOf);
  if (data !== undefined) checkDataOptions(data, how, flagOf);
  return { model, data, how, dataDir, device: parseDevice(options.device), request: readModelOptions(options) };
}, evaluateRun);

interface EvaluateRequest {
  readonly model: string;
  readonly data: DatasetName | DataFiles | undefined;
  readonly how: DataOptions;
  readonly dataDir: string | undefined;
  readonly device: ReturnType<typeof parseDevice>;
  readonly request: ModelRequest;
}

async function evaluateRun(
  { model, data, how, request, dataDir, device }: EvaluateRequest,
  context: CliContext,
): Promise<ExitCode> {
  const places = {
    ...(dataDir === undefined ? {} : { dataDir }),
    environment: context.environment,
    cacheDir: context.cacheDir,
  };
  await using scratch = await dataScratch(data ?? { path: model }, context.cacheDir);
  const found = await evaluationData(model, data, how, places, scratch);
  const { name, inputShape, examples, normalization, told } = found;
  noteUnreadPlace(context, name, dataDir);
  for (const text of told) note(context, shown(inFlags(text)));
  const opened = await openModel(context, request, { device, sizesFrom: inputShape });
  await using network = opened.model;
  const asked = normalization === undefined ? {} : { normalization };
  const {
    examples: count,
    accuracy,
    loss,
    values,
  } = await network.evaluate(examples, {
    ...asked,
    signal: context.signal,
  });
  const measured = values === undefined ? { accuracy, loss } : { r2: values.r2, rmse: values.rmse, loss };
  const [title, cells] =
    values === undefined
      ? [
          ["accuracy %", "loss"],
          [accuracy.toFixed(2), loss.toFixed(4)],
        ]
      : [
          ["R²", "RMSE"],
          [values.r2.toFixed(4), String(Number(values.rmse.toPrecision(4)))],
        ];
  printResult(context, { examples: count, ...measured }, () =>
    formatTable(
      [
        { title: "data" },
        { title: "examples", align: "right" },
        ...title.map((one) => ({ title: one, align: "right" }) as const),
      ],
      [[name, String(count), ...cells]],
    ),
  );
  return EXIT.done;
}
