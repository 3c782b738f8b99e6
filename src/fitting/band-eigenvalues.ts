/** Eigenvalues of a band matrix, by the WebAssembly module of band.as.ts and QL. */
import type { BandForm } from "./band-form.ts";
import { openBandModule } from "./band-module.ts";
import { tridiagonalEigen } from "./tridiagonal.ts";
import type { WorkOptions } from "./work-options.ts";

/** Operations between two looks at the signal: some 50 ms. */
const OPERATIONS = 2e8;

/**
 * All eigenvalues, ascending, `[n]`.
 * @throws GatewiseError if an element is not finite
 */
export async function bandEigenvalues(
  form: Pick<BandForm, "examples" | "width" | "diagonal" | "below">,
  { signal, onProgress }: WorkOptions = {},
): Promise<Float64Array> {
  const { examples: n, width } = form;
  const { elements, chase } = (await openBandModule()).band(n, width);
  writeBand(form, elements);
  let column = 0;
  while (column < n - 2) {
    const step = Math.ceil(OPERATIONS / (12 * width * (n - column)));
    const end = Math.min(n - 2, column + step);
    chase(column, end);
    column = end;
    onProgress?.(1 - (1 - column / n) ** 2);
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
  }
  const stride = 2 * width;
  const at = (i: number, j: number): number => elements[i * stride + j]!;
  // from the end: what a kernel of low rank leaves small comes last, and QL wants it first
  const diagonal = Float64Array.from({ length: n }, (_, i) => at(n - 1 - i, n - 1 - i));
  const offDiagonal = Float64Array.from({ length: Math.max(0, n - 1) }, (_, i) => at(n - 1 - i, n - 2 - i));
  return tridiagonalEigen(diagonal, offDiagonal).values;
}

/** The lower triangle's element `(i, j)` at `i · 2 width + j`. */
function writeBand(
  { examples, width, diagonal, below }: Pick<BandForm, "examples" | "width" | "diagonal" | "below">,
  band: Float64Array,
): void {
  const stride = 2 * width;
  for (const [k, { data }] of diagonal.entries()) {
    const start = k * width;
    const end = Math.min(width, examples - start);
    for (let i = 0; i < end; i++)
      for (let j = 0; j <= i; j++) band[(start + i) * stride + start + j] = data[i * width + j]!;
  }
  for (const [k, { data }] of below.entries()) {
    const start = (k + 1) * width;
    const end = Math.min(width, examples - start);
    for (let i = 0; i < end; i++)
      for (let j = i; j < width; j++) band[(start + i) * stride + start - width + j] = data[i * width + j]!;
  }
}
