import { totalmem } from "node:os";
import { writeGuarded } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { sizeOf } from "../../graph/index.ts";
import { influenceMemory, type Model, type QueryInfluence, type TrainingInfluence } from "../../models/index.ts";
import { neuralPathKernelWork, removeLeftKernels } from "../../models/node/index.ts";
import { parsePositive, parseWhole } from "../../parse-value.ts";
import { claimResult, readInputs, workerCount } from "../../runs/node/index.ts";
import { type ModelRequest, openModelWithInputs, readModelOptions } from "../chosen-model.ts";
import type { CliContext } from "../context.ts";
import { formatDuration } from "../duration.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { influenceFigure } from "../influence-pictures.ts";
import { influenceText } from "../influence-text.ts";
import { checkedQuery, readTargets } from "../labeled-examples.ts";
import type { ModelOptions } from "../model-option.ts";
import { note, printResult } from "../output.ts";
import { withStages } from "../progress.ts";
import { inStages } from "../stages.ts";

type Options = ModelOptions &
  Readonly<Record<"train" | "labels" | "top" | "ridge", string>> &
  Readonly<Partial<Record<"inputs" | "query" | "queryLabels" | "features" | "scratch" | "svg" | "threads", string>>> & {
    readonly labelNoise?: boolean;
  };

interface InfluenceRequest extends Pick<Options, "train" | "labels" | "inputs" | "queryLabels" | "scratch" | "svg"> {
  readonly chosen: ModelRequest;
  readonly query: number | undefined;
  readonly labelNoise: boolean;
  readonly top: number;
  readonly ridge: number;
  readonly features: number;
  readonly threads: number;
}

export const influence = inStages(({ context: { environment } }, options: Options): InfluenceRequest => {
  const whole = (flag: string, text: string | undefined, least: number): number | undefined =>
    text === undefined ? undefined : parseWhole(flag, text, least);
  const request: InfluenceRequest = {
    ...options,
    chosen: readModelOptions(options),
    query: whole("--query", options.query, 0),
    labelNoise: options.labelNoise ?? false,
    top: parseWhole("--top", options.top, 1),
    ridge: parsePositive("--ridge", options.ridge),
    features: whole("--features", options.features, 2) ?? 0,
    threads: workerCount(whole("--threads", options.threads, 1), environment),
  };
  refuseUnused(request);
  return request;
}, tellInfluence);

function refuseUnused({ inputs, query, queryLabels, svg, labelNoise }: InfluenceRequest): void {
  if (inputs !== undefined) return;
  const of = { "--query": query, "--query-labels": queryLabels, "--svg": svg };
  const [useless] = Object.entries(of).flatMap(([flag, value]) => (value === undefined ? [] : [flag]));
  if (labelNoise && useless === undefined) return;
  throw new GatewiseError({
    received: useless === undefined ? "neither --inputs nor --label-noise" : `${useless} without --inputs`,
    expected: "inputs to explain",
    next:
      useless === undefined ? "add --inputs T.npy, or --label-noise" : `add --inputs T.npy, or leave ${useless} out`,
  });
}

async function tellInfluence(request: InfluenceRequest, context: CliContext): Promise<ExitCode> {
  const { train: file, labels, threads, top, ridge, features, scratch } = request;
  const opened = await openModelWithInputs(context, request.chosen, file, { threads });
  await using model = opened.model;
  const { inputs: train } = opened;
  const sources = {
    ...{ "--train": file, "--labels": labels },
    ...{ "--inputs": request.inputs, "--query-labels": request.queryLabels },
  };
  await using svg = await claimResult(request.svg, sources, opened.files);
  const examples = train.shape[0] ?? 0;
  const targets = await readTargets(labels, { option: "--labels", examples, of: "--train" });
  const queries = await readQueries(model, request);
  await tellNeeds(model, request, examples, queries?.inputs.shape[0] ?? 1, context);
  const { signal } = context;
  const answer = await withStages(context, async (onProgress) => {
    const asking = { signal, onProgress };
    await using found: TrainingInfluence = await model.influence(train, targets, {
      ridge,
      features,
      scratch,
      ...asking,
    });
    return {
      kind: found.kind,
      queries: queries && (await found.of(queries.inputs, { labels: queries.labels, top, ...asking })),
      labelNoise: request.labelNoise ? await found.labelNoise({ top, ...asking }) : undefined,
    };
  });
  const first = request.query ?? 0;
  const [pictured] = answer.queries ?? [];
  if (svg !== undefined && queries !== undefined && pictured !== undefined) {
    // only here: the report room brings Vega, which takes a second to load
    const { influenceSvg } = await import("../../report/index.ts");
    const figure = influenceFigure(pictured, first, queries.inputs.example(0), train);
    await writeGuarded(svg, svg.path, influenceSvg(figure));
  }
  const told = answer.queries?.map((one, i) => queryJson(one, first + i, answer.kind));
  const [only] = told?.length === 1 ? told : [];
  const result = {
    train: examples,
    ridge,
    features: features === 0 ? null : features,
    ...(only ?? (told === undefined ? {} : { queries: told })),
    ...(answer.labelNoise === undefined ? {} : { labelNoise: answer.labelNoise }),
    ...(request.svg === undefined ? {} : { svg: request.svg }),
  };
  printResult(context, result, () => influenceText({ ...answer, first }));
  return EXIT.done;
}

/** What a score is of: the loss of the label that was given, or of what is predicted. */
const queryJson = ({ predicted, label, ...sides }: QueryInfluence, query: number, kind: TrainingInfluence["kind"]) => ({
  query,
  predicted,
  label,
  of: label !== null ? "label" : kind === "classes" ? "predicted class" : "prediction",
  ...sides,
});

async function readQueries(model: Model, { inputs: file, query, queryLabels }: InfluenceRequest) {
  if (file === undefined) return undefined;
  const all = await readInputs(model, file);
  const examples = all.shape[0] ?? 0;
  const inputs = query === undefined ? all : all.example(checkedQuery(query, examples));
  if (queryLabels === undefined) return { inputs, labels: undefined };
  const wanted = { option: "--query-labels", examples, of: "--inputs" };
  const { shape, data } = await readTargets(queryLabels, wanted);
  const [, columns = 1] = shape;
  const [from, to] = query === undefined ? [0, examples] : [query, query + 1];
  const numbers = Float64Array.from(data, Number).subarray(from * columns, to * columns);
  const own = shape.length === 1 ? [to - from] : [to - from, columns];
  return { inputs, labels: { dtype: "float64", shape: own, data: numbers } } as const;
}

/** Longer kernels are announced, with what takes less. */
const LONG_S = 60;

async function tellNeeds(
  model: Model,
  { features, threads, scratch }: InfluenceRequest,
  examples: number,
  queries: number,
  context: CliContext,
): Promise<void> {
  const { memory, disk } = influenceMemory(examples, sizeOf(model.inputShape), features, queries);
  const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6).toLocaleString("en")} MB`;
  if (memory > totalmem()) {
    throw new GatewiseError({
      code: "too-large",
      received: `${examples.toLocaleString("en")} training examples, which take ${megabytes(memory)} of memory`,
      expected: `at most the ${megabytes(totalmem())} of this machine`,
      next: features > 0 ? "ask for fewer features, or give fewer examples" : "give fewer examples",
    });
  }
  for (const left of disk === 0 ? [] : await removeLeftKernels(scratch)) {
    note(context, `removed ${left}: the kernel of a command that was killed`);
  }
  note(
    context,
    `needs up to ${megabytes(memory)} of memory${disk === 0 ? "" : `, and ${megabytes(disk)} on the disk while it runs`}`,
  );
  if (features > 0) return;
  const { pairs, seconds } = await neuralPathKernelWork(model, examples, undefined, {
    threads,
    out: { path: "" },
  });
  if (seconds < LONG_S) return;
  note(
    context,
    `the exact kernel of ${pairs.toLocaleString("en-US")} pairs of examples takes about ${formatDuration(seconds)}; --features 2000 estimates it in less`,
  );
}
