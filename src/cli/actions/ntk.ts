import { writeNpy } from "../../data/index.ts";
import { writeGuarded } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import type { KernelSize, TangentSummary } from "../../kernels/index.ts";
import type { InputExamples, Model, TangentAnswer } from "../../models/index.ts";
import {
  KERNEL_DTYPES,
  type TangentKernelFileOptions,
  tangentAnswerByThreads,
  tangentFileBytes,
  writeTangentKernel,
} from "../../models/node/index.ts";
import { parseChoice, parseWhole } from "../../parse-value.ts";
import { claimResult, readInputs, workerCount } from "../../runs/node/index.ts";
import { NTK_PARTS } from "../choices.ts";
import { type ModelRequest, openModelWithInputs, readModelOptions } from "../chosen-model.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type PlanOptions, type PlanRequest, parsePlan, runPlan } from "../kernel-plan.ts";
import type { ModelOptions } from "../model-option.ts";
import { note, printResult } from "../output.ts";
import { withStages } from "../progress.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";
import { formatTable } from "../table.ts";

type NtkOptions = ModelOptions &
  Readonly<Record<"inputs" | "output" | "part", string>> &
  Readonly<Partial<Record<"inputs2" | "dtype" | "out" | "threads", string>>> &
  PlanOptions & {
    readonly resume?: boolean;
    readonly smallestEigenvalue?: boolean;
  };

interface NtkRequest {
  readonly inputs: string;
  readonly inputs2: string | undefined;
  readonly output: number;
  readonly part: (typeof NTK_PARTS)[number];
  readonly out: string | undefined;
  readonly dtype: (typeof KERNEL_DTYPES)[number];
  readonly threads: number;
  readonly resume: boolean;
  readonly smallestEigenvalue: boolean;
  /** Whether something was asked for that only tiles in a file have. */
  readonly asksForTiles: boolean;
  /** Where the kernel is planned instead of made. */
  readonly plan: PlanRequest | undefined;
  readonly chosen: ModelRequest;
}

/** A kernel of more bytes goes into the file by tiles, whatever was asked for. */
const LARGEST_IN_MEMORY = 2 ** 31;

export const ntk = inStages(
  ({ context: { environment } }, options: NtkOptions) => readRequest(options, environment),
  runNtk,
  ({ out }) => out !== undefined,
);

function readRequest(options: NtkOptions, environment: NodeJS.ProcessEnv): NtkRequest {
  const { inputs, inputs2, out, dtype, threads, resume = false, smallestEigenvalue = false } = options;
  const atOnce = { "--out": out, "--resume": resume };
  const plan = parsePlan(options, { ...atOnce, "--smallest-eigenvalue": smallestEigenvalue });
  if (out === undefined && plan === undefined) {
    const alone = Object.entries({ "--inputs2": inputs2, "--dtype": dtype, "--resume": resume || undefined });
    for (const [option, value] of alone) {
      if (value === undefined) continue;
      throw new GatewiseError({
        received: `${option} without --out`,
        expected: "a file for the kernel",
        next: `add --out kernel.npy, or leave ${option} out`,
      });
    }
  }
  return {
    inputs,
    inputs2,
    out,
    resume,
    smallestEigenvalue,
    plan,
    output: parseWhole("--output", options.output, 0),
    part: parseChoice("part", options.part, NTK_PARTS),
    dtype: dtype === undefined ? "float64" : parseChoice("--dtype", dtype, KERNEL_DTYPES),
    threads: workerCount(threads === undefined ? undefined : parseWhole("--threads", threads, 1), environment),
    asksForTiles: resume || [inputs2, dtype, threads].some((value) => value !== undefined),
    chosen: readModelOptions(options),
  };
}

async function runNtk(request: NtkRequest, context: CliContext): Promise<ExitCode> {
  const { inputs: file, output, part, out, threads, smallestEigenvalue } = request;
  const { model, inputs, files } = await openModelWithInputs(context, request.chosen, file);
  await using _ = model;
  if (request.plan !== undefined) return await planNtk(model, inputs, request, request.plan, context);
  await using result = await claimResult(out, { "--inputs": file, "--inputs2": request.inputs2 }, files);
  const [examples = 0] = inputs.shape;
  const isLarge = 8 * examples ** 2 > LARGEST_IN_MEMORY;
  if (result !== undefined && (request.asksForTiles || isLarge)) {
    return await writeByTiles(model, inputs, request, { path: result.path, lock: result }, context);
  }
  if (isLarge) {
    throw new GatewiseError({
      code: "too-large",
      received: `a kernel of ${examples} inputs, ${((8 * examples ** 2) / 1e9).toFixed(1)} GB, without --out`,
      expected: "a file for it: it is not held in memory",
      next: "add --out kernel.npy, and --dtype float32 for half of it",
    });
  }
  // without tiles nothing is left to go on with
  context.onResumption?.(context.command);
  note(context, `needs up to ${Math.ceil((await model.tangentBytes(examples, part)) / 1e6)} MB of memory`);
  const { kernel, summary, parts } = await withStages(context, (onProgress) =>
    tangentAnswerByThreads(model, inputs, {
      ...{ output, part, threads, smallestEigenvalue, onProgress },
      signal: context.signal,
    }),
  );
  if (result !== undefined) await writeGuarded(result, result.path, writeNpy(kernel));
  printResult(context, { examples, output, part, ...summary, ...(parts && { parts }), out: out ?? null }, () =>
    [
      describe(part, summary, parts, output, examples),
      ...(out === undefined ? [] : [`kernel written to ${shown(out)}`]),
    ].join("\n\n"),
  );
  return EXIT.done;
}

async function planNtk(
  model: Model,
  inputs: InputExamples,
  { inputs: file, inputs2: file2, output, part, dtype, chosen }: NtkRequest,
  plan: PlanRequest,
  context: CliContext,
): Promise<ExitCode> {
  return await runPlan(context, plan, {
    ...{ model, inputs, chosen, device: "cpu" },
    inputs2: file2 === undefined ? undefined : await readInputs(model, file2),
    matrix: { kind: "ntk", output, part, dtype },
    files: { inputs: file, inputs2: file2 },
  });
}

async function writeByTiles(
  model: Model,
  inputs: InputExamples,
  { inputs2: file2, output, part, dtype, threads, resume, smallestEigenvalue }: NtkRequest,
  out: TangentKernelFileOptions["out"],
  context: CliContext,
): Promise<ExitCode> {
  const inputs2 = file2 === undefined ? undefined : await readInputs(model, file2);
  const asked = { inputs2, output, part, dtype, threads, resume, smallestEigenvalue };
  const sizes = [inputs, inputs2 ?? inputs].map(({ shape: [count = 0] }) => count);
  const needs = tangentFileBytes(model, [sizes[0] ?? 0, sizes[1] ?? 0], { dtype, threads });
  const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6).toLocaleString("en")} MB`;
  note(context, `needs ${megabytes(needs.disk)} on the disk and up to ${megabytes(needs.memory)} of memory`);
  const options = { ...asked, out, signal: context.signal };
  const { shape, ...summary } = await withStages(context, (onProgress) =>
    writeTangentKernel(model, inputs, { ...options, onProgress }),
  );
  const [examples, columns] = shape;
  const told = { examples, ...(inputs2 && { examples2: columns }), output, part, ...summary, out: out.path };
  printResult(context, told, () =>
    [
      summary.trace === null
        ? `tangent kernel of output ${output} between ${examples} and ${columns} inputs, Frobenius norm ${summary.frobenius.toPrecision(6)}`
        : describe(part, { ...summary, trace: summary.trace }, undefined, output, examples),
      `kernel written to ${shown(out.path)}`,
    ].join("\n\n"),
  );
  return EXIT.done;
}

function describe(
  part: NtkRequest["part"],
  { smallestEigenvalue, ...whole }: TangentSummary,
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
    smallestEigenvalue === null
      ? "smallest eigenvalue left out, it takes long beside the kernel: --smallest-eigenvalue, in float64"
      : `smallest eigenvalue ${smallestEigenvalue.toPrecision(4)}`,
  ].join("\n\n");
}
