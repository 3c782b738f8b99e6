/** A tangent kernel into a file tile by tile, of any size. */
import type { WriteGuard } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import type { Inputs } from "../../gates/index.ts";
import { BYTES } from "../../graph/index.ts";
import {
  affordsEigenvalue,
  checkEigenvalueExamples,
  kernelTiles,
  smallestTangentEigenvalue,
  TANGENT_TILE,
  type TangentSummary,
  tangentTiles,
  tangentWorkBytes,
} from "../../kernels/index.ts";
import { type KernelFile, writeKernelFile } from "../../kernels/node/index.ts";
import { optionsIn } from "../../options.ts";
import type { Model } from "../model.ts";
import { counter } from "../progress.ts";
import type { TangentAnswerOptions } from "../tangent-kernels.ts";
import { kernelDigest, wholeNetwork } from "./kernel-digest.ts";
import type { KERNEL_DTYPES } from "./kernel-dtypes.ts";
import { openKernelRows } from "./kernel-file-rows.ts";
import { sizeOfRows } from "./size-of-rows.ts";
import { openEngines } from "./tangent-engines.ts";
import { tilesToSkip } from "./write-neural-path-kernel.ts";

/** Which tangent kernel is computed, and the file that it is written to. */
export interface TangentKernelFileOptions extends Omit<TangentAnswerOptions, "output" | "beside"> {
  /** Other inputs for the columns; the rows' own unless given. */
  readonly inputs2?: Inputs | undefined;
  /** The logit that is differentiated; 0 unless told otherwise. */
  readonly output?: number | undefined;
  /** Path of the file, and its lock where the caller holds it. */
  readonly out: { readonly path: string; readonly lock?: WriteGuard };
  /** Element type of the file; float64 unless told otherwise. */
  readonly dtype?: (typeof KERNEL_DTYPES)[number] | undefined;
  /** Engines that make tiles, a thread each. */
  readonly threads: number;
  /** Go on with an interrupted file of tiles. */
  readonly resume?: boolean | undefined;
}

/** What is told of a kernel in a file; between two sets of inputs there is no trace and no eigenvalue. */
export interface TangentFileSummary extends Omit<TangentSummary, "trace"> {
  readonly shape: readonly [number, number];
  readonly trace: number | null;
}

/** What a process takes before it works, and an engine with its compiled graphs (measured, beside 10,000 inputs). */
const [PROCESS_BYTES, ENGINE_BYTES] = [200e6, 150e6];

/** Bytes that {@link writeTangentKernel} takes: of the disk, and of memory beside the inputs, whatever their number. */
export function tangentFileBytes(
  { network }: Model,
  [rows, columns]: readonly [number, number],
  { dtype = "float64", threads }: Pick<TangentKernelFileOptions, "dtype" | "threads">,
): { readonly disk: number; readonly memory: number } {
  const tile = Math.min(TANGENT_TILE, Math.max(rows, columns));
  const each = ENGINE_BYTES + tangentWorkBytes(network, tile) + 4 * 8 * tile ** 2;
  return { disk: rows * columns * BYTES[dtype], memory: PROCESS_BYTES + threads * each };
}

/**
 * Writes the kernel that {@link Model.tangentKernel} makes, tile by tile: memory does not grow with the file, an
 * interrupted one is gone on with, and any number of threads ends in the same bytes.
 * @param inputs `[n, …inputShape]`
 * @throws GatewiseError as `Model.tangentKernel` does, and if an unfinished file is there that was not asked for
 */
export async function writeTangentKernel(
  model: Model,
  inputs: Inputs,
  options: TangentKernelFileOptions,
): Promise<TangentFileSummary> {
  const {
    out,
    dtype = "float64",
    threads,
    resume = false,
    inputs2,
    output = 0,
    part = "all",
    smallestEigenvalue = false,
    ...asking
  } = optionsIn(options);
  if (smallestEigenvalue && (dtype === "float32" || inputs2 !== undefined)) {
    throw new GatewiseError({
      received:
        inputs2 === undefined
          ? "the smallest eigenvalue of a kernel in float32"
          : "the smallest eigenvalue of a kernel between two sets of inputs",
      expected:
        inputs2 === undefined ? "float64: rounded numbers move it by up to 1e-7 of the largest" : "one set of inputs",
      next: "leave out one of the two options",
    });
  }
  const { network } = model;
  const { signal } = asking;
  const [rows = 0, columns = 0] = [inputs.shape[0], (inputs2 ?? inputs).shape[0]];
  if (smallestEigenvalue) checkEigenvalueExamples(rows);
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
  await writeKernelFile(file, tiles, ({ made, of }) => onProgress(made, of));
  await using kernel = await openKernelRows(file);
  const { trace, frobenius } = await sizeOfRows(kernel, signal);
  const told = { shape: [rows, columns], frobenius } as const;
  if (inputs2 !== undefined) return { ...told, trace: null, smallestEigenvalue: null };
  const isAsked = dtype === "float64" && (smallestEigenvalue || affordsEigenvalue(network, rows));
  const smallest = isAsked ? await smallestTangentEigenvalue(kernel, first, { signal }) : null;
  return { ...told, trace, smallestEigenvalue: smallest };
}
