import { totalmem } from "node:os";
import { classLabels } from "../../data/index.ts";
import { readNpyFile } from "../../data/node/index.ts";
import { openNodeEngine } from "../../engine/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import {
  type Alignment,
  alignmentOfKernels,
  BlockProducts,
  fitKernel,
  type KernelFit,
  type KernelRows,
  kernelFitBytes,
  kernelMatrix,
  kernelRows,
  symmetricKernel,
} from "../../fitting/index.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { inGlossary } from "../glossary.ts";
import { note, printResult } from "../output.ts";
import { withStages } from "../progress.ts";
import { inStages } from "../stages.ts";
import { formatTable } from "../table.ts";

interface KernelFitOptions {
  readonly kernel: string;
  readonly labels: string;
  readonly testKernel?: string;
  readonly testLabels?: string;
  readonly against?: string;
  readonly ridge: string;
}

interface CheckedOptions {
  readonly kernel: string;
  readonly labels: string;
  readonly test: { readonly kernel: string; readonly labels: string } | undefined;
  readonly against: string | undefined;
  readonly ridge: number | "cv";
}

export const kernelFit = inStages((_, options: KernelFitOptions) => checkOptions(options), runKernelFit);

function checkOptions({ kernel, labels, testKernel, testLabels, against, ridge }: KernelFitOptions): CheckedOptions {
  if ((testKernel === undefined) !== (testLabels === undefined)) {
    const [given, missing] =
      testKernel === undefined ? ["--test-labels", "--test-kernel"] : ["--test-kernel", "--test-labels"];
    throw new GatewiseError({
      received: `${given} alone`,
      expected: `${missing} beside it`,
      next: "give both or none",
    });
  }
  const test =
    testKernel === undefined || testLabels === undefined ? undefined : { kernel: testKernel, labels: testLabels };
  return { kernel, labels, test, against, ridge: parseRidge(ridge) };
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
  { kernel, labels, test, against, ridge }: CheckedOptions,
  context: CliContext,
): Promise<ExitCode> {
  const matrix = symmetricKernel(await readNpyFile(kernel), kernel);
  const [examples = 0] = matrix.shape;
  const needed = kernelFitBytes(examples, matrix.data.byteLength);
  const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6).toLocaleString("en")} MB`;
  if (needed > totalmem()) {
    throw new GatewiseError({
      code: "too-large",
      received: `a kernel of ${examples} examples, which takes ${megabytes(needed)} of memory`,
      expected: `at most the ${megabytes(totalmem())} of this machine`,
      next: "take fewer examples, or write the kernel in float32",
    });
  }
  note(context, `needs up to ${megabytes(needed)} of memory`);
  const input = {
    kernel: kernelRows(matrix),
    labels: classLabels(await readNpyFile(labels), labels),
    test: test && {
      kernel: kernelRows(kernelMatrix(await readNpyFile(test.kernel), test.kernel)),
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

const againstJson = (alike: Alignment | undefined) =>
  alike === undefined ? {} : { against: { alignment: alike.alignment, centeredAlignment: alike.centered } };

/** The fields of the contract first, then more. */
const jsonOf = (
  { classes, trainAccuracy, testAccuracy, alignment, rank, direct, choice, fit }: KernelFit,
  examples: number,
) => ({
  trainAccuracy,
  testAccuracy: testAccuracy ?? null,
  nu: direct?.nu ?? null,
  alignment: alignment.alignment,
  effectiveRank: rank.effectiveRank,
  ridge: fit.ridge,
  examples,
  classes: [...classes],
  nuPerClass: direct?.nuPerClass ?? null,
  nuJitter: direct?.jitter ?? null,
  centeredAlignment: alignment.centered,
  effectiveRankError: rank.standardError,
  participation: rank.participation,
  smallestEigenvalue: direct?.smallestEigenvalue ?? null,
  jitter: fit.jitter,
  residual: fit.residual,
  method: fit.method,
  leaveOneOut: choice === undefined ? null : { examples: choice.examples, candidates: choice.candidates },
});

function describe(
  { classes, trainAccuracy, testAccuracy, alignment, rank, direct, choice, fit }: KernelFit,
  n: number,
  alike: Alignment | undefined,
) {
  const number = (value: number): string => String(Number(value.toPrecision(6)));
  const left = choice?.candidates.find(({ ridge }) => ridge === choice.ridge);
  const rows = [
    ["examples", `${n} of ${classes.length} classes`],
    ["train accuracy %", trainAccuracy.toFixed(2)],
    ...(testAccuracy === undefined ? [] : [["test accuracy %", testAccuracy.toFixed(2)]]),
    ["ridge", ridgeText(fit.ridge, fit.jitter)],
    ...(choice && left
      ? [
          [
            "leave-one-out %",
            `${left.accuracy.toFixed(2)}, the best of ${choice.candidates.length} ridges on ${choice.examples} examples`,
          ],
        ]
      : []),
    ...(direct
      ? [
          [
            "ν",
            `${number(direct.nu)}${direct.nuPerClass.length > 1 ? " (mean over one class against the others)" : ""}${jitterText(direct.jitter)}`,
          ],
          ["smallest eigenvalue", `${number(direct.smallestEigenvalue)}`],
        ]
      : []),
    ["alignment", `${number(alignment.alignment)}, centered ${number(alignment.centered)}`],
    ...(alike === undefined
      ? []
      : [["alignment with the other", `${number(alike.alignment)}, centered ${number(alike.centered)}`]]),
    [
      "effective rank",
      `${number(rank.effectiveRank)}${rank.standardError > 0 ? ` ± ${number(rank.standardError)}` : ""}`,
    ],
    ["participation", number(rank.participation)],
  ];
  const table = formatTable([{ title: "measure" }, { title: "value" }], rows);
  return `${table}\n\n${inGlossary("ν, alignment, effective rank, participation")}`;
}

const ridgeText = (ridge: number, jitter: number): string => `${ridge} of trace/n${jitterText(jitter)}`;

const jitterText = (jitter: number): string => (jitter > 0 ? `, with jitter ${jitter} of trace/n` : "");
