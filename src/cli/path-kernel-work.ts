import { createHash } from "node:crypto";
import { writeNpy } from "../data/index.ts";
import { writeWhole } from "../data/node/index.ts";
import type { Engine } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import type { Inputs } from "../gates/index.ts";
import { bytesOf, type DenseArray } from "../graph/index.ts";
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
  pathKernelCost,
  randomPathFeatures,
} from "../kernels/index.ts";
import { finishedTiles, type KernelFile, openTilePool, writeKernelFile } from "../kernels/node/index.ts";
import type { GatedNetwork } from "../network/index.ts";
import type { CliContext } from "./context.ts";
import { formatDuration } from "./estimate.ts";
import { extractGates } from "./extract-gates.ts";
import { note } from "./output.ts";
import { withCount } from "./progress.ts";
import type { ResultFile } from "./result-file.ts";

export const NORMALIZATIONS = ["none", "width", "trace"] as const;
export const DTYPES = ["float64", "float32"] as const;
export const PARTS = ["full", "diagonal", "trace"] as const;

/** What `npk` was asked for. */
export interface NpkRequest {
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

/** What is told of a kernel beside its values. */
export interface KernelSummary {
  readonly shape: readonly number[];
  /** Sum of the diagonal before normalization; null between two sets of inputs. */
  readonly trace: number | null;
  /** Of random path features: mean standard error of an entry over its size. */
  readonly meanRelativeError?: number;
}

/** A request with what it names, opened. */
export interface KernelWork {
  readonly request: NpkRequest;
  readonly network: GatedNetwork;
  readonly inputs: Inputs;
  readonly inputs2: Inputs | undefined;
  /** The file of `request.out`, claimed. */
  readonly out: ResultFile | undefined;
  readonly engine: Engine;
  readonly context: CliContext;
}

/** Computes the kernel that a request asks for, and writes it. */
export function pathKernelOf(work: KernelWork): Promise<KernelSummary> {
  const { features, part, out } = work.request;
  const chain = features > 0 ? undefined : denseChain(work.network);
  // only tiles in a file are there after an interruption
  if (chain === undefined || part !== "full" || out === undefined) work.context.onResumption?.(work.context.command);
  if (features > 0) return estimatedByFeatures(work);
  return chain === undefined ? byPairs(work) : byOverlaps(work, chain);
}

/** A fully connected network: packed bits, by tiles into the file. */
async function byOverlaps(work: KernelWork, chain: DenseChain): Promise<KernelSummary> {
  const { request, network, inputs, inputs2, out, engine, context } = work;
  const read = async (from: Inputs): Promise<GatedInputs> => ({
    inputs: normalizedInputs(chain, from),
    gates: await extractGates(context, network, engine, from),
  });
  const rows = await read(inputs);
  const kernel: DensePathKernel = {
    rows,
    ...(inputs2 === undefined ? {} : { columns: await read(inputs2) }),
    biases: chain.biases,
    normalize: request.normalize === "width" ? "width" : "none",
  };
  const diagonal = densePathKernelDiagonal(kernel);
  if (request.part !== "full" || out === undefined) return await writeDiagonal(work, diagonal);
  const trace = sumOf(diagonal);
  const file: KernelFile = {
    path: out.path,
    lock: out,
    dtype: request.dtype,
    shape: [rows.gates.examples, (kernel.columns ?? rows).gates.examples],
    symmetric: inputs2 === undefined,
    scale: scaleOf(request, trace),
    digest: digestOf(request, [inputs, ...(inputs2 === undefined ? [] : [inputs2])], kernel),
  };
  const tiles = densePathKernelTiles(kernel, engine, {
    skip: await tilesToSkip(file, request.resume),
    // a factor comes before the rounding
    dtype: request.normalize === "trace" ? "float64" : request.dtype,
    signal: context.signal,
    ...(request.threads > 1 ? { open: openTilePool(request.threads) } : {}),
  });
  await withCount(context, "kernel", "tiles", (onProgress) =>
    writeKernelFile(file, tiles, ({ done, of }) => onProgress(done, of)),
  );
  return { shape: file.shape, trace: inputs2 === undefined ? trace : null };
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

/** Any other network: pair by pair, in memory. */
async function byPairs(work: KernelWork): Promise<KernelSummary> {
  const { request, network, inputs, inputs2, engine, context } = work;
  if (request.normalize === "width" || request.resume) {
    throw new GatewiseError({
      received: `${request.resume ? "--resume" : "--normalize width"} for a network that is no chain of dense layers`,
      expected: "a fully connected network with hard gates",
      next: request.resume ? "start without it: this kernel is made in memory" : "use --normalize trace",
    });
  }
  const part = request.part === "full" && request.out !== undefined ? "full" : "diagonal";
  const [rows = 0] = inputs.shape;
  tellLength(context, network, part === "diagonal" ? rows : pairsOf(rows, inputs2?.shape[0]));
  const kernel = await withCount(context, "kernel", "pairs", (onProgress) =>
    neuralPathKernelOf(network, engine, inputs, inputs2, { part, signal: context.signal, onProgress }),
  );
  return part === "full" ? await writeKernel(work, kernel) : await writeDiagonal(work, kernel.data);
}

const pairsOf = (rows: number, columns: number | undefined): number =>
  columns === undefined ? (rows * (rows + 1)) / 2 : rows * columns;

/** Longer kernels are announced, with the way that takes less. */
const LONG_S = 60;

function tellLength(context: CliContext, network: GatedNetwork, pairs: number): void {
  const seconds = pathKernelCost(network).seconds * pairs;
  if (seconds < LONG_S) return;
  const { length } = String(pairs);
  note(
    context,
    `the exact kernel of ${length > 12 ? pairs.toExponential(1) : pairs.toLocaleString("en-US")} pairs of inputs takes about ${formatDuration(seconds)}; --features R estimates it in less`,
  );
}

/** Any network, estimated. */
async function estimatedByFeatures(work: KernelWork): Promise<KernelSummary> {
  const { request, network, inputs, inputs2, engine, context } = work;
  const { features: count, seed } = request;
  const draw = (from: Inputs): Promise<DenseArray<"float64">> =>
    withCount(context, "features", "features", (onProgress) =>
      randomPathFeatures(network, engine, from, count, { seed, onProgress, signal: context.signal }),
    );
  const rows = await draw(inputs);
  const { kernel, meanRelativeError } = estimatedKernel(rows, inputs2 === undefined ? rows : await draw(inputs2));
  return { ...(await writeKernel(work, kernel)), meanRelativeError };
}

/** Writes a whole kernel where a file is named. */
async function writeKernel(work: KernelWork, { shape, data }: DenseArray<"float64">): Promise<KernelSummary> {
  const { request } = work;
  const [n = 0] = shape;
  const trace =
    request.inputs2 === undefined ? sumOf(Float64Array.from({ length: n }, (_, i) => data[i * (n + 1)]!)) : null;
  await writeArray(work, shape, data, scaleOf(request, trace ?? 0));
  return { shape, trace };
}

/** Writes what was asked for of a diagonal; of a whole kernel without a file, the trace is all that is told. */
async function writeDiagonal(work: KernelWork, diagonal: Float64Array): Promise<KernelSummary> {
  const { request } = work;
  const trace = sumOf(diagonal);
  const scale = scaleOf(request, trace);
  const n = diagonal.length;
  switch (request.part) {
    case "full":
      return { shape: [n, n], trace };
    case "diagonal":
      await writeArray(work, [n], diagonal, scale);
      return { shape: [n], trace };
    case "trace":
      await writeArray(work, [], Float64Array.of(trace), scale);
      return { shape: [], trace };
  }
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

const scaleOf = ({ normalize }: NpkRequest, trace: number): number =>
  normalize === "trace" ? 1 / checkedTrace(trace) : 1;

async function writeArray(
  { out, request: { dtype } }: KernelWork,
  shape: readonly number[],
  data: Float64Array,
  scale: number,
): Promise<void> {
  if (out === undefined) return;
  const scaled = data.map((value) => value * scale);
  const array: DenseArray =
    dtype === "float64" ? { dtype, shape, data: scaled } : { dtype, shape, data: Float32Array.from(scaled) };
  await writeWhole(out.path, writeNpy(array));
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
