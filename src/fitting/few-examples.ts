/** The smallest eigenvalue of a kernel of some hundred examples, where calls of an engine would take longer than the numbers. */
import { randomStream } from "../random.ts";
import type { KernelNorms, KernelRows } from "./kernel-rows.ts";
import { JITTERS, notPositive } from "./positive-factor.ts";
import { openSmallFactor, type SmallFactor } from "./small-factor.ts";
import { tridiagonalEigen } from "./tridiagonal.ts";

/** Up to here it takes less than products in the engine: 20 ms against 100 (bench/ntk.bench.ts). */
export const FEW_EXAMPLES = 800;

/** A random kernel takes 15 to 60; a cluster at the lower end may need more. */
const MAX_STEPS = 320;
/** Steps between two looks at what has come out. */
const BETWEEN = 4;

/**
 * The smallest eigenvalue of a kernel, by Lanczos on the inverse through its factor, one vector at a time: as exact as
 * `smallestEigenvalue`.
 * @throws GatewiseError if the kernel is not positive semidefinite
 */
export async function smallestEigenvalueOfFew(kernel: KernelRows, { examples, trace }: KernelNorms): Promise<number> {
  const factor = await openSmallFactor(examples, MAX_STEPS);
  let failedRow = 0;
  for (const jitter of JITTERS) {
    const shift = (jitter * trace) / examples;
    failedRow = await factor.factorize(kernel, shift);
    if (failedRow < 0) return smallestOf(factor, examples, shift);
  }
  throw notPositive(failedRow);
}

/** @param shift added to the kernel, 0 if there was no need */
function smallestOf(factor: SmallFactor, examples: number, shift: number): number {
  const start = Float64Array.from(randomStream(0, "smallest-eigenvalue").normal(examples));
  const [diagonal, offDiagonal]: [number[], number[]] = [[], []];
  let [largest, settled] = [0, 0];
  for (const step of factor.lanczos(start)) {
    diagonal.push(step.diagonal);
    const isLast = step.offDiagonal === 0;
    if (isLast || diagonal.length % BETWEEN === 0) {
      const { values } = tridiagonalEigen(Float64Array.from(diagonal), Float64Array.from(offDiagonal));
      const next = values.at(-1) ?? 0;
      // of a singular kernel only rounding is left, which would not settle
      const isNothing = shift > 0 && 1 / next - shift <= 1e-3 * shift;
      settled = isNothing || Math.abs(next - largest) <= 1e-10 * next ? settled + 1 : 0;
      largest = next;
      if (settled === 2) break;
    }
    offDiagonal.push(step.offDiagonal);
  }
  return 1 / largest - shift;
}
