/** The neural path kernel of a model into a file, whatever the network: by tiles, of any size. */

import { totalmem } from "node:os";
import { writeNpy } from "../../data/index.ts";
import { type WriteGuard, writeGuarded, writeWhole } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { checkInputs, type Inputs } from "../../gates/index.ts";
import { type DenseArray, float32, float64, largestOf } from "../../graph/index.ts";
import {
  checkEstimateMemory,
  checkKernelNumbers,
  checkPairCost,
  type KernelTile,
  type KernelTilesOptions,
  kernelExponent,
  kernelTiles,
  MOST_PAIR_BYTES,
  openPairTiles,
  packedKernelDiagonal,
  packedKernelTiles,
  pairDiagonal,
  readPairs,
  tiledPairs,
} from "../../kernels/index.ts";
import { finishedTiles, type KernelFile, tileMakers, writeKernelFile } from "../../kernels/node/index.ts";
import { optionsIn } from "../../options.ts";
import { featureSeconds } from "../feature-timing.ts";
import { toldSeconds } from "../kernel-timing.ts";
import type { Model } from "../model.ts";
import {
  checkedTrace,
  checkOptions,
  EARLIER,
  type NeuralPathKernel,
  type NeuralPathKernelOptions,
  packedKernelOf,
  sumOf,
  toldTrace,
} from "../neural-path-kernel.ts";
import { type NeuralPathKernelWay, neuralPathKernelWay } from "../neural-path-kernel-way.ts";
import { counter } from "../progress.ts";
import { checkVanished } from "../vanished-kernel.ts";
import { kernelDigest, packedGates, pairGates } from "./kernel-digest.ts";
import type { KERNEL_DTYPES } from "./kernel-dtypes.ts";
import { checkSingle } from "./single-kernel.ts";

/** {@link NeuralPathKernelOptions}, and the file that the kernel is written to. */
export interface NeuralPathKernelFileOptions extends NeuralPathKernelOptions {
  /** Path of the file, and its lock where the caller holds it. Without a file a whole kernel is told by its trace. */
  readonly out?: { readonly path: string; readonly lock?: WriteGuard } | undefined;
  /** Element type of the file; float64 unless told otherwise. */
  readonly dtype?: (typeof KERNEL_DTYPES)[number] | undefined;
  /** Threads that make tiles. */
  readonly threads: number;
  /** Go on with an interrupted file of tiles. */
  readonly resume?: boolean | undefined;
}

/** What is told of a kernel beside its values. */
export interface NeuralPathKernelSummary {
  readonly shape: readonly number[];
  /** Sum of the diagonal before normalization; null between two sets of inputs, and beyond float64. */
  readonly trace: number | null;
  /** Its base-2 logarithm, also beyond float64; null between two sets of inputs, and of 0. */
  readonly log2Trace: number | null;
  /** Of random path features: mean standard error of an entry over its size. */
  readonly meanRelativeError?: number;
  /** Of random path features: expected distance from the exact kernel over its size, in the Frobenius norm. */
  readonly relativeError?: number;
}

/** What {@link writeNeuralPathKernel} will be, before it begins. */
export interface NeuralPathKernelWork {
  readonly by: NeuralPathKernel["by"];
  /** Whether an interrupted file can be gone on with: only tiles in a file are there then. */
  readonly resumable: boolean;
  /** Pairs of inputs that are worked off one by one; 0 where they are not. */
  readonly pairs: number;
  /** That they take with the threads that are asked for, about. */
  readonly seconds: number;
  /** Of features: what they and the exact kernel take, about; undefined where there is no exact one. */
  readonly exactInstead?: { readonly features: number; readonly exact: number } | undefined;
}

/**
 * What a kernel will take and leave, told before it begins.
 * @param rows number of inputs
 * @param columns of the others, where there are some
 */
export async function neuralPathKernelWork(
  model: Model,
  rows: number,
  columns: number | undefined,
  {
    part = "full",
    features = 0,
    out,
    threads,
  }: Pick<NeuralPathKernelFileOptions, "part" | "features" | "out" | "threads">,
): Promise<NeuralPathKernelWork> {
  const { network } = model;
  const whole = part === "full" && out !== undefined;
  const way = neuralPathKernelWay(network);
  const pairs = features === 0 && !whole ? rows : columns === undefined ? (rows * (rows + 1)) / 2 : rows * columns;
  if (features > 0) {
    const exact = await exactSecondsPerPair(model, way);
    const inputs = rows + (columns ?? 0);
    const passes = inputs * featureSeconds(network, features, inputs);
    const exactInstead = exact === undefined ? undefined : { features: passes, exact: (exact * pairs) / threads };
    return { by: "random features", resumable: false, pairs: 0, seconds: 0, exactInstead };
  }
  if (way.kind === "packed bits") return { by: way.kind, resumable: whole, pairs: 0, seconds: 0 };
  const seconds = ((await model.pairWay()).cost.seconds * pairs) / (whole ? threads : 1);
  return { by: way.kind, resumable: whole, pairs, seconds };
}

/** Of one pair in one thread, about; undefined where no memory holds it. */
async function exactSecondsPerPair(model: Model, way: NeuralPathKernelWay): Promise<number | undefined> {
  if (way.kind === "packed bits") return toldSeconds(model.network);
  const { cost } = await model.pairWay();
  return cost.bytes <= MOST_PAIR_BYTES ? cost.seconds : undefined;
}

/**
 * Computes the kernel that is asked for, and writes it where a file is named: a whole exact one by tiles.
 * @param inputs `[n, …inputShape]`
 * @throws GatewiseError as `Model.pathKernel` does, and if an unfinished file is there that was not asked for
 */
export async function writeNeuralPathKernel(
  model: Model,
  inputs: Inputs,
  options: NeuralPathKernelFileOptions,
): Promise<NeuralPathKernelSummary> {
  optionsIn(options);
  const { part = "full", features = 0, out, dtype = "float64" } = options;
  checkInputs(model.network, inputs);
  if (options.inputs2 !== undefined) checkInputs(model.network, options.inputs2);
  if (features === 0 && part === "full" && out !== undefined) {
    return await writeTiles(model, inputs, { ...options, out });
  }
  if (features > 0) checkEstimateMemory(inputs.shape[0] ?? 0, options.inputs2?.shape[0], features, totalmem());
  // of a whole kernel without a file the trace is all that is told
  const asked = part === "full" && features === 0 && out === undefined ? "diagonal" : part;
  const kernel = await model.pathKernel(inputs, { ...options, part: asked });
  if (out !== undefined) {
    const bytes = writeNpy(rounded(kernel, dtype));
    await (out.lock === undefined ? writeWhole(out.path, bytes) : writeGuarded(out.lock, out.path, bytes));
  }
  const [n = 0] = kernel.shape;
  const { trace, log2Trace, meanRelativeError, relativeError } = kernel;
  return {
    shape: part === "full" && asked === "diagonal" ? [n, n] : kernel.shape,
    trace,
    log2Trace,
    ...(meanRelativeError === undefined ? {} : { meanRelativeError }),
    ...(relativeError === undefined ? {} : { relativeError }),
  };
}

function rounded({ shape, data }: DenseArray<"float64">, dtype: "float64" | "float32"): DenseArray {
  if (dtype === "float64") return float64(shape, data);
  const single = float32(shape, data);
  checkSingle(single.data);
  return single;
}

type FileOptions = NeuralPathKernelFileOptions & { readonly out: NonNullable<NeuralPathKernelFileOptions["out"]> };

async function writeTiles(model: Model, inputs: Inputs, options: FileOptions): Promise<NeuralPathKernelSummary> {
  const { inputs2, normalize = "none", dtype = "float64", out, resume = false, signal } = options;
  checkOptions(model.network, options);
  const kernel = await preparedKernel(model, inputs, options);
  const { diagonal } = kernel;
  if (diagonal !== null) {
    // by Cauchy and Schwarz no number is larger than the largest of the diagonal
    checkKernelNumbers(diagonal, "a neural path kernel", EARLIER);
    if (dtype === "float32" && normalize !== "trace") checkSingle(Float32Array.of(largestOf(diagonal, 0)));
    checkVanished(model.network, inputs, diagonal);
  }
  const trace = diagonal === null ? null : sumOf(diagonal);
  const file: KernelFile = {
    ...out,
    dtype,
    shape: kernel.shape,
    symmetric: inputs2 === undefined,
    scale: normalize === "trace" && trace !== null ? 1 / checkedTrace(trace) : 1,
    digest: kernel.digest,
  };
  const tiles = kernel.tiles({
    skip: await tilesToSkip(file, resume),
    // a factor comes before the rounding
    dtype: normalize === "trace" ? "float64" : dtype,
    signal,
  });
  const onProgress = counter(options, "kernel", "tiles");
  await writeKernelFile(file, diagonal === null ? checkedTiles(tiles) : tiles, ({ made, of }) => onProgress(made, of));
  return { shape: file.shape, ...toldTrace(trace, kernel.exponent) };
}

/** Between two sets of inputs nothing tells before how large numbers become. */
async function* checkedTiles(tiles: AsyncIterable<KernelTile>): AsyncGenerator<KernelTile> {
  for await (const tile of tiles) {
    checkKernelNumbers(tile.values, "a neural path kernel", EARLIER);
    yield tile;
  }
}

/** A kernel of which everything is there but its tiles. */
interface PreparedKernel {
  readonly shape: readonly [rows: number, columns: number];
  /** Null between two sets of inputs. */
  readonly diagonal: Float64Array | null;
  /** The power of two that its numbers are multiplied by. */
  readonly exponent: number;
  readonly digest: string;
  readonly tiles: (options: KernelTilesOptions) => AsyncGenerator<KernelTile>;
}

async function preparedKernel(model: Model, inputs: Inputs, options: FileOptions): Promise<PreparedKernel> {
  const { inputs2, normalize = "none", dtype = "float64", threads, signal } = options;
  const { network } = model;
  const way = neuralPathKernelWay(network);
  const all = [inputs, ...(inputs2 === undefined ? [] : [inputs2])];
  const makers = threads > 1 ? tileMakers(threads) : undefined;
  if (way.kind === "packed bits") {
    const engine = await model.engine();
    const kernel = await packedKernelOf(network, way.chain, engine, inputs, options);
    const { rows, columns = rows, biases } = kernel;
    const open = makers === undefined ? {} : { open: makers.packed };
    return {
      shape: [rows.gates.examples, columns.gates.examples],
      diagonal: inputs2 === undefined ? packedKernelDiagonal(kernel) : null,
      exponent: kernelExponent(kernel),
      digest: kernelDigest({ normalize, dtype, biases }, all, packedGates(kernel)),
      tiles: (asked) => packedKernelTiles(kernel, engine, { ...asked, ...open }),
    };
  }
  for (const one of all) checkInputs(network, one);
  const pairs = await model.pairWay();
  checkPairCost(pairs.cost);
  const engine = await model.engine();
  const work = await readPairs(network, pairs, engine, inputs, inputs2, {
    signal,
    onProgress: counter(options, "gates", "inputs"),
    allocate: makers?.allocate,
  });
  const open = makers?.pairs ?? openPairTiles;
  const tiled = tiledPairs(network, work, pairs, () => open(work, engine, signal));
  const { rows, columns, edge } = tiled;
  const asked = { signal, onProgress: counter(options, "trace", "inputs") };
  return {
    shape: [rows, columns],
    diagonal: inputs2 === undefined ? await pairDiagonal(work, engine, asked) : null,
    exponent: 0,
    digest: kernelDigest({ normalize, dtype, edge }, all, pairGates(network, work)),
    tiles: (tileOptions) => kernelTiles(tiled, tileOptions),
  };
}

/** Tiles of an unfinished file to go on behind; that it is there and not asked for is an error, not an overwriting. */
export async function tilesToSkip(file: KernelFile, resume: boolean): Promise<number> {
  const done = await finishedTiles(file);
  if (done === 0 || resume) return done;
  throw new GatewiseError({
    code: "already-exists",
    received: `${file.path}.part, an unfinished file of this kernel with ${done} tiles done`,
    expected: "`resume`, or no such file",
    next: "add `resume` to go on with it, or delete the two .part files",
  });
}
