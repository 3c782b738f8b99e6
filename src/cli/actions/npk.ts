import { GatewiseError } from "../../errors.ts";
import { featureSeconds, type InputExamples, NORMALIZATIONS, type Normalization } from "../../models/index.ts";
import {
  KERNEL_DTYPES,
  type NeuralPathKernelSummary,
  type NeuralPathKernelWork,
  neuralPathKernelWork,
  writeNeuralPathKernel,
  writePathFeatures,
} from "../../models/node/index.ts";
import { parseChoice, parseWhole } from "../../parse-value.ts";
import { claimResult, readInputs, workerCount } from "../../runs/node/index.ts";
import { NPK_PARTS } from "../choices.ts";
import { type ModelRequest, openModelWithInputBlocks, openModelWithInputs, readModelOptions } from "../chosen-model.ts";
import type { CliContext } from "../context.ts";
import { formatDuration } from "../duration.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type PlanOptions, type PlanRequest, parsePlan, runPlan } from "../kernel-plan.ts";
import type { ModelOptions } from "../model-option.ts";
import { parseDevice } from "../options.ts";
import { note, printResult } from "../output.ts";
import { withStages } from "../progress.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";
import { formatTable } from "../table.ts";

type Options = ModelOptions &
  Readonly<Record<"inputs" | "normalize" | "part" | "device", string>> &
  Readonly<Partial<Record<"inputs2" | "dtype" | "out" | "threads" | "features" | "featuresOut" | "seed", string>>> &
  PlanOptions & {
    readonly resume?: boolean;
  };

export const npk = inStages(
  ({ context: { environment } }, options: Options): DeviceRequest => ({
    ...readRequest(options, environment),
    device: parseDevice(options.device),
    chosen: readModelOptions(options),
  }),
  runNpk,
  // a file of tiles is gone on with; all else is made at once
  ({ out, featuresOut, part, features }) =>
    featuresOut !== undefined || (out !== undefined && part === "full" && features === 0),
);

function readRequest(options: Options, environment: NodeJS.ProcessEnv): NpkRequest {
  const { out, featuresOut, threads, resume } = options;
  const atOnce = { "--out": out, "--features-out": featuresOut, "--resume": resume };
  const request: NpkRequest = {
    plan: parsePlan(options, { ...atOnce, ...(options.part === "full" ? {} : { "--part": options.part }) }),
    inputs: options.inputs,
    inputs2: options.inputs2,
    normalize: parseChoice("--normalize", options.normalize, NORMALIZATIONS),
    part: parseChoice("--part", options.part, NPK_PARTS),
    dtype: options.dtype === undefined ? "float64" : parseChoice("--dtype", options.dtype, KERNEL_DTYPES),
    out,
    threads: workerCount(threads === undefined ? undefined : parseWhole("--threads", threads, 1), environment),
    resume: resume === true,
    features: options.features === undefined ? 0 : parseWhole("--features", options.features, 2),
    featuresOut,
    seed: options.seed === undefined ? 0 : parseWhole("--seed", options.seed, 0),
  };
  refuseUnused(options);
  if (request.features > 0 && (request.part !== "full" || request.normalize === "width")) {
    throw new GatewiseError({
      received: `--features with ${request.part === "full" ? "--normalize width" : `--part ${request.part}`}`,
      expected: "a whole kernel, normalized by nothing or by its trace",
      next: "leave --features out for the exact kernel",
    });
  }
  if (featuresOut !== undefined || (request.plan !== undefined && request.features > 0)) refuseBesideFeatures(options);
  if (request.inputs2 === undefined) return request;
  if (request.out === undefined && request.plan === undefined) {
    throw new GatewiseError({
      received: "--inputs2 without --out",
      expected: "a file for the kernel: between two sets of inputs there is no trace to tell",
      next: "add --out kernel.npy",
    });
  }
  if (request.part !== "full" || request.normalize === "trace") {
    throw new GatewiseError({
      received: `--inputs2 with ${request.part === "full" ? "--normalize trace" : `--part ${request.part}`}`,
      expected: "one set of inputs: two sets have no diagonal",
      next: "leave one of them out",
    });
  }
  return request;
}

/** Features of their own are of one set of inputs, and no kernel. */
function refuseBesideFeatures({ features, inputs2, normalize, out }: Options): void {
  if (features === undefined) {
    throw new GatewiseError({
      received: "--features-out without --features",
      expected: "the number of features",
      next: "add --features R",
    });
  }
  const given = { "--out": out, "--inputs2": inputs2, "--normalize": normalize === "none" ? undefined : normalize };
  const [option] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (option === undefined) return;
  throw new GatewiseError({
    received: `features in a file of their own with ${option}`,
    expected: "the features of one set of inputs: their inner products over R are the kernel",
    next: `leave ${option} out; features of other inputs are another file, of the same --seed`,
  });
}

/** Options that say nothing beside the others. */
function refuseUnused({ features, featuresOut, seed, dtype, out, part, resume, plan }: Options): void {
  const without = (received: string, expected: string, option: string, missing: string): GatewiseError =>
    new GatewiseError({ received, expected, next: `add ${missing}, or leave ${option} out` });
  if (seed !== undefined && features === undefined) {
    throw without("--seed without --features", "random path features, which are drawn", "--seed", "--features R");
  }
  if (dtype !== undefined && out === undefined && featuresOut === undefined && plan === undefined) {
    throw without("--dtype without --out", "a file for the kernel", "--dtype", "--out kernel.npy");
  }
  if (resume !== true || featuresOut !== undefined) return;
  if (out === undefined)
    throw without("--resume without --out", "the file to go on with", "--resume", "--out kernel.npy");
  if (features === undefined && part === "full") return;
  throw new GatewiseError({
    received: `--resume with ${features === undefined ? `--part ${part}` : "--features"}`,
    expected: "a whole exact kernel: all else is made at once, in memory",
    next: "leave --resume out",
  });
}

/** What `npk` was asked for. */
interface NpkRequest {
  readonly inputs: string;
  readonly inputs2: string | undefined;
  readonly normalize: Normalization;
  readonly part: (typeof NPK_PARTS)[number];
  readonly dtype: (typeof KERNEL_DTYPES)[number];
  readonly out: string | undefined;
  readonly threads: number;
  readonly resume: boolean;
  /** Number of random path features, 0 for the exact kernel. */
  readonly features: number;
  /** Where the features themselves are written. */
  readonly featuresOut: string | undefined;
  readonly seed: number;
  /** Where the kernel, or the features, are planned instead of made. */
  readonly plan: PlanRequest | undefined;
}

interface DeviceRequest extends NpkRequest {
  /** Where the gates are made. */
  readonly device: ReturnType<typeof parseDevice>;
  readonly chosen: ModelRequest;
}

async function runNpk(request: DeviceRequest, context: CliContext): Promise<ExitCode> {
  const { device, threads, normalize, featuresOut } = request;
  if (featuresOut !== undefined) return await writeFeatures(request, featuresOut, context);
  const opened = await openModelWithInputs(context, request.chosen, request.inputs, { device, threads });
  await using model = opened.model;
  const { inputs } = opened;
  const sources = { "--inputs": request.inputs, "--inputs2": request.inputs2 };
  const inputs2 = request.inputs2 === undefined ? undefined : await readInputs(model, request.inputs2);
  if (request.plan !== undefined) return await planNpk({ ...opened, inputs2 }, request, request.plan, context);
  await using out = await claimResult(request.out, sources, opened.files);
  const asked = { ...request, inputs2, out: out && { path: out.path, lock: out } };
  const work = await neuralPathKernelWork(model, inputs.shape[0] ?? 0, inputs2?.shape[0], asked);
  expectWidth(request, work);
  tellLength(context, work);
  const summary = await withStages(context, (onProgress) =>
    writeNeuralPathKernel(model, inputs, { ...asked, onProgress, signal: context.signal }),
  );
  printResult(context, { ...summary, normalize, out: request.out ?? null }, () => describe(request, summary));
  return EXIT.done;
}

type Opened = Awaited<ReturnType<typeof openModelWithInputs>>;

async function planNpk(
  { model, inputs, inputs2 }: Opened & { readonly inputs2: InputExamples | undefined },
  { features, seed, normalize, dtype, inputs: file, inputs2: file2, chosen, device }: DeviceRequest,
  plan: PlanRequest,
  context: CliContext,
): Promise<ExitCode> {
  const matrix =
    features > 0
      ? ({ kind: "features", features, seed, dtype } as const)
      : ({ kind: "npk", normalize, dtype } as const);
  return await runPlan(context, plan, {
    ...{ model, inputs, inputs2, matrix, chosen, device },
    files: { inputs: file, inputs2: file2 },
  });
}

async function writeFeatures(
  { features, seed, dtype, resume, inputs: file, chosen, device, threads }: DeviceRequest,
  featuresOut: string,
  context: CliContext,
): Promise<ExitCode> {
  const { inputs, files, ...opened } = await openModelWithInputBlocks(context, chosen, file, { device, threads });
  await using model = opened.model;
  await using out = await claimResult(featuresOut, { "--inputs": file }, files);
  const [examples = 0] = inputs.shape;
  const seconds = examples * featureSeconds(model.network, features, examples);
  if (seconds >= LONG_S) {
    note(context, `${features} features of ${examples} inputs take about ${formatDuration(seconds)} of a core`);
  }
  const { shape } = await withStages(context, (onProgress) =>
    writePathFeatures(model, inputs, {
      ...{ features, seed, dtype, resume, onProgress, signal: context.signal },
      out: { path: out.path, lock: out },
    }),
  );
  printResult(
    context,
    { shape, features, seed, dtype, out: featuresOut },
    () => `random path features [${shape.join(", ")}] written to ${shown(featuresOut)}`,
  );
  return EXIT.done;
}

function expectWidth({ normalize }: NpkRequest, { by }: NeuralPathKernelWork): void {
  if (normalize !== "width" || by !== "pairs of positions") return;
  throw new GatewiseError({
    received: "--normalize width for a network that is no chain of dense layers",
    expected: "a fully connected network with hard gates",
    next: "use --normalize trace",
  });
}

/** Longer kernels are announced, with the way that takes less. */
const LONG_S = 60;

function tellLength(context: CliContext, { pairs, seconds, exactInstead }: NeuralPathKernelWork): void {
  if (exactInstead !== undefined && exactInstead.exact < exactInstead.features) {
    const { exact, features } = exactInstead;
    note(
      context,
      `the exact kernel of these inputs takes about ${formatDuration(exact)}, the features about ${formatDuration(features)}: leave --features out for it`,
    );
  }
  if (seconds < LONG_S) return;
  const { length } = String(pairs);
  note(
    context,
    `the exact kernel of ${length > 12 ? pairs.toExponential(1) : pairs.toLocaleString("en-US")} pairs of inputs takes about ${formatDuration(seconds)}; --features R estimates it in less`,
  );
}

function describe(
  { normalize, out }: NpkRequest,
  { shape, trace, log2Trace, relativeError }: NeuralPathKernelSummary,
): string {
  const cells = [
    { title: "kernel", cell: `[${shape.join(", ")}]` },
    { title: "trace", cell: trace?.toPrecision(8) ?? (log2Trace === null ? "–" : `2^${log2Trace.toFixed(2)}`) },
    ...(relativeError === undefined ? [] : [{ title: "error %", cell: (100 * relativeError).toFixed(1) }]),
    { title: "normalized by", cell: normalize },
    { title: "file", cell: out ?? "–" },
  ];
  return formatTable(
    cells.map(({ title }) => ({ title })),
    [cells.map(({ cell }) => cell)],
  );
}
