/**
 * Neural path kernel of fully connected networks with hard gates (theory 3.2 and 3.4), tile by tile: the input's Gram matrix, then
 * the overlaps of all layers by popcount. Of a kernel of inputs with themselves only tiles on and above the diagonal are
 * computed. Memory is that of the packed gates, the inputs and a few tiles.
 */

import type { Engine } from "../../engine/index.ts";
import { GatewiseError } from "../../errors.ts";
import { gateRows, type Inputs, type PackedGates, popcount } from "../../gates/index.ts";
import { BYTES, type DenseArray, denseArray, sizeOf } from "../../graph/index.ts";
import { optionsIn } from "../../options.ts";
import { kernelNumbers } from "../kernel-numbers.ts";
import type { TileMaker } from "../tiles/tile-maker.ts";
import {
  type KernelTile,
  type KernelTilesOptions,
  kernelTiles,
  type TiledKernel,
  writeKernel,
} from "../tiles/tiled-kernel.ts";
import { squaredNorms } from "./input-gram.ts";
import type { OverlapLayer } from "./overlap-memory.ts";
import { openTileMaker, type TileWork, tileSide } from "./tile-maker.ts";

/** Inputs as the first weight layer sees them, and the gates that they open. */
export interface GatedInputs {
  /** `[n, …]` */
  readonly inputs: Inputs;
  /** Of the same `n` inputs, one entry for each hidden layer. */
  readonly gates: PackedGates;
}

/** The neural path kernel of a fully connected network with hard gates, from its packed gates (theory 3.2, 3.4). */
export interface PackedKernel {
  readonly rows: GatedInputs;
  /** Other inputs behind the same network; the rows themselves unless given. */
  readonly columns?: GatedInputs;
  /** Whether each weight layer has a bias: one more than there are gated layers. */
  readonly biases: readonly boolean[];
  /** `width` divides each overlap by the units of its layer. */
  readonly normalize?: "none" | "width";
  /**
   * Powers of two that each gated layer multiplies the running kernel by, none unless given: a kernel that leaves float64 is
   * computed as so many times itself (`kernelInRange`).
   */
  readonly exponents?: readonly number[];
}

/** Edge of a tile: its three matrices (24 MB) stay far below the gates of many inputs, its products fill the engine. */
export const TILE = 1024;

/** How the tiles of a packed kernel are computed. */
export interface TileOptions extends KernelTilesOptions {
  /** What makes the tiles, `openTilePool` of `gatewise/node` for one; this thread unless told otherwise. */
  readonly open?: (work: TileWork, engine: Engine) => Promise<TileMaker>;
}

/**
 * Tiles of the kernel row by row, the next ones begun while one is used. Beside the inputs and gates,
 * {@link tileMemory} is needed.
 */
export const packedKernelTiles = (
  kernel: PackedKernel,
  engine: Engine,
  options: TileOptions = {},
): AsyncGenerator<KernelTile> => {
  const { open = openTileMaker, ...others } = optionsIn(options);
  return kernelTiles(tiledPackedKernel(kernel, engine, open), others);
};

/** The kernel, of which any tile can be made. */
export function tiledPackedKernel(
  kernel: PackedKernel,
  engine: Engine,
  open: NonNullable<TileOptions["open"]> = openTileMaker,
): TiledKernel {
  const work = tileWork(kernel);
  const { rows, columns } = work;
  return {
    rows: rows.gates.examples,
    columns: columns.gates.examples,
    symmetric: rows === columns,
    edge: TILE,
    open: () => open(work, engine),
  };
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
    lastBias: lastBiasOf(kernel),
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

function overlapLayers({ rows, biases, normalize, exponents = [] }: PackedKernel): readonly OverlapLayer[] {
  let before = 0;
  return rows.gates.layers.map(({ units, wordsPerExample }, index) => {
    const exponent = exponents[index] ?? 0;
    const bias = biases[index] === true ? 2 ** before : 0;
    before += exponent;
    const scale = normalize === "width" ? 1 / units : 1;
    return { words: wordsPerExample / 2, bias, scale: scale * 2 ** exponent };
  });
}

const lastBiasOf = ({ biases, exponents }: PackedKernel): number =>
  biases.at(-1) === true ? 2 ** kernelExponent(exponents === undefined ? {} : { exponents }) : 0;

/** The power of two that the numbers of a kernel are multiplied by. */
export const kernelExponent = ({ exponents = [] }: Pick<PackedKernel, "exponents">): number =>
  exponents.reduce((sum, one) => sum + one, 0);

/** How a packed kernel is computed whole. */
export interface WholeOptions {
  readonly signal?: AbortSignal | undefined;
  /** What makes the tiles, `openTilePool` of `gatewise/node` for one; this thread unless told otherwise. */
  readonly open?: TileOptions["open"];
  /** Memory for the kernel, to be written over: that of a kernel no longer needed is faster than new one. */
  readonly into?: Float64Array;
}

/** {@link WholeOptions} for a kernel in float32. */
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
  options: WholeOptions | SingleOptions = {},
): Promise<DenseArray<"float32"> | DenseArray<"float64">> {
  const { into, signal, open = openTileMaker } = optionsIn(options);
  const { rows, columns = rows } = kernel;
  const shape = [rows.gates.examples, columns.gates.examples] as const;
  const array =
    into instanceof Float32Array
      ? denseArray("float32", shape, into)
      : denseArray("float64", shape, into ?? kernelNumbers(shape[0], shape[1]));
  await writeKernel(tiledPackedKernel(kernel, engine, open), array.data, { signal });
  return array;
}

/** The kernel of each input with itself, `[n]`, without the rest of the matrix. */
export function packedKernelDiagonal(kernel: Omit<PackedKernel, "columns">): Float64Array {
  const { rows } = kernel;
  const gates = gateRows(rows.gates);
  const layers = overlapLayers(kernel);
  const lastBias = lastBiasOf(kernel);
  return squaredNorms(rows.inputs).map((norm, example) => {
    let value = norm;
    let word = example * 2 * gates.words;
    for (const { words, bias, scale } of layers) {
      let on = 0;
      for (const end = word + 2 * words; word < end; word++) on += popcount(gates.data[word]!);
      value = on * scale * (value + bias);
    }
    return value + lastBias;
  });
}
