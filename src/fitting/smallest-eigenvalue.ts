import { optionsIn } from "../options.ts";
import { randomStream } from "../random.ts";
import { bandEigenvalues } from "./band-eigenvalues.ts";
import { type BlockProducts, type Matrix, matrix, sizesOf } from "./block-products.ts";
import type { CholeskyFactor } from "./cholesky.ts";
import type { PositiveFactor } from "./positive-factor.ts";
import { besideEachOther } from "./reflections.ts";
import type { WorkOptions } from "./work-options.ts";

/** Vectors of a block: a solution for eight reads the factor as often as one for one. */
const WIDTH = 8;
/** Lanczos on the inverse settles in 4 to 10; a cluster at the lower end may need more. */
const MAX_STEPS = 40;

/**
 * The smallest eigenvalue of a kernel, by block Lanczos with full reorthogonalization (Golub and Underwood, 1977) on the
 * inverse through its factor; two products with the factor a step. Exact to about
 * `Number.EPSILON · (largest eigenvalue + shift)`; a singular kernel may give a tiny negative one.
 * @param factored with as small a shift as possible: none, or the jitter
 */
export async function smallestEigenvalue(
  { factor, shift, jitter }: PositiveFactor<CholeskyFactor>,
  products: BlockProducts,
  options: WorkOptions = {},
): Promise<number> {
  const { signal } = optionsIn(options);
  const { examples: n } = factor;
  await using held = await factor.held();
  const width = Math.min(WIDTH, n);
  let block = matrix(n, width, Float64Array.from(randomStream(0, "smallest-eigenvalue").normal(n * width)));
  orthonormalize(block);
  let basis = block;
  // the inverse in the basis is a band matrix
  const diagonal: Matrix[] = [];
  const below: Matrix[] = [];
  let [largest, settled] = [0, 0];
  while (settled < 2 && diagonal.length < MAX_STEPS) {
    signal?.throwIfAborted();
    let image = await held.solve(block);
    diagonal.push(symmetric(await products.multiply("tn", block, image)));
    const values = await bandEigenvalues({ examples: diagonal.length * width, width, diagonal, below });
    const next = values.at(-1) ?? 0;
    // of a singular kernel only rounding is left, which would not settle
    const isNothing = jitter > 0 && 1 / next - shift <= 1e-3 * shift;
    settled = isNothing || Math.abs(next - largest) <= 1e-10 * next ? settled + 1 : 0;
    largest = next;
    // nothing is left to be found
    if (diagonal.length * width >= n) break;
    // twice is enough (Kahan and Parlett)
    for (let pass = 0; pass < 2; pass++) {
      image = await products.subtractProduct("nn", image, basis, await products.multiply("tn", basis, image));
    }
    below.push(orthonormalize(image));
    block = image;
    basis = besideEachOther([basis, block]);
  }
  return 1 / largest - shift;
}

/** The symmetric part of what rounding leaves of a symmetric matrix. */
function symmetric(of: Matrix): Matrix {
  const [size] = sizesOf(of);
  return matrix(
    size,
    size,
    of.data.map((value, at) => (value + of.data[(at % size) * size + Math.floor(at / size)]!) / 2),
  );
}

/**
 * Replaces columns by orthonormal ones; by 0 where nothing is left.
 * @returns how they were made of the new ones, `[columns, columns]`, upper triangular
 */
function orthonormalize(block: Matrix): Matrix {
  const [rows, columns] = sizesOf(block);
  const upper = matrix(columns, columns);
  const { data } = block;
  const inner = (a: number, b: number): number => {
    let sum = 0;
    for (let i = 0; i < rows * columns; i += columns) sum += data[i + a]! * data[i + b]!;
    return sum;
  };
  for (let j = 0; j < columns; j++) {
    const length = Math.sqrt(inner(j, j));
    for (let pass = 0; pass < 2; pass++) {
      for (let other = 0; other < j; other++) {
        const share = inner(other, j);
        upper.data[other * columns + j]! += share;
        for (let i = 0; i < rows * columns; i += columns) data[i + j]! -= share * data[i + other]!;
      }
    }
    const left = Math.sqrt(inner(j, j));
    const factor = left > 1e-14 * length ? 1 / left : 0;
    upper.data[j * (columns + 1)] = factor === 0 ? 0 : left;
    for (let i = 0; i < rows * columns; i += columns) data[i + j]! *= factor;
  }
  return upper;
}
