/** The WebAssembly module that makes tiles of the neural path kernel (theory 3): its memory, and what is packed for it. */
import type { GateRows } from "../../gates/index.ts";
import { OVERLAP_MODULE } from "../wasm/overlap-module.ts";
import type { ByteRows } from "./byte-rows.ts";

/** What one gated layer does to the running kernel `K`: `overlap · scale · (K + bias)`. */
export interface OverlapLayer {
  readonly words: number;
  /** 1 if the layer has a bias, else 0. */
  readonly bias: number;
  /** 1, or one over the width. */
  readonly scale: number;
}

/** The gates behind a tile. */
export interface TileGates {
  readonly rows: GateRows;
  readonly columns: GateRows;
  readonly layers: readonly OverlapLayer[];
  /** 1 if the output layer has a bias, else 0. */
  readonly lastBias: number;
  /** Whether only entries on and above the diagonal are wanted, of a tile on the diagonal. */
  readonly upper: boolean;
}

export interface OverlapKernel {
  /** @param kernel `[rows, columns]`, the input's inner products; the kernel afterwards */
  multiply(gates: TileGates, kernel: Float64Array): void;
  /**
   * The kernel of inputs that are bytes divided by 255, faster than a dense product where most of them are 0.
   * @param columns inputs of the same size as those of the rows
   * @returns `[rows, columns]`
   */
  multiplyBytes(gates: TileGates, rows: ByteRows, columns: ByteRows): Float64Array<ArrayBuffer>;
}

interface OverlapExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  dataStart(): number;
  multiplyOverlaps(
    rowWords: number,
    columnWords: number,
    rows: number,
    columns: number,
    words: number,
    layers: number,
    count: number,
    lastBias: number,
    kernel: number,
    stride: number,
  ): void;
  listBytes(bytes: number, rows: number, size: number, lists: number): void;
  panelBytes(bytes: number, columns: number, size: number, panels: number): void;
  multiplyBytes(
    lists: number,
    panels: number,
    rows: number,
    columns: number,
    size: number,
    kernel: number,
    stride: number,
  ): void;
}

const PAGE = 65_536;
/** {words i32, padding i32, bias f64, scale f64} */
const LAYER_BYTES = 24;
/** Rows that are computed before the next: their lists and their part of the kernel stay in the cache. */
const ROWS = 256;
/** Columns of a panel of bytes, a multiple of the columns that the overlaps take at once. */
const PANEL = 24;

/** An instance of the module with memory of its own, grown to the largest tile it has seen. */
export async function openOverlapKernel(): Promise<OverlapKernel> {
  const bytes = Uint8Array.from(atob(OVERLAP_MODULE), (letter) => letter.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const wasm = overlapExports(instance.exports);
  return {
    multiply(gates, kernel) {
      const width = gates.columns.examples;
      const place = layOut(wasm, gates, 0);
      makeTile(wasm, gates, place, kernel, (from, to) => {
        copyRows(kernel.subarray(from * width, to * width), width, kernelRows(wasm, place), place.columns, to - from);
      });
    },
    multiplyBytes(gates, rows, columns) {
      const { size } = columns;
      const place = layOut(wasm, gates, size);
      const kernel = new Float64Array(gates.rows.examples * gates.columns.examples);
      const load = (bytes: Uint8Array): void => new Uint8Array(wasm.memory.buffer, place.bytesAt).set(bytes);
      load(columns.data);
      wasm.panelBytes(place.bytesAt, columns.examples, size, place.panelsAt);
      makeTile(wasm, gates, place, kernel, (from, to, start) => {
        load(rows.data.subarray(from * size, to * size));
        wasm.listBytes(place.bytesAt, to - from, size, place.listsAt);
        const panelsAt = place.panelsAt + start * Math.ceil(size / 2) * 4;
        const kernelAt = place.kernelAt + start * 8;
        wasm.multiplyBytes(place.listsAt, panelsAt, to - from, place.columns - start, size, kernelAt, place.columns);
      });
      return kernel;
    },
  };
}

/** The border to the module, whose exports are known from its source. */
const overlapExports = (exports: unknown): OverlapExports => exports as OverlapExports;

/** Addresses of a tile's parts in the module's memory. */
interface Place {
  /** Columns of the kernel, those of the tile and up to a whole panel. */
  readonly columns: number;
  readonly layersAt: number;
  readonly columnsAt: number;
  readonly rowsAt: number;
  readonly kernelAt: number;
  readonly panelsAt: number;
  readonly listsAt: number;
  readonly bytesAt: number;
}

/** Finds room for a tile, with bytes of `size` inputs (0 without); grows the memory where it is short. */
function layOut(wasm: OverlapExports, { rows, columns: { examples, words }, layers }: TileGates, size: number): Place {
  const columns = Math.ceil(examples / PANEL) * PANEL;
  const height = Math.min(ROWS, Math.ceil(rows.examples / 4) * 4);
  const pairs = Math.ceil(size / 2);
  let end = wasm.dataStart();
  const room = (bytes: number): number => {
    const start = Math.ceil(end / 64) * 64;
    end = start + bytes;
    return start;
  };
  const place = {
    columns,
    layersAt: room(layers.length * LAYER_BYTES),
    columnsAt: room(columns * words * 8),
    rowsAt: room(height * words * 8),
    kernelAt: room(height * columns * 8),
    panelsAt: room(size === 0 ? 0 : columns * pairs * 4),
    listsAt: room(size === 0 ? 0 : height * (pairs * 8 + 8)),
    bytesAt: room(Math.max(height, examples) * size),
  };
  const missing = end - wasm.memory.buffer.byteLength;
  if (missing > 0) wasm.memory.grow(Math.ceil(missing / PAGE));
  return place;
}

/**
 * Multiplies the overlaps into the inner products that `begin` puts into the module for rows `from` to `to` of the tile,
 * in columns from `start` on.
 */
function makeTile(
  wasm: OverlapExports,
  { rows, columns, layers, lastBias, upper }: TileGates,
  place: Place,
  kernel: Float64Array,
  begin: (from: number, to: number, start: number) => void,
): void {
  const { words, examples: width } = columns;
  writeLayers(new DataView(wasm.memory.buffer, place.layersAt), layers);
  sideBySide(columns.data, words, 2, new Uint32Array(wasm.memory.buffer, place.columnsAt));
  for (let from = 0; from < rows.examples; from += ROWS) {
    const to = Math.min(from + ROWS, rows.examples);
    const start = upper ? Math.floor(from / PANEL) * PANEL : 0;
    begin(from, to, start);
    sideBySide(
      rows.data.subarray(from * words * 2, to * words * 2),
      words,
      4,
      new Uint32Array(wasm.memory.buffer, place.rowsAt),
    );
    wasm.multiplyOverlaps(
      place.rowsAt,
      place.columnsAt + start * words * 8,
      Math.ceil((to - from) / 4) * 4,
      Math.ceil((width - start) / 2) * 2,
      words,
      place.layersAt,
      layers.length,
      lastBias,
      place.kernelAt + start * 8,
      place.columns,
    );
    copyRows(kernelRows(wasm, place), place.columns, kernel.subarray(from * width, to * width), width, to - from);
  }
}

const kernelRows = (wasm: OverlapExports, { kernelAt }: Place): Float64Array =>
  new Float64Array(wasm.memory.buffer, kernelAt);

function writeLayers(view: DataView, layers: readonly OverlapLayer[]): void {
  layers.forEach(({ words, bias, scale }, index) => {
    const at = index * LAYER_BYTES;
    view.setInt32(at, words, true);
    view.setFloat64(at + 8, bias, true);
    view.setFloat64(at + 16, scale, true);
  });
}

/** `[examples, words]` to `[examples / group, words, group]` of 64 bits. */
function sideBySide(from: Uint32Array, words: number, group: number, to: Uint32Array): void {
  for (let at = 0, example = 0; at < from.length; example++) {
    let out = 2 * (Math.floor(example / group) * words * group + (example % group));
    for (const end = at + 2 * words; at < end; at += 2, out += 2 * group) {
      to[out] = from[at]!;
      to[out + 1] = from[at + 1]!;
    }
  }
}

/** Copies rows between matrices of different widths. */
function copyRows(from: Float64Array, fromWidth: number, to: Float64Array, toWidth: number, rows: number): void {
  const width = Math.min(fromWidth, toWidth);
  for (let row = 0; row < rows; row++) to.set(from.subarray(row * fromWidth, row * fromWidth + width), row * toWidth);
}
