import { GatewiseError } from "../errors.ts";
import type { DenseArray } from "../graph/index.ts";

/**
 * A matrix read by blocks of rows, so that it need not lie in memory: a dense array, or a file.
 * Kernels of one set of inputs are `[n, n]` and symmetric; a test kernel is `[m, n]`.
 */
export interface KernelRows {
  readonly rows: number;
  readonly columns: number;
  /** Rows `from` to `to − 1` in C order, `[to − from, columns]`; the reader may hand out a view: do not write into it. */
  read(from: number, to: number): Float64Array | Promise<Float64Array>;
  /** Where it is another kernel between two diagonals: products scale what they are multiplied with, and no block. */
  readonly scaled?: { readonly kernel: KernelRows; readonly by: Float64Array };
}

/**
 * `S K S` of a square kernel.
 * @param by the diagonal of `S`, `[n]`
 */
export function scaledKernel(kernel: KernelRows, by: Float64Array): KernelRows {
  const { rows, columns } = kernel;
  return {
    rows,
    columns,
    scaled: { kernel, by },
    async read(from, to) {
      const block = Float64Array.from(await kernel.read(from, to));
      for (let i = from; i < to; i++) {
        for (let j = 0; j < columns; j++) block[(i - from) * columns + j]! *= by[i]! * by[j]!;
      }
      return block;
    },
  };
}

/** The rows of a dense matrix. float64 is not copied, float32 is widened block by block. */
export function kernelRows({ shape, data }: DenseArray<"float32"> | DenseArray<"float64">): KernelRows {
  const [rows, columns] = shape;
  if (rows === undefined || columns === undefined || shape.length !== 2) {
    throw new GatewiseError({
      received: `a kernel of shape [${shape.join(", ")}]`,
      expected: "a matrix",
      next: "give an array of two axes",
    });
  }
  return {
    rows,
    columns,
    read(from, to) {
      const block = data.subarray(from * columns, to * columns);
      return block instanceof Float64Array ? block : Float64Array.from(block);
    },
  };
}

/** The kernel of some of the examples, in the order of `examples`. */
export function subKernel(kernel: KernelRows, examples: Int32Array): KernelRows {
  return {
    rows: examples.length,
    columns: examples.length,
    async read(from, to) {
      const out = new Float64Array((to - from) * examples.length);
      for (let i = from; i < to; i++) {
        const example = examples[i]!;
        const row = await kernel.read(example, example + 1);
        const start = (i - from) * examples.length;
        for (let j = 0; j < examples.length; j++) out[start + j] = row[examples[j]!]!;
      }
      return out;
    },
  };
}

/** Rows that are read at once, enough to keep matrix products busy. */
export const ROW_BLOCK = 512;
/** Numbers that are read at once: of larger blocks the memory goes back to the system each time, and its pages are made anew. */
const BLOCK_NUMBERS = 2 ** 21;

/** The blocks of rows of a matrix, one after the other. */
export async function* rowBlocks(
  kernel: KernelRows,
): AsyncGenerator<{ readonly from: number; readonly to: number; readonly block: Float64Array }> {
  const rows = Math.max(1, Math.min(ROW_BLOCK, Math.floor(BLOCK_NUMBERS / kernel.columns)));
  for (let from = 0; from < kernel.rows; from += rows) {
    const to = Math.min(from + rows, kernel.rows);
    yield { from, to, block: await kernel.read(from, to) };
  }
}

/** Sums over a symmetric kernel that normalizations need. */
export interface KernelNorms {
  readonly examples: number;
  readonly trace: number;
  /** `‖H‖_F²`. */
  readonly squaredFrobenius: number;
  /** `[n]`. */
  readonly diagonal: Float64Array;
}

/**
 * Trace, Frobenius norm and diagonal of a square kernel, in one pass.
 * @throws GatewiseError if it is empty, not square, its trace is not a positive number, or squares leave float64
 */
export async function kernelNorms(kernel: KernelRows): Promise<KernelNorms> {
  const { rows: examples, columns } = kernel;
  if (examples !== columns || examples === 0) {
    throw new GatewiseError({
      received: `a kernel of shape [${examples}, ${columns}]`,
      expected: "a square matrix: one row and one column an example",
      next: "give the kernel of the training examples with themselves",
    });
  }
  const diagonal = new Float64Array(examples);
  let squaredFrobenius = 0;
  for await (const { from, to, block } of rowBlocks(kernel)) {
    for (let i = from; i < to; i++) diagonal[i] = block[(i - from) * columns + i]!;
    for (let i = 0; i < block.length; i++) squaredFrobenius += block[i]! * block[i]!;
  }
  const trace = diagonal.reduce((sum, value) => sum + value, 0);
  if (trace > 0 && Number.isFinite(trace) && !(squaredFrobenius > 2 ** -960 && Number.isFinite(squaredFrobenius))) {
    throw new GatewiseError({
      code: "numerical-failure",
      received: `a kernel of trace ${trace}, whose squares leave float64`,
      expected: "numbers between about 1e-140 and 1e150",
      next: "divide it by its trace: what is measured does not depend on a factor",
    });
  }
  if (!(trace > 0 && Number.isFinite(squaredFrobenius))) {
    throw new GatewiseError({
      received: `a kernel of trace ${trace}`,
      expected: "a positive semidefinite matrix of finite numbers that is not zero",
      next: "check how the kernel was made",
    });
  }
  return { examples, trace, squaredFrobenius, diagonal };
}
