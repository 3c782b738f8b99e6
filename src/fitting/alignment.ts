/**
 * Kernel-target alignment: the cosine between a kernel and the ideal kernel of its labels `T`, in the Frobenius inner
 * product (Cristianini et al., NIPS 2001); centered as in Cortes, Mohri and Rostamizadeh (JMLR 2012). `T = y yᵀ` for
 * two classes, `y` of ±1; for more, the Gram matrix of one-hot labels: 1 where two examples share their class, else 0.
 */
import { optionsIn } from "../options.ts";
import { type BlockProducts, matrix, sizesOf } from "./block-products.ts";
import type { ClassTargets } from "./class-targets.ts";
import type { KernelNorms, KernelRows } from "./kernel-rows.ts";
import { kernelTimes } from "./kernel-times.ts";
import type { WorkOptions } from "./work-options.ts";

/** How alike a kernel and the kernel of its classes are (theory 6.9). */
export interface Alignment {
  /** `⟨H, T⟩ / (‖H‖ ‖T‖)`, in [−1, 1]; in [0, 1] for a positive semidefinite kernel. */
  readonly alignment: number;
  /** The same of `J H J` and `J T J`, `J = I − 1 1ᵀ/n`; 0 where the centered kernel is zero. */
  readonly centered: number;
}

/**
 * Both alignments in one pass over the kernel: `⟨H, Y Yᵀ⟩ = tr(Yᵀ H Y)`, and `‖Y Yᵀ‖ = ‖Yᵀ Y‖`.
 * @param kernel symmetric `[n, n]`
 */
export async function kernelAlignment(
  kernel: KernelRows,
  { examples, squaredFrobenius }: KernelNorms,
  { targets }: Pick<ClassTargets, "targets">,
  products: BlockProducts,
  options: WorkOptions = {},
): Promise<Alignment> {
  const { signal } = optionsIn(options);
  const [, columns] = sizesOf(targets);
  const labels = columns === 1 ? targets.data : targets.data.map((value) => (value + 1) / 2);
  const width = columns + 1;
  // the ones of the last column give the row sums of the kernel
  const y = matrix(examples, width).data.map((_, at) =>
    at % width === columns ? 1 : labels[Math.floor(at / width) * columns + (at % width)]!,
  );
  const hy = await kernelTimes(kernel, matrix(examples, width, y), products, signal);
  const rowSums = Float64Array.from({ length: examples }, (_, i) => hy.data[i * width + columns]!);
  return alignmentOf({
    examples,
    squaredFrobenius,
    yhy: (await products.multiply("tn", matrix(examples, width, y), hy)).data,
    yy: (await products.multiply("tn", matrix(examples, width, y), matrix(examples, width, y))).data,
    squaredRowSums: rowSums.reduce((sum, value) => sum + value * value, 0),
  });
}

/** What alignments are made of; `Y` is one-hot labels, or ±1 of two classes, with a last column of ones. */
export interface AlignmentSums {
  readonly examples: number;
  readonly squaredFrobenius: number;
  /** `Yᵀ H Y` and `Yᵀ Y`. */
  readonly yhy: Float64Array;
  readonly yy: Float64Array;
  /** Of the sums of the rows of `H`. */
  readonly squaredRowSums: number;
}

export function alignmentOf({ examples, squaredFrobenius, yhy, yy, squaredRowSums }: AlignmentSums): Alignment {
  const width = Math.sqrt(yy.length);
  const columns = width - 1;
  const at = (gram: Float64Array, a: number, b: number): number => gram[a * width + b]!;
  const centeredAt = (gram: Float64Array, a: number, b: number): number =>
    at(gram, a, b) -
    (at(yy, a, columns) * at(gram, columns, b) + at(gram, a, columns) * at(yy, columns, b)) / examples +
    (at(yy, a, columns) * at(gram, columns, columns) * at(yy, columns, b)) / examples ** 2;
  const total = at(yhy, columns, columns);
  const centeredSquare = squaredFrobenius - (2 / examples) * squaredRowSums + (total / examples) ** 2;
  return {
    alignment: cosine(yhy, yy, columns, at, squaredFrobenius),
    // what rounding leaves of a constant kernel is no direction
    centered: centeredSquare <= 1e-14 * squaredFrobenius ? 0 : cosine(yhy, yy, columns, centeredAt, centeredSquare),
  };
}

/** `tr(Yᵀ H Y) / (‖H‖ ‖Yᵀ Y‖)` over the first `columns`, entries as `at` reads them. */
function cosine(
  yhy: Float64Array,
  yy: Float64Array,
  columns: number,
  at: (gram: Float64Array, a: number, b: number) => number,
  squaredFrobenius: number,
): number {
  let [inner, square] = [0, 0];
  for (let a = 0; a < columns; a++) {
    inner += at(yhy, a, a);
    for (let b = 0; b < columns; b++) square += at(yy, a, b) ** 2;
  }
  return Math.min(1, Math.max(-1, inner / Math.sqrt(squaredFrobenius * square)));
}
