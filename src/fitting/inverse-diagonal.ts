/** The diagonal of an inverse, by systems that are solved with it. */
import { randomStream } from "../random.ts";
import { type Matrix, matrix } from "./block-products.ts";
import type { WorkOptions } from "./work-options.ts";

type Solve = (y: Matrix, options?: WorkOptions) => Promise<Matrix>;

/** Columns of the identity that are solved at once. */
const COLUMNS_AT_ONCE = 256;

/** Exactly, by all columns of the identity. */
export async function diagonalByColumns(
  n: number,
  solve: Solve,
  { signal, onProgress }: WorkOptions = {},
): Promise<Float64Array> {
  const out = new Float64Array(n);
  for (let from = 0; from < n; from += COLUMNS_AT_ONCE) {
    signal?.throwIfAborted();
    const count = Math.min(COLUMNS_AT_ONCE, n - from);
    const unit = matrix(n, count);
    for (let j = 0; j < count; j++) unit.data[(from + j) * count + j] = 1;
    const { data } = await solve(unit);
    for (let j = 0; j < count; j++) out[from + j] = data[(from + j) * count + j]!;
    onProgress?.((from + count) / n);
  }
  return out;
}

/** Random columns that estimate a diagonal. */
const PROBES = 64;

/**
 * Estimated by random signs `z`, as the mean of `z ⊙ A z` (Bekas, Kokiopoulou and Saad, 2007), where a solution takes too long
 * to be had for every column: off by the root of the sum of the squares beside the diagonal, over that of the probes.
 */
export async function diagonalByProbes(n: number, solve: Solve, options: WorkOptions = {}): Promise<Float64Array> {
  const probes = matrix(n, PROBES, Float64Array.from(randomStream(0, "inverse-diagonal").signs(n * PROBES)));
  const { data } = await solve(probes, options);
  const out = new Float64Array(n);
  for (let at = 0; at < data.length; at++) out[Math.floor(at / PROBES)]! += (data[at]! * probes.data[at]!) / PROBES;
  return out;
}
