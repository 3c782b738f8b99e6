/** A tangent kernel into a file tile by tile, of any size. */
import { type FileHandle, open } from "node:fs/promises";
import { npyHeader } from "../../data/index.ts";
import type { Inputs } from "../../gates/index.ts";
import { BYTES, type DenseArray, denseArray, sizeOf } from "../../graph/index.ts";
import {
  eigenvalueExamples,
  eigenvalueSample,
  kernelTiles,
  type TangentSummary,
  tangentKernel,
  tangentSummary,
  tangentTiles,
} from "../../kernels/index.ts";
import { type KernelFile, writeKernelFile } from "../../kernels/node/index.ts";
import type { Model } from "../model.ts";
import { counter } from "../progress.ts";
import type { TangentKernelOptions } from "../tangent-kernels.ts";
import { kernelDigest, wholeNetwork } from "./kernel-digest.ts";
import type { KERNEL_DTYPES } from "./kernel-dtypes.ts";
import { openEngines } from "./tangent-engines.ts";
import { tilesToSkip } from "./write-neural-path-kernel.ts";

/** Which tangent kernel is computed, and the file that it is written to. */
export interface TangentKernelFileOptions extends Omit<TangentKernelOptions, "output" | "inputs2" | "beside"> {
  /** Other inputs for the columns; the rows' own unless given. */
  readonly inputs2?: Inputs | undefined;
  /** The logit that is differentiated; 0 unless told otherwise. */
  readonly output?: number | undefined;
  /** Path of the file, and its lock where the caller holds it. */
  readonly out: { readonly path: string; readonly lock?: AsyncDisposable };
  /** Element type of the file; float64 unless told otherwise. */
  readonly dtype?: (typeof KERNEL_DTYPES)[number] | undefined;
  /** Engines that make tiles, a thread each. */
  readonly threads: number;
  /** Go on with an interrupted file of tiles. */
  readonly resume?: boolean | undefined;
}

/** What is told of a kernel in a file; between two sets of inputs there is no trace and no eigenvalue. */
export type TangentFileSummary = Pick<TangentSummary, "frobenius"> &
  ({ readonly shape: readonly [number, number] } & (
    | Omit<TangentSummary, "frobenius">
    | { readonly trace: null; readonly smallestEigenvalue: null; readonly smallestEigenvalueOf: 0 }
  ));

/**
 * Writes the kernel that {@link Model.tangentKernel} makes, tile by tile: memory does not grow with the file, an
 * interrupted one is gone on with, and any number of threads ends in the same bytes.
 * @param inputs `[n, …inputShape]`
 * @throws GatewiseError as `Model.tangentKernel` does, and if an unfinished file is there that was not asked for
 */
export async function writeTangentKernel(
  model: Model,
  inputs: Inputs,
  {
    out,
    dtype = "float64",
    threads,
    resume = false,
    inputs2,
    output = 0,
    part = "all",
    ...asking
  }: TangentKernelFileOptions,
): Promise<TangentFileSummary> {
  const { network } = model;
  const { signal } = asking;
  const [rows = 0, columns = 0] = [inputs.shape[0], (inputs2 ?? inputs).shape[0]];
  const all = [inputs, ...(inputs2 === undefined ? [] : [inputs2])];
  const file: KernelFile = {
    ...out,
    dtype,
    shape: [rows, columns],
    symmetric: inputs2 === undefined,
    digest: kernelDigest({ dtype, output, part }, all, wholeNetwork(network)),
    // a tile takes seconds
    saveEvery: 1,
  };
  const skip = await tilesToSkip(file, resume);
  const first = await model.engine();
  await using more = await openEngines(threads - 1);
  const asked = { output, part, ...(signal && { signal }) };
  const tiled = tangentTiles(network, [first, ...more.engines], inputs, { ...asked, inputs2 });
  const tiles = kernelTiles(tiled, { skip, dtype, signal });
  const onProgress = counter(asking, "kernel", "tiles");
  await writeKernelFile(file, tiles, ({ done, of }) => onProgress(done, of));
  const { trace, frobenius } = await sizeOfFile(file, signal);
  if (inputs2 !== undefined) {
    return { shape: [rows, columns], trace: null, frobenius, smallestEigenvalue: null, smallestEigenvalueOf: 0 };
  }
  const sample = examplesAt(inputs, eigenvalueSample(rows, eigenvalueExamples(network, rows)));
  const kernel = await tangentKernel(network, first, sample, asked);
  const { smallestEigenvalue, smallestEigenvalueOf } = await tangentSummary(kernel, first, { signal });
  return { shape: [rows, columns], trace, frobenius, smallestEigenvalue, smallestEigenvalueOf };
}

/** Trace and Frobenius norm of a finished file, row by row: tiles of an earlier run are in it too. */
async function sizeOfFile({ path, dtype, shape: [rows, columns] }: KernelFile, signal: AbortSignal | undefined) {
  await using file: FileHandle = await open(path);
  const start = npyHeader(dtype, [rows, columns]).length;
  const line = columns * BYTES[dtype];
  const together = Math.max(1, Math.floor(2 ** 24 / line));
  let [trace, squares] = [0, 0];
  for (let from = 0; from < rows; from += together) {
    signal?.throwIfAborted();
    const count = Math.min(together, rows - from);
    const bytes = new ArrayBuffer(count * line);
    for (let at = 0; at < bytes.byteLength; ) {
      const { bytesRead } = await file.read(
        new Uint8Array(bytes, at),
        0,
        bytes.byteLength - at,
        start + from * line + at,
      );
      if (bytesRead === 0) throw new Error(`${path} is shorter than it was written`);
      at += bytesRead;
    }
    const values = dtype === "float32" ? new Float32Array(bytes) : new Float64Array(bytes);
    for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
    for (let i = 0; i < count && from + i < columns; i++) trace += values[i * columns + from + i]!;
  }
  return { trace, frobenius: Math.sqrt(squares) };
}

function examplesAt(inputs: Inputs, examples: Int32Array): DenseArray<"float64"> {
  const [, ...shape] = inputs.shape;
  const size = sizeOf(shape);
  const data = new Float64Array(examples.length * size);
  for (const [i, example] of examples.entries()) {
    data.set(inputs.data.subarray(example * size, (example + 1) * size), i * size);
  }
  return denseArray("float64", [examples.length, ...shape], data);
}
