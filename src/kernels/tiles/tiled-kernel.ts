/** Kernels by tiles, whatever makes them: one after the other, or all of them in memory. */
import { inOrder } from "./in-order.ts";
import type { MatrixPart } from "./mirror.ts";
import { roomFor, type TileMaker, type TilePlace } from "./tile-maker.ts";
import { type ExampleRange, isMirrored, type TiledShape, tileAt, tileCount, tilePairs } from "./tile-plan.ts";

/** Numbers of a kernel. It is computed in float64 and rounded, if at all, at the end. */
export type KernelValues = Float32Array | Float64Array;

/** A finished part of the kernel; `[rows, columns]` in C order. */
export interface KernelTile {
  readonly rows: ExampleRange;
  readonly columns: ExampleRange;
  readonly values: KernelValues;
  /** The same transposed, where that belongs below the diagonal. */
  readonly mirrored?: KernelValues;
  /** Tiles done with this one, and tiles in all. */
  readonly done: number;
  /** Tiles made so far, with those that have to wait for one before them. */
  readonly made: number;
  readonly of: number;
}

/** A kernel, and what opens a maker of its tiles. */
export interface TiledKernel extends TiledShape {
  readonly open: () => Promise<TileMaker>;
}

/** How the tiles of any kernel are computed. */
export interface KernelTilesOptions {
  /** Tiles to leave out at the start: an interrupted computation goes on behind them. */
  readonly skip?: number;
  /** Of the tiles' numbers: float64, unless told otherwise. */
  readonly dtype?: "float32" | "float64";
  readonly signal?: AbortSignal | undefined;
}

/** Tiles row by row, the next ones begun while one is used. */
export async function* kernelTiles(
  kernel: TiledKernel,
  { skip = 0, dtype = "float64", signal }: KernelTilesOptions = {},
): AsyncGenerator<KernelTile> {
  await using maker = await kernel.open();
  const part = (height: number, width: number): MatrixPart => roomFor(maker, dtype, height, width);
  const make = async (rows: ExampleRange, columns: ExampleRange): Promise<TilePlace> => {
    const [height, width] = [rows.to - rows.from, columns.to - columns.from];
    const mirrored = isMirrored(kernel, rows, columns) ? part(width, height) : undefined;
    const to: TilePlace = { tile: part(height, width), mirrored };
    await maker.write(rows, columns, to);
    return to;
  };
  const of = tileCount(kernel);
  const sequence = { of, skip, at: (index: number) => tileAt(kernel, index) };
  for await (const { index, ranges, made, count } of inOrder(sequence, maker, make, signal)) {
    const [rows, columns] = ranges;
    const below = made.mirrored === undefined ? {} : { mirrored: made.mirrored.data };
    yield { rows, columns, values: made.tile.data, ...below, done: index + 1, made: count, of };
  }
}

export interface WriteKernelOptions {
  readonly signal?: AbortSignal | undefined;
  /** Pairs of examples that are done; those that are mirrored count once. */
  readonly onProgress?: ((pairs: number, of: number) => void) | undefined;
}

/**
 * Writes the whole kernel, `[rows, columns]`, symmetric to the bit where it is one of inputs with themselves. Worker threads
 * write their tiles themselves into a memory that they can share, of a `SharedArrayBuffer`.
 */
export async function writeKernel(
  kernel: TiledKernel,
  data: KernelValues,
  { signal, onProgress }: WriteKernelOptions = {},
): Promise<void> {
  const { rows, columns: stride, symmetric } = kernel;
  await using maker = await kernel.open();
  const write = (a: ExampleRange, b: ExampleRange): Promise<void> => {
    const tile = { data, start: a.from * stride + b.from, stride };
    const mirrored = isMirrored(kernel, a, b) ? { data, start: b.from * stride + a.from, stride } : undefined;
    return maker.write(a, b, { tile, mirrored });
  };
  const of = symmetric ? (rows * (rows + 1)) / 2 : rows * stride;
  let done = 0;
  const sequence = { of: tileCount(kernel), skip: 0, at: (index: number) => tileAt(kernel, index) };
  for await (const { ranges } of inOrder(sequence, maker, write, signal)) {
    done += tilePairs(kernel, ranges);
    onProgress?.(done, of);
  }
  signal?.throwIfAborted();
}
