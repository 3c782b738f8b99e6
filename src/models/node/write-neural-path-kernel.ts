/** The neural path kernel of a model into a file, whatever the network: by tiles where it has them, of any size. */
import { createHash } from "node:crypto";
import { writeNpy } from "../../data/index.ts";
import { writeWhole } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import type { Inputs } from "../../gates/index.ts";
import { bytesOf, type DenseArray, float32, float64 } from "../../graph/index.ts";
import {
  type DenseChain,
  type PackedKernel,
  packedKernelDiagonal,
  packedKernelTiles,
  pairKernelCost,
} from "../../kernels/index.ts";
import { finishedTiles, type KernelFile, openTilePool, writeKernelFile } from "../../kernels/node/index.ts";
import type { Model } from "../model.ts";
import {
  checkedTrace,
  type NeuralPathKernel,
  type NeuralPathKernelOptions,
  type Normalization,
  packedKernelOf,
  sumOf,
} from "../neural-path-kernel.ts";
import { neuralPathKernelWay } from "../neural-path-kernel-way.ts";
import { counter } from "../progress.ts";

export const KERNEL_DTYPES = ["float64", "float32"] as const;

export interface NeuralPathKernelFileOptions extends NeuralPathKernelOptions {
  /** Path of the file, and its lock where the caller holds it. Without a file a whole kernel is told by its trace. */
  readonly out?: { readonly path: string; readonly lock?: AsyncDisposable } | undefined;
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
  /** Sum of the diagonal before normalization; null between two sets of inputs. */
  readonly trace: number | null;
  /** Of random path features: mean standard error of an entry over its size. */
  readonly meanRelativeError?: number;
}

/** What {@link writeNeuralPathKernel} will be, before it begins. */
export interface NeuralPathKernelWork {
  readonly by: NeuralPathKernel["by"];
  /** Whether an interrupted file can be gone on with: only tiles in a file are there then. */
  readonly resumable: boolean;
  /** Pairs of inputs that are worked off one by one; 0 where they are not. */
  readonly pairs: number;
  /** That they take in one thread, about. */
  readonly seconds: number;
}

/**
 * What a kernel will take and leave, told before it begins.
 * @param rows number of inputs
 * @param columns of the others, where there are some
 */
export function neuralPathKernelWork(
  { network }: Model,
  rows: number,
  columns: number | undefined,
  { part = "full", features = 0, out }: Pick<NeuralPathKernelFileOptions, "part" | "features" | "out">,
): NeuralPathKernelWork {
  const whole = part === "full" && out !== undefined;
  if (features > 0) return { by: "random features", resumable: false, pairs: 0, seconds: 0 };
  const { kind: by } = neuralPathKernelWay(network);
  if (by === "packed bits") return { by, resumable: whole, pairs: 0, seconds: 0 };
  const pairs = !whole ? rows : columns === undefined ? (rows * (rows + 1)) / 2 : rows * columns;
  return { by, resumable: false, pairs, seconds: pairKernelCost(network).seconds * pairs };
}

/**
 * Computes the kernel that is asked for, and writes it where a file is named.
 * @param inputs `[n, …inputShape]`
 * @throws GatewiseError as `Model.pathKernel` does, and if an unfinished file is there that was not asked for
 */
export async function writeNeuralPathKernel(
  model: Model,
  inputs: Inputs,
  options: NeuralPathKernelFileOptions,
): Promise<NeuralPathKernelSummary> {
  const { part = "full", features = 0, out, dtype = "float64" } = options;
  const way = neuralPathKernelWay(model.network);
  if (way.kind === "packed bits" && features === 0 && part === "full" && out !== undefined) {
    return await writeTiles(model, way.chain, inputs, { ...options, out });
  }
  // of a whole kernel without a file the trace is all that is told
  const asked = part === "full" && features === 0 && out === undefined ? "diagonal" : part;
  const kernel = await model.pathKernel(inputs, { ...options, part: asked });
  if (out !== undefined) await writeWhole(out.path, writeNpy(rounded(kernel, dtype)));
  const [n = 0] = kernel.shape;
  const { trace, meanRelativeError } = kernel;
  return {
    shape: part === "full" && asked === "diagonal" ? [n, n] : kernel.shape,
    trace,
    ...(meanRelativeError === undefined ? {} : { meanRelativeError }),
  };
}

const rounded = ({ shape, data }: DenseArray<"float64">, dtype: "float64" | "float32"): DenseArray =>
  dtype === "float32" ? float32(shape, data) : float64(shape, data);

async function writeTiles(
  model: Model,
  chain: DenseChain,
  inputs: Inputs,
  options: NeuralPathKernelFileOptions & { readonly out: NonNullable<NeuralPathKernelFileOptions["out"]> },
): Promise<NeuralPathKernelSummary> {
  const { inputs2, normalize = "none", dtype = "float64", out, threads, resume = false, signal } = options;
  const engine = await model.engine();
  const kernel = await packedKernelOf(model.network, chain, engine, inputs, options);
  const { rows, columns = rows } = kernel;
  const trace = sumOf(packedKernelDiagonal(kernel));
  const file: KernelFile = {
    ...out,
    dtype,
    shape: [rows.gates.examples, columns.gates.examples],
    symmetric: inputs2 === undefined,
    scale: normalize === "trace" ? 1 / checkedTrace(trace) : 1,
    digest: digestOf(normalize, dtype, [inputs, ...(inputs2 === undefined ? [] : [inputs2])], kernel),
  };
  const tiles = packedKernelTiles(kernel, engine, {
    skip: await tilesToSkip(file, resume),
    // a factor comes before the rounding
    dtype: normalize === "trace" ? "float64" : dtype,
    ...(signal === undefined ? {} : { signal }),
    ...(threads > 1 ? { open: openTilePool(threads) } : {}),
  });
  const onProgress = counter(options, "kernel", "tiles");
  await writeKernelFile(file, tiles, ({ done, of }) => onProgress(done, of));
  return { shape: file.shape, trace: inputs2 === undefined ? trace : null };
}

/** Tiles of an unfinished file to go on behind; that it is there and not asked for is an error, not an overwriting. */
async function tilesToSkip(file: KernelFile, resume: boolean): Promise<number> {
  const done = await finishedTiles(file);
  if (done === 0 || resume) return done;
  throw new GatewiseError({
    code: "already-exists",
    received: `${file.path}.part, an unfinished file of this kernel with ${done} tiles done`,
    expected: "`resume`, or no such file",
    next: "add `resume` to go on with it, or delete the two .part files",
  });
}

/** What a file is computed from: inputs, gates and options. */
function digestOf(
  normalize: Normalization,
  dtype: string,
  inputs: readonly Inputs[],
  { rows, columns, biases }: PackedKernel,
): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify({ normalize, dtype, biases, shapes: inputs.map(({ shape }) => shape) }));
  for (const one of inputs) hash.update(bytesOf(one));
  for (const { gates } of [rows, ...(columns === undefined ? [] : [columns])]) {
    for (const { words } of gates.layers) hash.update(words);
  }
  return hash.digest("hex");
}
