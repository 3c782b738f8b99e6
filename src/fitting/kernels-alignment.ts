/**
 * How alike two kernels of the same examples are: the cosine between them in the Frobenius inner product, plain and centered
 * (Cortes, Mohri and Rostamizadeh, JMLR 2012; of two layers' Gram matrices: linear CKA, Kornblith et al., ICML 2019).
 */
import { GatewiseError } from "../errors.ts";
import { optionsIn } from "../options.ts";
import type { Alignment } from "./alignment.ts";
import { type KernelRows, rowBlocks } from "./kernel-rows.ts";
import type { WorkOptions } from "./work-options.ts";

/**
 * Both alignments in one pass over the two: `⟨JAJ, JBJ⟩ = ⟨A, B⟩ − (2/n) Σ aᵢbᵢ + (Σ aᵢ)(Σ bᵢ)/n²`, `a` and `b` the row sums. A
 * factor of either kernel changes nothing.
 * @param a symmetric `[n, n]`
 * @param b of the same examples in the same order
 * @throws GatewiseError unless both are square and of one size, and for a kernel that is zero
 */
export async function alignmentOfKernels(a: KernelRows, b: KernelRows, options: WorkOptions = {}): Promise<Alignment> {
  const { signal } = optionsIn(options);
  const sizes = [a.rows, a.columns, b.rows, b.columns];
  if (new Set(sizes).size > 1 || a.rows === 0) {
    throw new GatewiseError({
      received: `kernels of shapes [${a.rows}, ${a.columns}] and [${b.rows}, ${b.columns}]`,
      expected: "two kernels of the same examples, each with themselves",
      next: "make both of the same inputs, in one order",
    });
  }
  const n = a.rows;
  const [aSums, bSums] = [new Float64Array(n), new Float64Array(n)];
  let [inner, aSquare, bSquare] = [0, 0, 0];
  for await (const { from, to, block } of rowBlocks(a)) {
    signal?.throwIfAborted();
    const other = await b.read(from, to);
    for (let i = from; i < to; i++) {
      let [aSum, bSum] = [0, 0];
      for (let at = (i - from) * n; at < (i - from + 1) * n; at++) {
        const [x, y] = [block[at]!, other[at]!];
        aSum += x;
        bSum += y;
        inner += x * y;
        aSquare += x * x;
        bSquare += y * y;
      }
      aSums[i] = aSum;
      bSums[i] = bSum;
    }
  }
  if (!(aSquare > 0 && bSquare > 0 && Number.isFinite(aSquare * bSquare))) {
    throw new GatewiseError({
      received: `kernels whose squares sum to ${aSquare} and ${bSquare}`,
      expected: "numbers that are not all zero, and whose squares stay in float64",
      next: "divide each by its trace: what is measured does not depend on a factor",
    });
  }
  const centered = (plain: number, left: Float64Array, right: Float64Array): number => {
    let product = 0;
    for (let i = 0; i < n; i++) product += left[i]! * right[i]!;
    return plain - (2 / n) * product + (total(left) * total(right)) / n ** 2;
  };
  const squares = [centered(aSquare, aSums, aSums), centered(bSquare, bSums, bSums)] as const;
  // what rounding leaves of a constant kernel is no direction
  const isConstant = squares[0] <= 1e-14 * aSquare || squares[1] <= 1e-14 * bSquare;
  return {
    alignment: within(inner / Math.sqrt(aSquare * bSquare)),
    centered: isConstant ? 0 : within(centered(inner, aSums, bSums) / Math.sqrt(squares[0] * squares[1])),
  };
}

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

const within = (cosine: number): number => Math.min(1, Math.max(-1, cosine));
