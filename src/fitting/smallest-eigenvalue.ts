import { randomStream } from "../random.ts";
import { matrix } from "./block-products.ts";
import { ritzValues, startLanczos, stepLanczos } from "./lanczos.ts";
import type { PositiveFactor } from "./positive-factor.ts";
import type { WorkOptions } from "./work-options.ts";

/** Lanczos on the inverse settles in 10 to 30; a cluster at the lower end may need more. */
const MAX_STEPS = 80;

/**
 * The smallest eigenvalue of a kernel, by Lanczos on the inverse through its factor; two products with the factor a
 * step. Exact to about `Number.EPSILON · (largest eigenvalue + shift)`; a singular kernel may give a tiny negative one.
 * @param factored with as small a shift as possible: none, or the jitter
 */
export async function smallestEigenvalue(
  { factor, shift }: PositiveFactor,
  { signal }: WorkOptions = {},
): Promise<number> {
  const { examples } = factor;
  const run = startLanczos(randomStream(0, "smallest-eigenvalue").normal(examples));
  let [largest, settled] = [0, 0];
  while (!run.exhausted && settled < 2 && run.diagonal.length < MAX_STEPS) {
    signal?.throwIfAborted();
    const { data } = await factor.solve(matrix(examples, 1, run.basis.at(-1) ?? new Float64Array(examples)));
    stepLanczos(run, data);
    const next = ritzValues(run).values.at(-1) ?? 0;
    settled = Math.abs(next - largest) <= 1e-10 * next ? settled + 1 : 0;
    largest = next;
  }
  return 1 / largest - shift;
}
