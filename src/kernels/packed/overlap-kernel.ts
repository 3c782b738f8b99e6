/** Tiles of the neural path kernel (theory 3.2) by the WebAssembly module of overlap.as.ts. */
import type { GateRows } from "../../gates/index.ts";
import { copyRows, type MatrixPart, symmetrize } from "../tiles/mirror.ts";
import type { TilePlace } from "../tiles/tile-maker.ts";
import { OVERLAP_MODULE } from "../wasm/overlap-module.ts";
import type { ByteRows } from "./byte-rows.ts";
import {
  CHUNK,
  FIVES,
  layOut,
  type OverlapExports,
  type OverlapLayer,
  overlapExports,
  type Place,
  roundUp,
  writeLayers,
} from "./overlap-memory.ts";

/** The gates behind a tile. */
export interface TileGates {
  readonly rows: GateRows;
  readonly columns: GateRows;
  readonly layers: readonly OverlapLayer[];
  /** 1 if the output layer has a bias, else 0. */
  readonly lastBias: number;
  /** Whether rows and columns are the same: then only one half is computed. */
  readonly upper: boolean;
}

export interface OverlapKernel {
  /** @param products `[rows, columns]`, the input's inner products; may be where the tile is written */
  multiply(gates: TileGates, products: Float64Array, to: TilePlace): void;
  /**
   * The kernel of inputs that are bytes divided by 255, faster than a dense product where most of them are 0.
   * @param columns inputs of the same size as those of the rows
   */
  multiplyBytes(gates: TileGates, rows: ByteRows, columns: ByteRows, to: TilePlace): void;
}

/** Rows that are computed before the next: their lists and counts stay in the cache. */
const ROWS = 256;

/** An instance of the module with memory of its own, grown to the largest tile it has seen. */
export async function openOverlapKernel(): Promise<OverlapKernel> {
  const bytes = Uint8Array.from(atob(OVERLAP_MODULE), (letter) => letter.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const wasm = overlapExports(instance.exports);
  return {
    multiply(gates, products, to) {
      const width = gates.columns.examples;
      const place = placeFor(wasm, gates, to, 0);
      makeTile(wasm, gates, place, to, {
        whole: false,
        begin(from, end) {
          const room = {
            data: new Float64Array(wasm.memory.buffer, place.productsAt),
            start: 0,
            stride: place.productLine / 8,
          };
          copyRows({ data: products, start: from * width, stride: width }, end - from, width, room);
        },
        at: (start) => place.productsAt + start * 8,
      });
    },
    multiplyBytes(gates, rows, columns, to) {
      const { size } = columns;
      const place = placeFor(wasm, gates, to, size);
      give(wasm, place, columns.data);
      wasm.panelBytes(place.givenAt, roundUp(columns.examples, CHUNK), size, place.panelsAt);
      makeTile(wasm, gates, place, to, {
        whole: true,
        begin(from, end) {
          give(wasm, place, rows.data.subarray(from * size, end * size));
          wasm.listBytes(place.givenAt, end - from, size, place.listsAt);
        },
        at(start, height) {
          const panels = place.panelsAt + start * Math.ceil(size / 2) * 2;
          wasm.multiplyBytes(place.listsAt, panels, height, CHUNK, size, place.productsAt);
          return place.productsAt;
        },
      });
    },
  };
}

const placeFor = (wasm: OverlapExports, { rows, columns, layers }: TileGates, { tile }: TilePlace, size: number) =>
  layOut(wasm, {
    rows: Math.min(ROWS, rows.examples),
    columns: columns.examples,
    words: columns.words,
    layers,
    bytes: tile.data.BYTES_PER_ELEMENT,
    size,
  });

function give(wasm: OverlapExports, { givenAt }: Place, { buffer, byteOffset, byteLength }: Uint8Array | Uint32Array) {
  new Uint8Array(wasm.memory.buffer, givenAt).set(new Uint8Array(buffer, byteOffset, byteLength));
}

/** Where a tile's inner products come from. */
interface Products {
  /** Whether they are whole numbers, to be divided by 255². */
  readonly whole: boolean;
  /** Prepares those of rows `from` to `to`. */
  readonly begin: (from: number, to: number) => void;
  /** The address of 64 columns from `start` on of the first `height` of these rows. */
  readonly at: (start: number, height: number) => number;
}

function makeTile(
  wasm: OverlapExports,
  { rows, columns, layers, lastBias, upper }: TileGates,
  place: Place,
  { tile, mirrored = upper ? tile : undefined }: TilePlace,
  products: Products,
): void {
  const { words, examples: width } = columns;
  const bytes = tile.data.BYTES_PER_ELEMENT;
  const single = bytes === 4;
  const [made, turned] = [
    partAt(wasm, single, place.kernelAt, place.line),
    partAt(wasm, single, place.mirrorAt, place.mirrorLine),
  ];
  writeLayers(new DataView(wasm.memory.buffer, place.layersAt), layers);
  give(wasm, place, columns.data);
  wasm.columnFives(place.givenAt, width, words, place.columnsAt);
  for (let from = 0; from < rows.examples; from += ROWS) {
    const to = Math.min(from + ROWS, rows.examples);
    products.begin(from, to);
    give(wasm, place, rows.data.subarray(from * words * 2, to * words * 2));
    wasm.rowFives(place.givenAt, to - from, words, place.rowsAt, place.planeBytes);
    for (let start = upper ? from : 0; start < width; start += CHUNK) {
      const end = Math.min(start + CHUNK, width);
      const height = (upper ? Math.min(to, end) : to) - from;
      const kernelAt = place.kernelAt + start * bytes;
      wasm.multiplyOverlaps(
        place.rowsAt,
        place.planeBytes,
        place.columnsAt + start * words * FIVES,
        height,
        place.layersAt,
        layers.length,
        lastBias,
        products.whole,
        products.at(start, height),
        place.productLine,
        single,
        kernelAt,
        place.line,
        place.tableAt,
        place.countsAt,
      );
      // the engine's products need not be the same to the bit on both sides
      if (upper && start < to) symmetrize(inside(made, start - from, start), end - start);
      if (mirrored !== undefined) {
        wasm.transposeKernel(kernelAt, place.line, roundUp(height, 4), single, place.mirrorAt, place.mirrorLine);
        copyRows(turned, end - start, height, inside(mirrored, start, from));
      }
    }
    // on the diagonal 64 rows at a time: what lies before their own columns comes mirrored
    for (let row = from, step = upper ? CHUNK : ROWS; row < to; row += step) {
      const start = upper ? row : 0;
      const height = Math.min(row + step, to) - row;
      copyRows(inside(made, row - from, start), height, width - start, inside(tile, row, start));
    }
  }
}

/** The part from a row and a column on. */
const inside = ({ data, start, stride }: MatrixPart, row: number, column: number): MatrixPart => ({
  data,
  start: start + row * stride + column,
  stride,
});

function partAt(wasm: OverlapExports, single: boolean, address: number, line: number): MatrixPart {
  const data = single ? new Float32Array(wasm.memory.buffer, address) : new Float64Array(wasm.memory.buffer, address);
  return { data, start: 0, stride: line / data.BYTES_PER_ELEMENT };
}
