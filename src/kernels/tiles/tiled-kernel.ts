/** Kernels by tiles, whatever makes them: one after the other, or all of them in memory. */
import { BYTES } from "../../graph/index.ts";
import type { MatrixPart } from "./mirror.ts";
import type { TileMaker, TilePlace } from "./tile-maker.ts";
import { type ExampleRange, type TiledShape, type TileRanges, tileAt, tileCount, tilePairs } from "./tile-plan.ts";

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
  const part = (height: number, width: number): MatrixPart => {
    const buffer = maker.allocate(height * width * BYTES[dtype]);
    const data = dtype === "float32" ? new Float32Array(buffer) : new Float64Array(buffer);
    return { data, start: 0, stride: width };
  };
  const make = async (rows: ExampleRange, columns: ExampleRange): Promise<TilePlace> => {
    const [height, width] = [rows.to - rows.from, columns.to - columns.from];
    const mirrored = isMirrored(kernel, rows, columns) ? part(width, height) : undefined;
    const to: TilePlace = { tile: part(height, width), mirrored };
    await maker.write(rows, columns, to);
    return to;
  };
  const of = tileCount(kernel);
  for await (const { index, ranges, made, count } of inOrder(kernel, skip, maker, make, signal)) {
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
  for await (const { ranges } of inOrder(kernel, 0, maker, write, signal)) {
    done += tilePairs(kernel, ranges);
    onProgress?.(done, of);
  }
  signal?.throwIfAborted();
}

/** Whether a tile has a place below the diagonal as well. */
const isMirrored = ({ symmetric }: TiledShape, a: ExampleRange, b: ExampleRange): boolean =>
  symmetric && a.from !== b.from;

interface Made<T> {
  readonly index: number;
  readonly ranges: TileRanges;
  readonly made: T;
  /** Tiles that are made, this one and any of those behind it. */
  readonly count: number;
}

/** What `make` gives for each tile from `skip` on, so many begun before the first is waited for. */
async function* inOrder<T>(
  kernel: TiledShape,
  skip: number,
  maker: TileMaker,
  make: (rows: ExampleRange, columns: ExampleRange) => Promise<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Made<T>> {
  const begun: Promise<T>[] = [];
  const of = tileCount(kernel);
  let count = skip;
  try {
    for (let index = skip; index < of; index++) {
      signal?.throwIfAborted();
      for (let next = index + begun.length; next < Math.min(of, index + maker.ahead); next++) {
        const [rows, columns] = tileAt(kernel, next);
        const made = make(rows, columns);
        // a failure is told where it is waited for
        made.then(
          () => (count += 1),
          () => {},
        );
        begun.push(made);
      }
      const next = begun.shift();
      if (next === undefined) throw new Error("unreachable: nothing begun");
      const made = await orStopped(next, signal);
      yield { index, ranges: tileAt(kernel, index), made, count };
    }
  } finally {
    // a stop waits for no tile
    if (signal?.aborted === true) await maker[Symbol.asyncDispose]();
    await Promise.allSettled(begun);
  }
}

/**
 * What a promise gives, or a failure as soon as the signal comes. Not a race with one promise of the signal: that would keep
 * what every race has given until the signal comes.
 */
function orStopped<T>(made: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return made;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    made.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
