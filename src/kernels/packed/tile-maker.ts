/**
 * Makes tiles of the neural path kernel in this thread. Inner products of inputs that are mostly 0 bytes are computed
 * beside the overlaps in WebAssembly, others by the engine.
 */
import type { Engine } from "../../engine/index.ts";
import { type GateRows, gateRows, type Inputs, type PackedGates, sliceGates } from "../../gates/index.ts";
import { type ByteRows, byteRows, isSparse, sliceBytes } from "./byte-rows.ts";
import { type GramSide, openInputGram, type Range } from "./input-gram.ts";
import type { MatrixPart } from "./mirror.ts";
import { type OverlapKernel, type OverlapLayer, openOverlapKernel } from "./overlap-kernel.ts";

export interface TileMaker extends AsyncDisposable {
  /** Tiles to begin before the first of them is waited for. */
  readonly ahead: number;
  /**
   * `[rows, columns]` of the kernel. Below the diagonal of a kernel of inputs with themselves the values mean nothing.
   */
  tile(rows: Range, columns: Range): Promise<Float64Array>;
}

/** Inputs and gates as tiles are cut from them. */
export interface TileSide extends GramSide {
  readonly gates: GateRows;
}

/** What tiles are made of. */
export interface TileWork {
  readonly rows: TileSide;
  /** The same as the rows where the kernel is one of inputs with themselves. */
  readonly columns: TileSide;
  readonly layers: readonly OverlapLayer[];
  /** 1 if the output layer has a bias, else 0. */
  readonly lastBias: number;
}

export const tileSide = (inputs: Inputs, gates: PackedGates): TileSide => ({
  inputs,
  bytes: byteRows(inputs),
  gates: gateRows(gates),
});

/** Both sets as bytes, if that is the fast way to multiply them. */
export function sparseBytes({ rows, columns }: TileWork): readonly [ByteRows, ByteRows] | undefined {
  const [left, right] = [rows.bytes, columns.bytes];
  return left !== undefined && right !== undefined && isSparse(left) ? [left, right] : undefined;
}

export async function openTileMaker(work: TileWork, engine: Engine): Promise<TileMaker> {
  const overlaps = await openOverlapKernel();
  const bytes = sparseBytes(work);
  if (bytes !== undefined) {
    return {
      ahead: 1,
      tile: async (rows, columns) => byteTile(overlaps, work, bytes, rows, columns),
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const gram = await openInputGram(engine, work.rows, work.columns);
  return {
    // while the overlaps of one tile are counted here, an engine in a thread of its own works at the next
    ahead: 2,
    async tile(rows, columns) {
      return productTile(overlaps, work, rows, columns, await gram.tile(rows, columns));
    },
    [Symbol.asyncDispose]: () => gram[Symbol.asyncDispose](),
  };
}

/** The part of the work that tiles of bytes or of given inner products need: plain data. */
export type TileOverlaps = Pick<TileWork, "layers" | "lastBias"> & Record<"rows" | "columns", Pick<TileSide, "gates">>;

export function byteTile(
  overlaps: OverlapKernel,
  work: TileOverlaps,
  bytes: readonly [ByteRows, ByteRows],
  rows: Range,
  columns: Range,
): Float64Array<ArrayBuffer> {
  const stride = columns.to - columns.from;
  const data = new Float64Array((rows.to - rows.from) * stride);
  writeByteTile(overlaps, work, bytes, rows, columns, { data, start: 0, stride });
  return data;
}

function writeByteTile(
  overlaps: OverlapKernel,
  work: TileOverlaps,
  [left, right]: readonly [ByteRows, ByteRows],
  rows: Range,
  columns: Range,
  out: MatrixPart,
  mirrored?: number,
): void {
  const [a, b] = [sliceBytes(left, rows.from, rows.to), sliceBytes(right, columns.from, columns.to)];
  overlaps.multiplyBytes(tileGates(work, rows, columns), a, b, out, mirrored);
}

export interface TileWriter {
  /** @param mirrored where in `out` the transposed tile begins, if it is wanted as well */
  write(rows: Range, columns: Range, out: MatrixPart, mirrored: number | undefined): void;
}

/** Writes tiles in their places at once, by this thread; undefined for inputs that the engine multiplies. */
export async function openTileWriter(work: TileWork): Promise<TileWriter | undefined> {
  const bytes = sparseBytes(work);
  if (bytes === undefined) return undefined;
  const overlaps = await openOverlapKernel();
  return {
    write: (rows, columns, out, mirrored) => writeByteTile(overlaps, work, bytes, rows, columns, out, mirrored),
  };
}

/** @param products `[rows, columns]`, the input's inner products; the tile afterwards */
export function productTile(
  overlaps: OverlapKernel,
  work: TileOverlaps,
  rows: Range,
  columns: Range,
  products: Float64Array<ArrayBuffer>,
): Float64Array<ArrayBuffer> {
  overlaps.multiply(tileGates(work, rows, columns), products);
  return products;
}

const tileGates = ({ rows, columns, layers, lastBias }: TileOverlaps, a: Range, b: Range) => ({
  rows: sliceGates(rows.gates, a.from, a.to),
  columns: sliceGates(columns.gates, b.from, b.to),
  layers,
  lastBias,
  upper: rows === columns && a.from === b.from,
});
