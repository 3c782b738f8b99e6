import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { writeNpy } from "../../data/index.ts";
import type { Engine } from "../../engine/index.ts";
import { openWorkerEngine } from "../../engine/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { type Inputs, readNetworkGates } from "../../gates/index.ts";
import { bytesOf, type DenseArray } from "../../graph/index.ts";
import {
  type DenseChain,
  type DensePathKernel,
  denseChain,
  densePathKernelDiagonal,
  densePathKernelTiles,
  estimatedKernel,
  type GatedInputs,
  neuralPathKernelOf,
  normalizedInputs,
  randomPathFeatures,
} from "../../kernels/index.ts";
import { finishedTiles, type KernelFile, writeKernelFile } from "../../kernels/node/index.ts";
import type { GatedNetwork } from "../../network/index.ts";
import { loadNetwork, writeWhole } from "../../runs/index.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { readModelInputs } from "../model-inputs.ts";
import { parseChoice, parseWhole } from "../options.ts";
import { formatTable, printResult } from "../output.ts";
import { countProgress } from "../progress.ts";

const NORMALIZATIONS = ["none", "width", "trace"] as const;
const DTYPES = ["float64", "float32"] as const;
const PARTS = ["full", "diagonal", "trace"] as const;

interface NpkRequest {
  readonly model: string;
  readonly inputs: string;
  readonly inputs2: string | undefined;
  readonly normalize: (typeof NORMALIZATIONS)[number];
  readonly part: (typeof PARTS)[number];
  readonly dtype: (typeof DTYPES)[number];
  readonly out: string | undefined;
  readonly threads: number;
  readonly resume: boolean;
  /** Number of random path features, 0 for the exact kernel. */
  readonly features: number;
  readonly seed: number;
}

type Options = Readonly<Record<"model" | "inputs" | "normalize" | "part" | "dtype", string>> &
  Readonly<Partial<Record<"inputs2" | "out" | "threads" | "features" | "seed", string>>> & {
    readonly resume?: boolean;
  };

export function npkCommand(program: Command, makeContext: MakeContext, ending: Ending): void {
  const command = program
    .command("npk")
    .summary("neural path kernel of inputs")
    .description(
      "The neural path kernel: for each two inputs, the inner product of their neural path features. Fully connected networks are computed by tiles into the file, of any size; an interrupted one goes on with --resume.",
    )
    .requiredOption("--model <model>", "run directory or .onnx file")
    .requiredOption("--inputs <file>", ".npy, float32 or float64, [n, …input shape]")
    .option("--inputs2 <file>", "other inputs for the columns")
    .option("--normalize <how>", NORMALIZATIONS.join(", "), "none")
    .option("--part <part>", PARTS.join(", "), "full")
    .option("--dtype <dtype>", `element type of the file: ${DTYPES.join(", ")}`, "float64")
    .option("--out <file>", "write the kernel as .npy")
    .option("--features <r>", "estimate the kernel by as many random path features, with its error")
    .option("--seed <n>", "seed of the random features", "0")
    .option("--threads <n>", "threads of the engine (default: the machine's)")
    .option("--resume", "go on with an interrupted file")
    .addHelpText(
      "after",
      "\nExample:\n  $ gatewise npk --model runs/fc-digits-relu-seed0 --inputs x.npy --out kernel.npy",
    );
  command.action((options: Options) => runStages(command, makeContext, ending, () => readRequest(options), runNpk));
}

function readRequest(options: Options): NpkRequest {
  const request: NpkRequest = {
    model: options.model,
    inputs: options.inputs,
    inputs2: options.inputs2,
    normalize: parseChoice("--normalize", options.normalize, NORMALIZATIONS),
    part: parseChoice("--part", options.part, PARTS),
    dtype: parseChoice("--dtype", options.dtype, DTYPES),
    out: options.out,
    threads: options.threads === undefined ? availableParallelism() : parseWhole("--threads", options.threads, 1),
    resume: options.resume === true,
    features: options.features === undefined ? 0 : parseWhole("--features", options.features, 2),
    seed: options.seed === undefined ? 0 : parseWhole("--seed", options.seed, 0),
  };
  if (request.features > 0 && (request.part !== "full" || request.normalize === "width")) {
    throw new GatewiseError({
      received: `--features with ${request.part === "full" ? "--normalize width" : `--part ${request.part}`}`,
      expected: "a whole kernel, normalized by nothing or by its trace",
      next: "leave --features out for the exact kernel",
    });
  }
  if (request.inputs2 === undefined) return request;
  if (request.part !== "full" || request.normalize === "trace") {
    throw new GatewiseError({
      received: `--inputs2 with ${request.part === "full" ? "--normalize trace" : `--part ${request.part}`}`,
      expected: "one set of inputs: two sets have no diagonal",
      next: "leave one of them out",
    });
  }
  return request;
}

/** What is told of a kernel beside its values. */
interface Summary {
  readonly shape: readonly number[];
  /** Sum of the diagonal before normalization; null between two sets of inputs. */
  readonly trace: number | null;
  /** Of random path features: mean standard error of an entry over its size. */
  readonly meanRelativeError?: number;
}

async function runNpk(request: NpkRequest, context: CliContext): Promise<ExitCode> {
  const { network } = await loadNetwork(request.model);
  const inputs = await readModelInputs(request.inputs, network);
  const inputs2 = request.inputs2 === undefined ? undefined : await readModelInputs(request.inputs2, network);
  await using engine = await openWorkerEngine("cpu", { threads: request.threads });
  const chain = request.features > 0 ? undefined : denseChain(network);
  const summary =
    request.features > 0
      ? await estimate(request, network, engine, inputs, inputs2, context)
      : chain === undefined
        ? await generalKernel(request, network, engine, inputs, inputs2, context)
        : await chainKernel(request, network, chain, engine, inputs, inputs2, context);
  const { out, normalize } = request;
  printResult(context, { ...summary, normalize, out: out ?? null }, () =>
    formatTable(
      [
        { title: "kernel" },
        { title: "trace", align: "right" },
        ...(summary.meanRelativeError === undefined ? [] : [{ title: "error of an entry %", align: "right" as const }]),
        { title: "normalized by" },
        { title: "file" },
      ],
      [
        [
          `[${summary.shape.join(", ")}]`,
          summary.trace?.toPrecision(8) ?? "–",
          ...(summary.meanRelativeError === undefined ? [] : [(100 * summary.meanRelativeError).toFixed(1)]),
          normalize,
          out ?? "–",
        ],
      ],
    ),
  );
  return EXIT.done;
}

async function chainKernel(
  request: NpkRequest,
  network: GatedNetwork,
  chain: DenseChain,
  engine: Engine,
  inputs: Inputs,
  inputs2: Inputs | undefined,
  context: CliContext,
): Promise<Summary> {
  const read = async (from: Inputs): Promise<GatedInputs> => ({
    inputs: normalizedInputs(chain, from),
    gates: await withProgress(context, "gates", "inputs", (onProgress) =>
      readNetworkGates(network, engine, from, { onProgress, signal: context.signal }),
    ),
  });
  const rows = await read(inputs);
  const kernel: DensePathKernel = {
    rows,
    ...(inputs2 === undefined ? {} : { columns: await read(inputs2) }),
    biases: chain.biases,
    normalize: request.normalize === "width" ? "width" : "none",
  };
  const diagonal = densePathKernelDiagonal(kernel);
  const trace = diagonal.reduce((sum, value) => sum + value, 0);
  const scale = request.normalize === "trace" ? 1 / checkedTrace(trace) : 1;
  const shape = [rows.gates.examples, (kernel.columns ?? rows).gates.examples] as const;
  if (request.part !== "full") return await writePart(request, diagonal, trace, scale);
  if (request.out !== undefined) {
    const file: KernelFile = {
      path: request.out,
      dtype: request.dtype,
      shape,
      symmetric: inputs2 === undefined,
      scale,
      digest: digestOf(request, [inputs, ...(inputs2 === undefined ? [] : [inputs2])], kernel),
    };
    const skip = await tilesToSkip(file, request.resume);
    await withProgress(context, "kernel", "tiles", (onProgress) =>
      writeKernelFile(file, densePathKernelTiles(kernel, engine, { skip, signal: context.signal }), ({ done, of }) =>
        onProgress(done, of),
      ),
    );
  }
  return { shape, trace: inputs2 === undefined ? trace : null };
}

/** Tiles of an unfinished file to go on behind; that it is there and not asked for is an error, not an overwriting. */
async function tilesToSkip(file: KernelFile, resume: boolean): Promise<number> {
  const done = await finishedTiles(file);
  if (done === 0 || resume) return done;
  throw new GatewiseError({
    received: `${file.path}.part, an unfinished file of this kernel with ${done} tiles done`,
    expected: "--resume, or no such file",
    next: "add --resume to go on with it, or delete the two .part files",
  });
}

async function generalKernel(
  request: NpkRequest,
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  inputs2: Inputs | undefined,
  context: CliContext,
): Promise<Summary> {
  if (request.normalize === "width") {
    throw new GatewiseError({
      received: "--normalize width for a network that is no chain of dense layers",
      expected: "none or trace",
      next: "use --normalize trace",
    });
  }
  const kernel = await withProgress(context, "kernel", "pairs", (onProgress) =>
    neuralPathKernelOf(network, engine, inputs, inputs2, {
      part: request.part === "full" ? "full" : "diagonal",
      signal: context.signal,
      onProgress,
    }),
  );
  const [n = 0] = kernel.shape;
  const diagonal =
    request.part === "full" ? Float64Array.from({ length: n }, (_, i) => kernel.data[i * (n + 1)] ?? 0) : kernel.data;
  const trace = diagonal.reduce((sum, value) => sum + value, 0);
  const scale = request.normalize === "trace" ? 1 / checkedTrace(trace) : 1;
  if (request.part !== "full") return await writePart(request, diagonal, trace, scale);
  if (request.out !== undefined) await writeArray(request, kernel.shape, kernel.data, scale);
  return { shape: kernel.shape, trace: inputs2 === undefined ? trace : null };
}

async function estimate(
  request: NpkRequest,
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  inputs2: Inputs | undefined,
  context: CliContext,
): Promise<Summary> {
  const { features: count, seed } = request;
  const draw = (from: Inputs): Promise<DenseArray<"float64">> =>
    withProgress(context, "features", "features", (onProgress) =>
      randomPathFeatures(network, engine, from, count, { seed, onProgress, signal: context.signal }),
    );
  const rows = await draw(inputs);
  const { kernel, meanRelativeError } = estimatedKernel(rows, inputs2 === undefined ? rows : await draw(inputs2));
  const [n = 0] = kernel.shape;
  const trace =
    inputs2 === undefined ? kernel.data.reduce((sum, value, i) => (i % (n + 1) === 0 ? sum + value : sum), 0) : null;
  const scale = request.normalize === "trace" && trace !== null ? 1 / checkedTrace(trace) : 1;
  if (request.out !== undefined) await writeArray(request, kernel.shape, kernel.data, scale);
  return { shape: kernel.shape, trace, meanRelativeError };
}

async function writePart(request: NpkRequest, diagonal: Float64Array, trace: number, scale: number): Promise<Summary> {
  const [shape, data] = request.part === "trace" ? [[], Float64Array.of(trace)] : [[diagonal.length], diagonal];
  if (request.out !== undefined) await writeArray(request, shape, data, scale);
  return { shape, trace };
}

async function writeArray(
  { out, dtype }: NpkRequest,
  shape: readonly number[],
  data: Float64Array,
  scale: number,
): Promise<void> {
  if (out === undefined) return;
  const scaled = data.map((value) => value * scale);
  const array: DenseArray =
    dtype === "float64" ? { dtype, shape, data: scaled } : { dtype, shape, data: Float32Array.from(scaled) };
  await writeWhole(out, writeNpy(array));
}

function checkedTrace(trace: number): number {
  if (trace > 0) return trace;
  throw new GatewiseError({
    received: "a kernel of trace 0: no input has an active path",
    expected: "active paths to divide by",
    next: "use --normalize none, and see the gates command for layers that are never on",
  });
}

/** What a file is computed from: inputs, gates and options. */
function digestOf(request: NpkRequest, inputs: readonly Inputs[], { rows, columns, biases }: DensePathKernel): string {
  const hash = createHash("sha256");
  const { normalize, dtype } = request;
  hash.update(JSON.stringify({ normalize, dtype, biases, shapes: inputs.map(({ shape }) => shape) }));
  for (const one of inputs) hash.update(bytesOf(one));
  for (const { gates } of [rows, ...(columns === undefined ? [] : [columns])]) {
    for (const { words } of gates.layers) hash.update(words);
  }
  return hash.digest("hex");
}

async function withProgress<T>(
  context: CliContext,
  name: string,
  things: string,
  run: (update: (done: number, of: number) => void) => Promise<T>,
): Promise<T> {
  const progress = countProgress(context, name, things);
  try {
    return await run(progress.update);
  } finally {
    progress.close();
  }
}
