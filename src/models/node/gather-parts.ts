/** A kernel of which all parts are there, into one file. */
import type { WriteGuard } from "../../data/node/index.ts";
import type { KernelTile, KernelValues, TileRanges } from "../../kernels/index.ts";
import { finishedTiles, type KernelFile, writeKernelFile } from "../../kernels/node/index.ts";
import { checkedTrace, sumOf, toldTrace } from "../neural-path-kernel.ts";
import { type Asking, counter } from "../progress.ts";
import { openKernelRows } from "./kernel-file-rows.ts";
import type { PartedMatrix } from "./kernel-parts.ts";
import { sizeOfRows } from "./size-of-rows.ts";

/** The parts, in the order in which they are written. */
export interface GatheredParts {
  readonly matrix: PartedMatrix;
  readonly shape: readonly [rows: number, columns: number];
  /** Parts are mirrored at the diagonal. */
  readonly symmetric: boolean;
  readonly ranges: readonly TileRanges[];
  readonly read: (part: number) => Promise<KernelValues>;
  /** The power of two that their numbers are multiplied by. */
  readonly exponent: number;
  /** What the whole is made of, as a digest. */
  readonly digest: string;
}

/** What is told of a matrix that was gathered. */
export interface GatheredSummary {
  readonly shape: readonly [rows: number, columns: number];
  /** Of a kernel of inputs with themselves, before normalization. */
  readonly trace: number | null;
  readonly log2Trace: number | null;
  /** Of a tangent kernel, as it is told where one is made at once; null of others. */
  readonly frobenius: number | null;
}

/** The file of a result, and its lock where the caller holds it. */
export interface ResultPlace {
  readonly path: string;
  readonly lock?: WriteGuard;
}

/**
 * Writes the matrix as it is written where it is made at once.
 * @throws GatewiseError if a part cannot be read, or the file not be written
 */
export async function gatherParts(
  { matrix, shape, symmetric, ranges, read, exponent, digest }: GatheredParts,
  out: ResultPlace,
  asking: Asking = {},
): Promise<GatheredSummary> {
  const { signal } = asking;
  const trace = symmetric ? sumOf(await diagonalOf(ranges, read, shape[0], signal)) : null;
  const isDivided = matrix.kind === "npk" && matrix.normalize === "trace" && trace !== null;
  const scale = isDivided ? 1 / checkedTrace(trace) : 1;
  const file: KernelFile = { ...out, dtype: matrix.dtype, shape, symmetric, digest, scale };
  const done = await finishedTiles(file);
  const onProgress = counter(asking, "gathering", "tiles");
  await writeKernelFile(file, partsFrom(done, ranges, read, signal), ({ made, of }) => onProgress(made, of));
  const frobenius = matrix.kind === "ntk" ? await frobeniusOf(file, signal) : null;
  return { shape, ...toldTrace(trace, exponent), frobenius };
}

async function frobeniusOf(file: KernelFile, signal: AbortSignal | undefined): Promise<number> {
  await using kernel = await openKernelRows(file);
  return (await sizeOfRows(kernel, signal)).frobenius;
}

async function* partsFrom(
  first: number,
  ranges: GatheredParts["ranges"],
  read: GatheredParts["read"],
  signal: AbortSignal | undefined,
): AsyncGenerator<KernelTile> {
  const of = ranges.length;
  for (const [index, [rows, columns]] of ranges.entries()) {
    signal?.throwIfAborted();
    if (index < first) continue;
    yield { rows, columns, values: await read(index), done: index + 1, made: index + 1, of };
  }
}

async function diagonalOf(
  ranges: GatheredParts["ranges"],
  read: GatheredParts["read"],
  examples: number,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const diagonal = new Float64Array(examples);
  for (const [index, [rows, columns]] of ranges.entries()) {
    if (rows.from !== columns.from) continue;
    signal?.throwIfAborted();
    const size = rows.to - rows.from;
    const values = await read(index);
    for (let i = 0; i < size; i++) diagonal[rows.from + i] = values[i * (size + 1)]!;
  }
  return diagonal;
}
