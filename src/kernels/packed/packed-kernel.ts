/**
 * Neural path kernel of fully connected networks with hard gates (theory 3.2 and 3.4), tile by tile: the input's Gram matrix, then
 * the overlaps of all layers by popcount. Of a kernel of inputs with themselves only tiles on and above the diagonal are
 * computed. Memory is that of the packed gates, the inputs and a few tiles.
 */
import type { Engine } from "../../engine/index.ts";
import { GatewiseError } from "../../errors.ts";
import { gateRows, type Inputs, type PackedGates, popcount } from "../../gates/index.ts";
import { BYTES, type DenseArray, denseArray, sizeOf } from "../../graph/index.ts";
import { kernelNumbers } from "../kernel-numbers.ts";
import { type Range, squaredNorms } from "./input-gram.ts";
import type { MatrixPart } from "./mirror.ts";
import type { TilePlace } from "./overlap-kernel.ts";
import type { OverlapLayer } from "./overlap-memory.ts";
import { openTileMaker, type TileMaker, type TileWork, tileSide } from "./tile-maker.ts";

/** Inputs as the first weight layer sees them, and the gates that they open. */
export interface GatedInputs {
  /** `[n, …]` */
  readonly inputs: Inputs;
  /** Of the same `n` inputs, one entry for each hidden layer. */
  readonly gates: PackedGates;
}

export interface PackedKernel {
  readonly rows: GatedInputs;
  /** Other inputs behind the same network; the rows themselves unless given. */
  readonly columns?: GatedInputs;
  /** Whether each weight layer has a bias: one more than there are gated layers. */
  readonly biases: readonly boolean[];
  /** `width` divides each overlap by the units of its layer. */
  readonly normalize?: "none" | "width";
}

/** Numbers of a kernel. It is computed in float64 and rounded, if at all, at the end. */
export type KernelValues = Float32Array | Float64Array;

/** A finished part of the kernel; `[rows, columns]` in C order. */
export interface KernelTile {
  readonly rows: Range;
  readonly columns: Range;
  readonly values: KernelValues;
  /** The same transposed, where that belongs below the diagonal. */
  readonly mirrored?: KernelValues;
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
  /** Of the tiles' numbers: float64, unless told otherwise. */
  readonly dtype?: "float32" | "float64";
  readonly signal?: AbortSignal;
  /** What makes the tiles: this thread, unless told otherwise. */
  readonly open?: (work: TileWork, engine: Engine) => Promise<TileMaker>;
}

/**
 * Tiles of the kernel in the order of {@link tilePlan}, the next ones begun while one is used. Beside the inputs and
 * gates, {@link tileMemory} is needed.
 */
export async function* packedKernelTiles(
  kernel: PackedKernel,
  engine: Engine,
  { skip = 0, dtype = "float64", signal, open = openTileMaker }: TileOptions = {},
): AsyncGenerator<KernelTile> {
  const work = tileWork(kernel);
  const plan = planOf(work);
  await using maker = await open(work, engine);
  const part = (height: number, width: number): MatrixPart => {
    const buffer = maker.allocate(height * width * BYTES[dtype]);
    const data = dtype === "float32" ? new Float32Array(buffer) : new Float64Array(buffer);
    return { data, start: 0, stride: width };
  };
  const make = async (rows: Range, columns: Range): Promise<TilePlace> => {
    const [height, width] = [rows.to - rows.from, columns.to - columns.from];
    const mirrored = isMirrored(work, rows, columns) ? part(width, height) : undefined;
    const to: TilePlace = { tile: part(height, width), mirrored };
    await maker.write(rows, columns, to);
    return to;
  };
  for await (const [index, { tile, mirrored }] of inOrder(plan, skip, maker.ahead, make, signal)) {
    const [rows, columns] = placeAt(plan, index);
    const below = mirrored === undefined ? {} : { mirrored: mirrored.data };
    yield { rows, columns, values: tile.data, ...below, done: index + 1, of: plan.length };
  }
}

type Plan = ReturnType<typeof tilePlan>;

const planOf = ({ rows, columns }: TileWork): Plan =>
  tilePlan(rows.gates.examples, columns.gates.examples, rows === columns);

function placeAt(plan: Plan, index: number): Plan[number] {
  const place = plan[index];
  if (place === undefined) throw new Error("unreachable: a tile beyond the plan");
  return place;
}

/** Whether a tile has a place below the diagonal as well. */
const isMirrored = ({ rows, columns }: TileWork, a: Range, b: Range): boolean => rows === columns && a.from !== b.from;

/** What `make` gives for each place of the plan from `skip` on, so many begun before the first is waited for. */
async function* inOrder<T>(
  plan: Plan,
  skip: number,
  ahead: number,
  make: (rows: Range, columns: Range) => Promise<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly [number, T]> {
  const begun: Promise<T>[] = [];
  try {
    for (let index = skip; index < plan.length; index++) {
      signal?.throwIfAborted();
      for (const place of plan.slice(index + begun.length, index + ahead)) {
        const [rows, columns] = place;
        const made = make(rows, columns);
        // a failure is told where it is waited for
        made.catch(() => {});
        begun.push(made);
      }
      const next = begun.shift();
      if (next === undefined) throw new Error("unreachable: nothing begun");
      yield [index, await next];
    }
  } finally {
    await Promise.allSettled(begun);
  }
}

/** Bytes of the tiles that are under way at once, in all their forms, with so many threads. */
export const tileMemory = (threads: number): number => 3 * (threads + 2) * TILE * TILE * BYTES.float64;

function tileWork(kernel: PackedKernel): TileWork {
  const { rows, columns = rows, biases } = kernel;
  for (const side of [rows, columns]) checkSide(side, rows.gates.layers.length, biases.length);
  const side = tileSide(rows.inputs, rows.gates);
  return {
    rows: side,
    columns: rows === columns ? side : tileSide(columns.inputs, columns.gates),
    layers: overlapLayers(kernel),
    lastBias: biases.at(-1) === true ? 1 : 0,
  };
}

/** Inputs of floats, one for each example of the gates; a layer of gates fewer than weight layers. */
function checkSide({ inputs, gates }: GatedInputs, layers: number, weightLayers: number): void {
  const dtype: string = inputs.dtype;
  const fits =
    (dtype === "float32" || dtype === "float64") &&
    inputs.shape[0] === gates.examples &&
    inputs.data.length === sizeOf(inputs.shape) &&
    gates.layers.length === layers &&
    weightLayers === layers + 1;
  if (fits) return;
  throw new GatewiseError({
    received: `inputs of ${dtype} [${inputs.shape.join(", ")}] behind ${weightLayers} weight layers, with gates of ${gates.examples} examples in ${gates.layers.length} layers`,
    expected: "inputs of float32 or float64 and gates of the same examples, of every layer but the last",
    next: "read the gates of these inputs with the network that they are for",
  });
}

const overlapLayers = ({ rows, biases, normalize }: PackedKernel): readonly OverlapLayer[] =>
  rows.gates.layers.map(({ units, wordsPerExample }, index) => ({
    words: wordsPerExample / 2,
    bias: biases[index] === true ? 1 : 0,
    scale: normalize === "width" ? 1 / units : 1,
  }));

export interface WholeOptions extends Pick<TileOptions, "signal" | "open"> {
  /** Memory for the kernel, to be written over: that of a kernel no longer needed is faster than new one. */
  readonly into?: Float64Array;
}

export interface SingleOptions extends Omit<WholeOptions, "into"> {
  /** Memory for a kernel in float32: its numbers are computed in float64 and rounded once, when they are stored. */
  readonly into: Float32Array;
}

/**
 * The whole kernel in memory, `[n, n]` or `[n, m]`, symmetric to the bit where it is one of inputs with themselves.
 * Worker threads write their tiles themselves into a memory that they can share, of a `SharedArrayBuffer`.
 * @throws GatewiseError if `into` has another size
 */
export async function packedKernel(
  kernel: PackedKernel,
  engine: Engine,
  options: SingleOptions,
): Promise<DenseArray<"float32">>;
export async function packedKernel(
  kernel: PackedKernel,
  engine: Engine,
  options?: WholeOptions,
): Promise<DenseArray<"float64">>;
export async function packedKernel(
  kernel: PackedKernel,
  engine: Engine,
  { into, signal, open = openTileMaker }: WholeOptions | SingleOptions = {},
): Promise<DenseArray<"float32"> | DenseArray<"float64">> {
  const { rows, columns = rows } = kernel;
  const shape = [rows.gates.examples, columns.gates.examples] as const;
  const array =
    into instanceof Float32Array
      ? denseArray("float32", shape, into)
      : denseArray("float64", shape, into ?? kernelNumbers(shape[0], shape[1]));
  const { data } = array;
  const stride = shape[1];
  const work = tileWork(kernel);
  await using maker = await open(work, engine);
  const write = (a: Range, b: Range): Promise<void> => {
    const tile = { data, start: a.from * stride + b.from, stride };
    const mirrored = isMirrored(work, a, b) ? { data, start: b.from * stride + a.from, stride } : undefined;
    return maker.write(a, b, { tile, mirrored });
  };
  for await (const _ of inOrder(planOf(work), 0, maker.ahead, write, signal));
  return array;
}

/** The kernel of each input with itself, `[n]`, without the rest of the matrix. */
export function packedKernelDiagonal(kernel: Omit<PackedKernel, "columns">): Float64Array {
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
