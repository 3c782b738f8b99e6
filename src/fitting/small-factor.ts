/** Factors of kernels of some hundred examples, by the WebAssembly module of factor.as.ts: no engine is asked. */
import type { KernelRows } from "./kernel-rows.ts";
import { FACTOR_MODULE } from "./wasm/factor-module.ts";

interface FactorExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  dataStart(): number;
  factorRows(origin: number, line: number, from: number, floors: number): number;
  stepInverse(origin: number, line: number, n: number, basis: number, count: number, numbers: number): void;
}

/** The border to the module, whose exports are known from its source. */
const factorExports = (exports: unknown): FactorExports => exports as FactorExports;

const PAGE = 65_536;
/** Rows that the module makes at a time. */
const ROWS = 4;

/** What a step of Lanczos adds to the tridiagonal matrix. */
export interface LanczosStep {
  readonly diagonal: number;
  /** Beside the next one; 0 where the space of the starting vector is exhausted. */
  readonly offDiagonal: number;
}

/** Factors of one kernel after the other, all in the same memory. */
export interface SmallFactor {
  /**
   * Factors `H + shift·I`, `L Lᵀ`, in place of the factor before.
   * @param kernel symmetric; only its lower triangle is read
   * @returns the first row whose pivot is not positive beyond rounding, or −1
   */
  factorize(kernel: KernelRows, shift: number): Promise<number>;
  /** Steps of Lanczos on `(H + shift·I)⁻¹`, as many as there is room for. */
  lanczos(start: Float64Array): Generator<LanczosStep>;
}

/**
 * @param examples of the kernels
 * @param steps of Lanczos to have room for
 */
export async function openSmallFactor(examples: number, steps: number): Promise<SmallFactor> {
  const bytes = Uint8Array.from(atob(FACTOR_MODULE), (letter) => letter.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const wasm = factorExports(instance.exports);
  const rows = Math.ceil(examples / ROWS) * ROWS;
  // rows that lie 4,096 bytes apart would push each other out of the cache
  const stride = rows + ROWS;
  const line = 8 * stride;
  const numbers = Math.ceil(wasm.dataStart() / 64) * 64;
  const origin = numbers + 64;
  const basis = origin + rows * line;
  const missing = Math.ceil((basis + (steps + 1) * line - wasm.memory.buffer.byteLength) / PAGE);
  if (missing > 0) wasm.memory.grow(missing);
  const { buffer } = wasm.memory;
  const factor = new Float64Array(buffer, origin, rows * stride);
  const vectors = new Float64Array(buffer, basis, (steps + 1) * stride);
  const made = new Float64Array(buffer, numbers, 2);
  return {
    async factorize(kernel, shift) {
      const values = await kernel.read(0, examples);
      const floors = vectors.fill(0, 0, rows);
      for (let i = 0; i < examples; i++) {
        factor.set(values.subarray(i * examples, i * examples + i + 1), i * stride);
        const at = i * stride + i;
        factor[at]! += shift;
        floors[i] = examples * Number.EPSILON * Math.abs(factor[at]!);
      }
      for (let i = examples; i < rows; i++)
        factor.fill(0, i * stride, i * stride + i).fill(1, i * stride + i, i * stride + i + 1);
      for (let from = 0; from < rows; from += ROWS) {
        const failed = wasm.factorRows(origin, line, from, basis);
        if (failed >= 0) return failed;
      }
      return -1;
    },
    *lanczos(start) {
      const length = Math.sqrt(start.reduce((sum, value) => sum + value * value, 0));
      vectors.set(start.map((value) => value / length));
      for (let count = 1; count <= steps; count++) {
        wasm.stepInverse(origin, line, examples, basis, count, numbers);
        const [diagonal = 0, offDiagonal = 0] = made;
        yield { diagonal, offDiagonal };
        if (offDiagonal === 0) return;
      }
    },
  };
}
