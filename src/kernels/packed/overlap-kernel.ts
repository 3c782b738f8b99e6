/** The WebAssembly module that makes tiles of the neural path kernel (theory 3): its memory, and what is packed for it. */
import type { GateRows } from "../../gates/index.ts";
import { OVERLAP_MODULE } from "../wasm/overlap-module.ts";
import type { ByteRows } from "./byte-rows.ts";
import { type MatrixPart, mirror } from "./mirror.ts";

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
   * @param out where `[rows, columns]` is written
   * @param mirrored where in `out` its transposed begins, if that is written as well
   */
  multiplyBytes(gates: TileGates, rows: ByteRows, columns: ByteRows, out: MatrixPart, mirrored?: number): void;
}

interface OverlapExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  dataStart(): number;
  multiplyOverlaps(
    rowGates: number,
    columnGates: number,
    rows: number,
    columns: number,
    planes: number,
    layers: number,
    count: number,
    lastBias: number,
    kernel: number,
    stride: number,
    table: number,
    counts: number,
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
/** {planes i32, joins next i32, bias f64, scale f64} */
const LAYER_BYTES = 24;
/** Rows that are computed before the next: their lists and their part of the kernel stay in the cache. */
const ROWS = 256;
/** Columns of a panel of bytes. */
const PANEL = 24;
/** Columns that overlaps are counted for at a time. */
const CHUNK = 64;
/** Fours of units in a word. */
const NIBBLES = 16;
/** Words whose count is below 256. */
const PART = 3;
/** Words of a layer whose count may be multiplied with another such in 15 bits. */
const JOINED = 2;

/** An instance of the module with memory of its own, grown to the largest tile it has seen. */
export async function openOverlapKernel(): Promise<OverlapKernel> {
  const bytes = Uint8Array.from(atob(OVERLAP_MODULE), (letter) => letter.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const wasm = overlapExports(instance.exports);
  return {
    multiply(gates, kernel) {
      const width = gates.columns.examples;
      const place = layOut(wasm, gates, 0);
      const out = { data: kernel, start: 0, stride: width };
      makeTile(wasm, gates, place, out, undefined, (from, to) => {
        const rows = { data: kernel, start: from * width, stride: width };
        copyRows(rows, kernelRows(wasm, place), width, to - from);
      });
    },
    multiplyBytes(gates, rows, columns, out, mirrored) {
      const { size } = columns;
      const place = layOut(wasm, gates, size);
      const panelColumns = Math.ceil(columns.examples / PANEL) * PANEL;
      const load = (bytes: Uint8Array): void => new Uint8Array(wasm.memory.buffer, place.bytesAt).set(bytes);
      load(columns.data);
      wasm.panelBytes(place.bytesAt, columns.examples, size, place.panelsAt);
      makeTile(wasm, gates, place, out, mirrored, (from, to, start) => {
        load(rows.data.subarray(from * size, to * size));
        wasm.listBytes(place.bytesAt, to - from, size, place.listsAt);
        const panelsAt = place.panelsAt + start * Math.ceil(size / 2) * 2;
        const kernelAt = place.kernelAt + start * 8;
        wasm.multiplyBytes(place.listsAt, panelsAt, to - from, panelColumns - start, size, kernelAt, place.columns);
      });
    },
  };
}

/** The border to the module, whose exports are known from its source. */
const overlapExports = (exports: unknown): OverlapExports => exports as OverlapExports;

/** Addresses of a tile's parts in the module's memory. */
interface Place {
  /** Columns of the kernel, those of the tile and up to a whole panel or chunk. */
  readonly columns: number;
  readonly layersAt: number;
  readonly columnsAt: number;
  readonly rowsAt: number;
  readonly tableAt: number;
  readonly countsAt: number;
  readonly kernelAt: number;
  readonly panelsAt: number;
  readonly listsAt: number;
  readonly bytesAt: number;
}

/** Finds room for a tile, with bytes of `size` inputs (0 without); grows the memory where it is short. */
function layOut(wasm: OverlapExports, { rows, columns: { examples, words }, layers }: TileGates, size: number): Place {
  const chunks = Math.ceil(examples / CHUNK);
  const columns = Math.max(Math.ceil(examples / PANEL) * PANEL, chunks * CHUNK);
  const height = Math.min(ROWS, rows.examples);
  const parts = layers.reduce((sum, layer) => sum + Math.ceil(layer.words / PART), 0);
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
    columnsAt: room(chunks * CHUNK * words * NIBBLES),
    rowsAt: room(height * words * NIBBLES * 2),
    tableAt: room(NIBBLES * 16 * CHUNK),
    countsAt: room(parts * height * CHUNK),
    kernelAt: room(height * columns * 8),
    panelsAt: room(size === 0 ? 0 : (examples + PANEL) * pairs * 2),
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
  out: MatrixPart,
  mirrored: number | undefined,
  begin: (from: number, to: number, start: number) => void,
): void {
  const { words, examples: width } = columns;
  writeLayers(new DataView(wasm.memory.buffer, place.layersAt), layers);
  columnGates(columns.data, words, new Uint8Array(wasm.memory.buffer, place.columnsAt));
  for (let from = 0; from < rows.examples; from += ROWS) {
    const to = Math.min(from + ROWS, rows.examples);
    begin(from, to, upper ? Math.floor(from / PANEL) * PANEL : 0);
    rowGates(rows.data.subarray(from * words * 2, to * words * 2), new Uint16Array(wasm.memory.buffer, place.rowsAt));
    const start = upper ? Math.floor(from / CHUNK) * CHUNK : 0;
    wasm.multiplyOverlaps(
      place.rowsAt,
      place.columnsAt + start * words * NIBBLES,
      to - from,
      Math.ceil((width - start) / CHUNK) * CHUNK,
      words,
      place.layersAt,
      layers.length,
      lastBias,
      place.kernelAt + start * 8,
      place.columns,
      place.tableAt,
      place.countsAt,
    );
    const made = kernelRows(wasm, place);
    copyRows(made, { ...out, start: out.start + from * out.stride }, width, to - from);
    // while the rows are in the cache
    if (mirrored !== undefined) mirror(made, to - from, width, { ...out, start: mirrored + from });
  }
}

const kernelRows = (wasm: OverlapExports, { kernelAt, columns }: Place): MatrixPart => ({
  data: new Float64Array(wasm.memory.buffer, kernelAt),
  start: 0,
  stride: columns,
});

function writeLayers(view: DataView, layers: readonly OverlapLayer[]): void {
  let joined = false;
  layers.forEach(({ words, bias, scale }, index) => {
    const next = layers[index + 1];
    joined =
      !joined && words <= JOINED && next !== undefined && next.words <= JOINED && next.bias === 0 && next.scale === 1;
    const at = index * LAYER_BYTES;
    view.setInt32(at, words, true);
    view.setInt32(at + 4, joined ? 1 : 0, true);
    view.setFloat64(at + 8, bias, true);
    view.setFloat64(at + 16, scale, true);
  });
}

/** `[examples, words]` to `[examples / 64, words, 16, 64]`, four gates in a byte. */
function columnGates(from: Uint32Array, words: number, to: Uint8Array): void {
  for (let at = 0, example = 0; at < from.length; example++) {
    let out = Math.floor(example / CHUNK) * words * NIBBLES * CHUNK + (example % CHUNK);
    for (const end = at + 2 * words; at < end; at++) {
      for (let shift = 0, word = from[at]!; shift < 32; shift += 4, out += CHUNK) to[out] = (word >>> shift) & 15;
    }
  }
}

/** `[examples, words]` to `[examples, words, 16]`, four gates times 64 in each. */
function rowGates(from: Uint32Array, to: Uint16Array): void {
  for (let at = 0, out = 0; at < from.length; at++) {
    for (let shift = 0, word = from[at]!; shift < 32; shift += 4, out++) to[out] = ((word >>> shift) & 15) * CHUNK;
  }
}

function copyRows(from: MatrixPart, to: MatrixPart, width: number, rows: number): void {
  for (let row = 0, read = from.start, at = to.start; row < rows; row++, read += from.stride, at += to.stride) {
    to.data.set(from.data.subarray(read, read + width), at);
  }
}
