import type { Engine } from "../../engine/index.ts";
import {
  BlockProducts,
  EIGENVALUE_LIMIT,
  kernelEigenvalues,
  kernelNorms,
  kernelRows,
  positiveFactor,
  smallestEigenvalue,
} from "../../fitting/index.ts";
import type { DenseArray } from "../../graph/index.ts";

/** How large a kernel is. */
export interface KernelSize {
  readonly trace: number;
  readonly frobenius: number;
}

/** A tangent kernel in three numbers. */
export interface TangentSummary extends KernelSize {
  /** Zero up to rounding where there are more examples than parameters, or equal ones; may then be slightly negative. */
  readonly smallestEigenvalue: number;
}

/**
 * Trace, Frobenius norm and smallest eigenvalue of a symmetric kernel `[n, n]`: from all its eigenvalues up to 2,000
 * examples, beyond that by Lanczos on the inverse.
 * @throws GatewiseError if the kernel is not positive semidefinite
 */
export async function tangentSummary(
  kernel: DenseArray<"float64">,
  engine: Engine,
  signal?: AbortSignal,
): Promise<TangentSummary> {
  const rows = kernelRows(kernel);
  const size = kernelSize(kernel);
  // behind hard gates the feature kernel is exactly zero, which is no kernel to factor
  if (size.frobenius === 0) return { ...size, smallestEigenvalue: 0 };
  await using products = new BlockProducts(engine);
  if (rows.rows <= EIGENVALUE_LIMIT)
    return { ...size, smallestEigenvalue: (await kernelEigenvalues(rows, products))[0] ?? 0 };
  const factored = await positiveFactor(rows, await kernelNorms(rows), 0, products, { signal });
  return { ...size, smallestEigenvalue: await smallestEigenvalue(factored, { signal }) };
}

/** Trace and Frobenius norm of a kernel `[n, n]`; zero is a size, too. */
export function kernelSize({ shape: [examples = 0], data }: DenseArray<"float64">): KernelSize {
  let [trace, squares] = [0, 0];
  for (let i = 0; i < data.length; i++) squares += data[i]! ** 2;
  for (let i = 0; i < examples; i++) trace += data[i * examples + i]!;
  return { trace, frobenius: Math.sqrt(squares) };
}
