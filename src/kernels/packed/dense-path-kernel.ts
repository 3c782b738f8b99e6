/**
 * Neural path kernel of fully connected networks with hard gates (theory 3), tile by tile: the input's Gram matrix, then
 * the overlaps of all layers by popcount. Of a kernel of inputs with themselves only tiles on and above the diagonal are
 * computed. Memory is that of the packed gates, the inputs and a few tiles.
 */
import type { Engine } from "../../engine/index.ts";
import { gateRows, type Inputs, type PackedGates, popcount } from "../../gates/index.ts";
import { BYTES, type DenseArray, denseArray } from "../../graph/index.ts";
import { type Range, squaredNorms } from "./input-gram.ts";
import { mirror, symmetrize } from "./mirror.ts";
import type { OverlapLayer } from "./overlap-kernel.ts";
import { openTileMaker, openTileWriter, type TileMaker, type TileWork, tileSide } from "./tile-maker.ts";

/** Inputs as the first weight layer sees them, and the gates that they open. */
export interface GatedInputs {
  /** `[n, …]` */
  readonly inputs: Inputs;
  /** Of the same `n` inputs, one entry for each hidden layer. */
  readonly gates: PackedGates;
}

export interface DensePathKernel {
  readonly rows: GatedInputs;
  /** Other inputs behind the same network; the rows themselves unless given. */
  readonly columns?: GatedInputs;
  /** Whether each weight layer has a bias: one more than there are gated layers. */
  readonly biases: readonly boolean[];
  /** `width` divides each overlap by the units of its layer. */
  readonly normalize?: "none" | "width";
}

/** A finished part of the kernel; `[rows, columns]` in C order. */
export interface KernelTile {
  readonly rows: Range;
  readonly columns: Range;
  readonly values: Float64Array;
  /** Tiles done with this one, and tiles in all. */
  readonly done: number;
  readonly of: number;
}

/** Edge of a tile: its three matrices (24 MB) stay far below the gates of many inputs, its products fill the engine. */
export const TILE = 1024;

/** Row and column ranges of all tiles in order, those below the diagonal left out where the kernel is symmetric. */
export function tilePlan(rows: number, columns: number, symmetric: boolean): readonly (readonly [Range, Range])[] {
  const ranges = (count: number): readonly Range[] =>
    Array.from({ length: Math.ceil(count / TILE) }, (_, i) => ({
      from: i * TILE,
      to: Math.min((i + 1) * TILE, count),
    }));
  return ranges(rows).flatMap((a) =>
    ranges(columns).flatMap((b) => (symmetric && b.from < a.from ? [] : [[a, b] as const])),
  );
}

export interface TileOptions {
  /** Tiles to leave out at the start: an interrupted computation goes on behind them. */
  readonly skip?: number;
  readonly signal?: AbortSignal;
  /** What makes the tiles: this thread, unless told otherwise. */
  readonly open?: (work: TileWork, engine: Engine) => Promise<TileMaker>;
}

/**
 * Tiles of the kernel in the order of {@link tilePlan}, the next ones begun while one is used. Beside the inputs and
 * gates, {@link tileMemory} is needed.
 */
export async function* densePathKernelTiles(
  kernel: DensePathKernel,
  engine: Engine,
  { skip = 0, signal, open = openTileMaker }: TileOptions = {},
): AsyncGenerator<KernelTile> {
  const work = tileWork(kernel);
  const plan = tilePlan(work.rows.gates.examples, work.columns.gates.examples, work.rows === work.columns);
  await using maker = await open(work, engine);
  const begun: Promise<Float64Array>[] = [];
  try {
    for (let index = skip; index < plan.length; index++) {
      signal?.throwIfAborted();
      for (const place of plan.slice(index + begun.length, index + maker.ahead)) {
        const tile = maker.tile(...place);
        // a failure is told where the tile is waited for
        tile.catch(() => {});
        begun.push(tile);
      }
      const place = plan[index];
      const values = await begun.shift();
      if (place === undefined || values === undefined) throw new Error("unreachable: a tile beyond the plan");
      const [rows, columns] = place;
      if (work.rows === work.columns && rows.from === columns.from) {
        const size = rows.to - rows.from;
        symmetrize({ data: values, start: 0, stride: size }, size);
      }
      yield { rows, columns, values, done: index + 1, of: plan.length };
    }
  } finally {
    await Promise.allSettled(begun);
  }
}

/** Bytes of the tiles that are under way at once, in all their forms, with so many threads. */
export const tileMemory = (threads: number): number => 3 * (threads + 2) * TILE * TILE * BYTES.float64;

function tileWork(kernel: DensePathKernel): TileWork {
  const { rows, columns = rows, biases } = kernel;
  const side = tileSide(rows.inputs, rows.gates);
  return {
    rows: side,
    columns: rows === columns ? side : tileSide(columns.inputs, columns.gates),
    layers: overlapLayers(kernel),
    lastBias: biases.at(-1) === true ? 1 : 0,
  };
}

const overlapLayers = ({ rows, biases, normalize }: DensePathKernel): readonly OverlapLayer[] =>
  rows.gates.layers.map(({ units, wordsPerExample }, index) => ({
    words: wordsPerExample / 2,
    bias: biases[index] === true ? 1 : 0,
    scale: normalize === "width" ? 1 / units : 1,
  }));

export interface WholeOptions extends Omit<TileOptions, "skip"> {
  /** Memory for the kernel, to be written over: that of a kernel no longer needed is faster than new one. */
  readonly into?: Float64Array;
}

/**
 * The whole kernel in memory, `[n, n]` or `[n, m]`, symmetric to the bit where it is one of inputs with themselves.
 * @throws GatewiseError if `into` has another size
 */
export async function densePathKernel(
  kernel: DensePathKernel,
  engine: Engine,
  options: WholeOptions = {},
): Promise<DenseArray<"float64">> {
  const { rows, columns = rows } = kernel;
  const [height, width] = [rows.gates.examples, columns.gates.examples];
  const array = denseArray("float64", [height, width], options.into ?? new Float64Array(height * width));
  const { data } = array;
  if (options.open === undefined) {
    const writer = await openTileWriter(tileWork(kernel));
    if (writer !== undefined) {
      const symmetric = rows === columns;
      for (const [a, b] of tilePlan(height, width, symmetric)) {
        options.signal?.throwIfAborted();
        const start = a.from * width + b.from;
        const mirrored = symmetric && a.from !== b.from ? b.from * width + a.from : undefined;
        writer.write(a, b, { data, start, stride: width }, mirrored);
        if (symmetric && a.from === b.from) symmetrize({ data, start, stride: width }, a.to - a.from);
      }
      return array;
    }
  }
  for await (const tile of densePathKernelTiles(kernel, engine, options)) {
    placeTile(data, width, tile);
    if (rows === columns) placeMirrored(data, width, tile);
  }
  return array;
}

function placeTile(
  data: Float64Array,
  width: number,
  { rows, columns, values }: Omit<KernelTile, "done" | "of">,
): void {
  const size = columns.to - columns.from;
  for (let i = rows.from; i < rows.to; i++) {
    const from = (i - rows.from) * size;
    data.set(values.subarray(from, from + size), i * width + columns.from);
  }
}

/** Puts the tile mirrored at the diagonal in its place. */
function placeMirrored(data: Float64Array, width: number, { rows, columns, values }: KernelTile): void {
  if (rows.from === columns.from) return;
  const [height, size] = [rows.to - rows.from, columns.to - columns.from];
  const place = { data, start: columns.from * width + rows.from, stride: width };
  mirror({ data: values, start: 0, stride: size }, height, size, place);
}

/** The tile mirrored at the diagonal. */
export function transposed({
  rows,
  columns,
  values,
}: Omit<KernelTile, "done" | "of">): Omit<KernelTile, "done" | "of"> {
  const mirrored = new Float64Array(values.length);
  const [height, width] = [rows.to - rows.from, columns.to - columns.from];
  mirror({ data: values, start: 0, stride: width }, height, width, { data: mirrored, start: 0, stride: height });
  return { rows: columns, columns: rows, values: mirrored };
}

/** The kernel of each input with itself, `[n]`, without the rest of the matrix. */
export function densePathKernelDiagonal(kernel: Omit<DensePathKernel, "columns">): Float64Array {
  const { rows, biases } = kernel;
  const gates = gateRows(rows.gates);
  const layers = overlapLayers(kernel);
  return squaredNorms(rows.inputs).map((norm, example) => {
    let value = norm;
    let word = example * 2 * gates.words;
    for (const { words, bias, scale } of layers) {
      let on = 0;
      for (const end = word + 2 * words; word < end; word++) on += popcount(gates.data[word]!);
      value = on * scale * (value + bias);
    }
    return value + (biases.at(-1) === true ? 1 : 0);
  });
}
