/**
 * Makes tiles of the neural path kernel in this thread. Inner products of inputs that are mostly 0 bytes are computed
 * beside the overlaps in WebAssembly, others by the engine.
 */
import type { Engine } from "../../engine/index.ts";
import { type GateRows, gateRows, type Inputs, type PackedGates, sliceGates } from "../../gates/index.ts";
import { allocateHere, type TileMaker, type TilePlace } from "../tiles/tile-maker.ts";
import type { ExampleRange } from "../tiles/tile-plan.ts";
import { type ByteRows, byteRows, isSparse, sliceBytes } from "./byte-rows.ts";
import { type GramSide, openInputGram } from "./input-gram.ts";
import { type OverlapKernel, openOverlapKernel } from "./overlap-kernel.ts";
import type { OverlapLayer } from "./overlap-memory.ts";

/** Inputs and gates as tiles are cut from them. */
export interface TileSide extends GramSide {
  readonly gates: GateRows;
}

/** What tiles are made of; its packed form is the library's own. */
export interface TileWork {
  /** @internal */
  readonly rows: TileSide;
  /**
   * The same as the rows where the kernel is one of inputs with themselves.
   * @internal
   */
  readonly columns: TileSide;
  /** @internal */
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
      allocate: allocateHere,
      write: async (rows, columns, to) => writeByteTile(overlaps, work, bytes, rows, columns, to),
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const gram = await openInputGram(engine, work.rows, work.columns);
  return {
    // while the overlaps of one tile are counted here, an engine in a thread of its own works at the next
    ahead: 2,
    allocate: allocateHere,
    async write(rows, columns, to) {
      writeProductTile(overlaps, work, rows, columns, await gram.tile(rows, columns), to);
    },
    [Symbol.asyncDispose]: () => gram[Symbol.asyncDispose](),
  };
}

/** The part of the work that tiles of bytes or of given inner products need: plain data. */
export type TileOverlaps = Pick<TileWork, "layers" | "lastBias"> & Record<"rows" | "columns", Pick<TileSide, "gates">>;

export function writeByteTile(
  overlaps: OverlapKernel,
  work: TileOverlaps,
  [left, right]: readonly [ByteRows, ByteRows],
  rows: ExampleRange,
  columns: ExampleRange,
  to: TilePlace,
): void {
  const [a, b] = [sliceBytes(left, rows.from, rows.to), sliceBytes(right, columns.from, columns.to)];
  overlaps.multiplyBytes(tileGates(work, rows, columns), a, b, to);
}

/** @param products `[rows, columns]`, the input's inner products */
export function writeProductTile(
  overlaps: OverlapKernel,
  work: TileOverlaps,
  rows: ExampleRange,
  columns: ExampleRange,
  products: Float64Array,
  to: TilePlace,
): void {
  overlaps.multiply(tileGates(work, rows, columns), products, to);
}

const tileGates = ({ rows, columns, layers, lastBias }: TileOverlaps, a: ExampleRange, b: ExampleRange) => ({
  rows: sliceGates(rows.gates, a.from, a.to),
  columns: sliceGates(columns.gates, b.from, b.to),
  layers,
  lastBias,
  upper: rows === columns && a.from === b.from,
});
