/** The memory of the WebAssembly module of overlap.as.ts, as a tile of the kernel needs it. */

/** What one gated layer does to the running kernel `K`: `overlap · scale · (K + bias)`. */
export interface OverlapLayer {
  readonly words: number;
  /** 1 if the layer has a bias, else 0. */
  readonly bias: number;
  /** 1, or one over the width. */
  readonly scale: number;
}

export interface OverlapExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  dataStart(): number;
  multiplyOverlaps(
    rowGates: number,
    planeBytes: number,
    columnGates: number,
    rows: number,
    layers: number,
    count: number,
    lastBias: number,
    whole: boolean,
    products: number,
    productLine: number,
    single: boolean,
    kernel: number,
    line: number,
    table: number,
    counts: number,
  ): void;
  transposeKernel(kernel: number, line: number, rows: number, single: boolean, out: number, outLine: number): void;
  columnFives(words: number, examples: number, planes: number, out: number): void;
  rowFives(words: number, examples: number, planes: number, out: number, planeBytes: number): void;
  listBytes(bytes: number, rows: number, size: number, lists: number): void;
  panelBytes(bytes: number, columns: number, size: number, panels: number): void;
  multiplyBytes(lists: number, panels: number, rows: number, columns: number, size: number, products: number): void;
}

/** The border to the module, whose exports are known from its source. */
export const overlapExports = (exports: unknown): OverlapExports => exports as OverlapExports;

/** Addresses of a tile's parts, and how far their rows lie apart in bytes. */
export interface Place {
  readonly layersAt: number;
  readonly columnsAt: number;
  readonly rowsAt: number;
  /** From a word of the rows to the next. */
  readonly planeBytes: number;
  readonly tableAt: number;
  readonly countsAt: number;
  readonly productsAt: number;
  readonly productLine: number;
  readonly kernelAt: number;
  readonly line: number;
  readonly mirrorAt: number;
  readonly mirrorLine: number;
  readonly panelsAt: number;
  readonly listsAt: number;
  /** Inputs and gates as they are given, to be packed. */
  readonly givenAt: number;
}

/** What there must be room for. */
export interface TileExtent {
  /** Of a block. */
  readonly rows: number;
  readonly columns: number;
  /** 64-bit words of gates. */
  readonly words: number;
  readonly layers: readonly OverlapLayer[];
  /** Bytes of a number of the kernel. */
  readonly bytes: number;
  /** Bytes of an input, 0 where the inner products are given. */
  readonly size: number;
}

/** Columns that are made at a time. */
export const CHUNK = 64;
/** Fives of units in a word, the last of them four. */
export const FIVES = 13;
/** Numbers that a row takes in a word. */
const ROW_FIVES = 16;
const PAGE = 65_536;
/** {planes i32, joined i32, bias f64, scale f64} */
const LAYER_BYTES = 24;
/** A cache line: rows a power of two apart would all lie in the same places of the cache. */
const APART = 64;
/** Words whose count is below 256. */
const PART = 3;

/** Finds room for a tile; grows the memory where it is short. */
export function layOut(wasm: OverlapExports, { rows, columns, words, layers, bytes, size }: TileExtent): Place {
  const width = roundUp(columns, CHUNK);
  const parts = layers.reduce((sum, layer) => sum + Math.ceil(layer.words / PART), 0);
  const pairs = Math.ceil(size / 2);
  let end = wasm.dataStart();
  const room = (length: number): number => {
    const start = roundUp(end, 64);
    end = start + length;
    return start;
  };
  const productLine = size === 0 ? width * 8 + APART : CHUNK * 4;
  const line = width * bytes + APART;
  const mirrorLine = roundUp(rows, 4) * bytes + APART;
  const planeBytes = rows * ROW_FIVES * 2;
  const place = {
    layersAt: room(layers.length * LAYER_BYTES),
    columnsAt: room(width * words * FIVES),
    rowsAt: room(words * planeBytes),
    planeBytes,
    tableAt: room(FIVES * 32 * 32),
    countsAt: room(parts * rows * CHUNK),
    productsAt: room(rows * productLine),
    productLine,
    kernelAt: room(roundUp(rows, 4) * line),
    line,
    mirrorAt: room(CHUNK * mirrorLine),
    mirrorLine,
    // what is read and written behind the end is no one's
    panelsAt: room(size === 0 ? 0 : width * pairs * 2 + 448),
    listsAt: room(size === 0 ? 0 : rows * (pairs * 8 + 8)),
    givenAt: room(Math.max(rows, width) * Math.max(size, words * 8) + 16),
  };
  const missing = end - wasm.memory.buffer.byteLength;
  if (missing > 0) wasm.memory.grow(Math.ceil(missing / PAGE));
  return place;
}

export const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/** Words of a layer whose count may be multiplied with another such in 15 bits. */
const JOINED = 2;

/** Writes what the module is told of the layers. */
export function writeLayers(view: DataView, layers: readonly OverlapLayer[]): void {
  let joined = 1;
  let next = 0;
  layers.forEach(({ words, bias, scale }, index) => {
    if (index === next) {
      joined = [4, 2].find((count) => areJoined(layers.slice(index, index + count), count)) ?? 1;
      next += joined;
    }
    const at = index * LAYER_BYTES;
    view.setInt32(at, words, true);
    view.setInt32(at + 4, joined, true);
    view.setFloat64(at + 8, bias, true);
    view.setFloat64(at + 16, scale, true);
  });
}

/** Whether so many layers are multiplied as whole numbers before the kernel is. */
const areJoined = (layers: readonly OverlapLayer[], count: number): boolean =>
  layers.length === count &&
  layers.every(({ words, bias, scale }, i) => words <= JOINED && (i === 0 || (bias === 0 && scale === 1)));
