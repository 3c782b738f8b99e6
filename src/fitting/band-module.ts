/** The WebAssembly module of band.as.ts, in an instance with memory of its own. */
import { type Matrix, matrix } from "./block-products.ts";
import { BAND_MODULE } from "./wasm/band-module.ts";

interface BandExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  dataStart(): number;
  reflectPanel(panel: number, length: number, columns: number, upper: number): void;
  chaseBulges(origin: number, n: number, width: number, from: number, to: number, room: number): void;
}

/** The border to the module, whose exports are known from its source. */
const bandExports = (exports: unknown): BandExports => exports as BandExports;

const PAGE = 65_536;

export interface BandModule {
  /**
   * The reflections that make columns upper triangular.
   * @param panel `columns` of `m` numbers, one after the other, `m ≥ columns`; replaced by the reflections' vectors, of
   * squared length 2, or 0 where there is nothing to reflect
   * @returns what the columns become, `[columns, columns]`
   */
  reflectPanel(panel: Float64Array, columns: number): Matrix;
  /** A band matrix to be made tridiagonal. */
  band(n: number, width: number): Band;
}

export interface Band {
  /** The lower triangle's element `(i, j)` is at `2 · width · i + j`; in the module's memory until that is used again. */
  readonly elements: Float64Array;
  /** Eliminates columns from `from` to `to − 1` below the first subdiagonal; they must follow each other. */
  chase(from: number, to: number): void;
}

export async function openBandModule(): Promise<BandModule> {
  const bytes = Uint8Array.from(atob(BAND_MODULE), (letter) => letter.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const wasm = bandExports(instance.exports);
  const start = wasm.dataStart();
  const reserve = (end: number): void => {
    const missing = Math.ceil((end - wasm.memory.buffer.byteLength) / PAGE);
    if (missing > 0) wasm.memory.grow(missing);
  };
  return {
    reflectPanel(panel, columns) {
      const at = start + 8 * columns * columns;
      reserve(at + panel.byteLength);
      const held = new Float64Array(wasm.memory.buffer, at, panel.length);
      held.set(panel);
      wasm.reflectPanel(at, panel.length / columns, columns, start);
      panel.set(held);
      return matrix(columns, columns, new Float64Array(wasm.memory.buffer, start, columns * columns).slice());
    },
    band(n, width) {
      // three vectors of room; left of its diagonal a row has room for its bulge
      const origin = start + 8 * (3 * width + 2 * width);
      const length = n * (2 * width + 1) - 2 * width;
      reserve(origin + 8 * length);
      const elements = new Float64Array(wasm.memory.buffer, origin, length);
      elements.fill(0);
      return { elements, chase: (from, to) => wasm.chaseBulges(origin, n, width, from, to, start) };
    },
  };
}
