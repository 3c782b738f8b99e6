import { totalmem } from "node:os";
import { classLabels } from "../../data/index.ts";
import { openNpyRows, readNpyFile } from "../../data/node/index.ts";
import type { Engine } from "../../engine/index.ts";
import { openNodeEngine, openWorkerEngine } from "../../engine/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import {
  type Alignment,
  alignmentOfKernels,
  BlockProducts,
  featureFitBytes,
  fitFeatures,
  fitKernel,
  type KernelRows,
  kernelFitBytes,
  kernelMatrix,
  kernelRows,
  type ProductTeams,
  symmetricKernel,
} from "../../fitting/index.ts";
import { parseWhole } from "../../parse-value.ts";
import { workerCount } from "../../runs/node/index.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { againstJson, describe, describeFeatures, featureJson, jsonOf } from "../kernel-fit-text.ts";
import { note, printResult } from "../output.ts";
import { withStages } from "../progress.ts";
import { inStages } from "../stages.ts";

type KernelFitOptions = Readonly<Record<"labels" | "ridge", string>> &
  Readonly<
    Partial<
      Record<"kernel" | "features" | "testKernel" | "testFeatures" | "testLabels" | "against" | "threads", string>
    >
  >;

interface CheckedOptions {
  /** A kernel, or the features that it is the product of; of the test examples likewise. */
  readonly kind: "kernel" | "features";
  readonly file: string;
  readonly labels: string;
  readonly test: { readonly file: string; readonly labels: string } | undefined;
  readonly against: string | undefined;
  readonly ridge: number | "cv";
  readonly threads: number;
}

export const kernelFit = inStages(
  ({ context: { environment } }, options: KernelFitOptions) => checkOptions(options, environment),
  (checked, context) => (checked.kind === "kernel" ? runKernelFit(checked, context) : runFeatureFit(checked, context)),
);

function checkOptions(options: KernelFitOptions, environment: NodeJS.ProcessEnv): CheckedOptions {
  const { kernel, features, testKernel, testFeatures, testLabels, labels, against, ridge, threads } = options;
  const file = kernel ?? features;
  if (file === undefined || (kernel !== undefined && features !== undefined)) {
    throw new GatewiseError({
      received: file === undefined ? "neither --kernel nor --features" : "--kernel with --features",
      expected: "one of them",
      next: "give a kernel of all pairs of examples, or the features of each",
    });
  }
  const kind = kernel === undefined ? "features" : "kernel";
  refuseOthers(
    kind,
    { "--test-kernel": testKernel },
    { "--test-features": testFeatures, "--threads": threads },
    against,
  );
  const testFile = testKernel ?? testFeatures;
  const testFlag = kind === "kernel" ? "--test-kernel" : "--test-features";
  if ((testFile === undefined) !== (testLabels === undefined)) {
    const [given, missing] = testFile === undefined ? ["--test-labels", testFlag] : [testFlag, "--test-labels"];
    throw new GatewiseError({
      received: `${given} alone`,
      expected: `${missing} beside it`,
      next: "give both or none",
    });
  }
  const test = testFile === undefined || testLabels === undefined ? undefined : { file: testFile, labels: testLabels };
  return {
    ...{ kind, file, labels, test, against },
    ridge: parseRidge(ridge),
    threads: workerCount(threads === undefined ? undefined : parseWhole("--threads", threads, 1), environment),
  };
}

/** Options that belong to the other of the two ways. */
function refuseOthers(
  kind: CheckedOptions["kind"],
  ofKernel: Readonly<Record<string, string | undefined>>,
  ofFeatures: Readonly<Record<string, string | undefined>>,
  against: string | undefined,
): void {
  const others = kind === "kernel" ? ofFeatures : { ...ofKernel, "--against": against };
  const [flag] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (flag === undefined) return;
  throw new GatewiseError({
    received: `${flag} with --${kind}`,
    expected: kind === "kernel" ? "--features beside it" : "--kernel beside it",
    next: `leave ${flag} out`,
  });
}

function parseRidge(text: string): number | "cv" {
  const value = Number(text);
  if (text === "cv") return text;
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
  throw new GatewiseError({
    received: `--ridge ${text}`,
    expected: "a number of at least 0, or cv",
    next: "give another --ridge",
  });
}

async function runKernelFit(
  { file, labels, test, against, ridge }: CheckedOptions,
  context: CliContext,
): Promise<ExitCode> {
  const matrix = symmetricKernel(await readNpyFile(file), file);
  const [examples = 0] = matrix.shape;
  const needed = kernelFitBytes(examples, matrix.data.byteLength);
  tellMemory(
    context,
    needed,
    `a kernel of ${examples} examples`,
    "take fewer examples, write the kernel in float32, or give --features in its place",
  );
  const input = {
    kernel: kernelRows(matrix),
    labels: classLabels(await readNpyFile(labels), labels),
    test: test && {
      kernel: kernelRows(kernelMatrix(await readNpyFile(test.file), test.file)),
      labels: classLabels(await readNpyFile(test.labels), test.labels),
    },
    ridge,
  };
  const alike = await alignedWith(input.kernel, against, context);
  // in this thread: blocks would be copied to a worker and back, and a run lasts a fraction of a second; one engine
  // thread: ONNX Runtime 1.30 multiplies float64 matrices with one, however many it has
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  await using products = new BlockProducts(engine);
  const fit = await withStages(context, (onProgress) =>
    fitKernel(input, products, {
      signal: context.signal,
      onProgress: (stage, share) => onProgress({ stage, things: "percent", done: Math.round(100 * share), of: 100 }),
    }),
  );
  printResult(context, { ...jsonOf(fit, examples), ...againstJson(alike) }, () => describe(fit, examples, alike));
  return EXIT.done;
}

function tellMemory(context: CliContext, needed: number, what: string, next: string): void {
  const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6).toLocaleString("en")} MB`;
  if (needed > totalmem()) {
    throw new GatewiseError({
      code: "too-large",
      received: `${what}, which takes ${megabytes(needed)} of memory`,
      expected: `at most the ${megabytes(totalmem())} of this machine`,
      next,
    });
  }
  note(context, `needs up to ${megabytes(needed)} of memory`);
}

async function runFeatureFit(
  { file, labels, test, ridge, threads }: CheckedOptions,
  context: CliContext,
): Promise<ExitCode> {
  const features = await openNpyRows(file);
  const { rows, columns } = features;
  tellMemory(
    context,
    featureFitBytes(rows, columns, threads),
    `${columns} features`,
    "take fewer features; the number of examples does not matter",
  );
  const input = {
    features,
    labels: classLabels(await readNpyFile(labels), labels),
    test: test && {
      features: await openNpyRows(test.file),
      labels: classLabels(await readNpyFile(test.labels), test.labels),
    },
    ridge,
  };
  // ONNX Runtime multiplies float64 matrices with one thread, however many it has: an engine for each
  await using teams = await openTeams(threads);
  const fit = await withStages(context, (onProgress) =>
    fitFeatures(input, teams.products, {
      signal: context.signal,
      onProgress: (stage, share) => onProgress({ stage, things: "percent", done: Math.round(100 * share), of: 100 }),
    }),
  );
  printResult(context, featureJson(fit, rows, columns), () => describeFeatures(fit, rows, columns));
  return EXIT.done;
}

/** Engines of one thread: the only one in this thread, several in threads of their own. */
async function openTeams(threads: number): Promise<AsyncDisposable & { readonly products: ProductTeams }> {
  const engines: Engine[] = [];
  const release = async (): Promise<void> => {
    for (const engine of engines) await engine[Symbol.asyncDispose]();
  };
  try {
    const open = async (): Promise<BlockProducts> => {
      const engine = await (threads === 1
        ? openNodeEngine("cpu", { threads })
        : openWorkerEngine("cpu", { threads: 1 }));
      engines.push(engine);
      return new BlockProducts(engine);
    };
    const first = await open();
    const more: BlockProducts[] = [];
    for (let team = 1; team < threads; team++) more.push(await open());
    return { products: [first, ...more], [Symbol.asyncDispose]: release };
  } catch (thrown) {
    await release();
    throw thrown;
  }
}

/** How alike the kernel and another one are; before anything is fitted, for a file that does not fit. */
async function alignedWith(
  kernel: KernelRows,
  file: string | undefined,
  { signal }: CliContext,
): Promise<Alignment | undefined> {
  if (file === undefined) return undefined;
  const other = kernelRows(symmetricKernel(await readNpyFile(file), file));
  if (other.rows === kernel.rows) return await alignmentOfKernels(kernel, other, { signal });
  throw new GatewiseError({
    received: `--against ${file} of shape [${other.rows}, ${other.columns}]`,
    expected: `[${kernel.rows}, ${kernel.rows}], a kernel of the same examples`,
    next: "make both kernels of the same inputs, in one order",
  });
}
