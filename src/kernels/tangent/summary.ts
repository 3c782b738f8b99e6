import type { Engine } from "../../engine/index.ts";
import { GatewiseError } from "../../errors.ts";
import {
  BlockProducts,
  DIRECT_LIMIT,
  FEW_EXAMPLES,
  type KernelRows,
  kernelNorms,
  kernelRows,
  positiveFactor,
  smallestEigenvalue,
  smallestEigenvalueOfFew,
} from "../../fitting/index.ts";
import { type DenseArray, eachNumber, float64 } from "../../graph/index.ts";
import type { GatedNetwork } from "../../network/index.ts";
import { optionsIn } from "../../options.ts";
import { checkKernelNumbers } from "../kernel-numbers.ts";
import { tangentKernelProducts } from "./work.ts";

/** How large a kernel is. */
export interface KernelSize {
  readonly trace: number;
  readonly frobenius: number;
}

/** A tangent kernel in three numbers. */
export interface TangentSummary extends KernelSize {
  /**
   * Zero up to rounding where there are more examples than parameters, or equal ones; may then be slightly negative. Null
   * where it was not computed: it takes longer than {@link affordsEigenvalue} allows, and nobody asked for it.
   */
  readonly smallestEigenvalue: number | null;
}

/** What is told of a kernel beside its size. */
export interface TangentSummaryOptions {
  /** Whether to compute the smallest eigenvalue; yes unless told otherwise. */
  readonly smallestEigenvalue?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Whether the smallest eigenvalue of a kernel of so many examples costs at most a fifth of what the kernel does
 * (bench/ntk.bench.ts). Of few examples a module tells it in 1 ms and 60 ns a number of the kernel, which itself takes 12 ms
 * and a second for each 10¹⁰ multiplications. Of more a factor takes `n³/3` operations, and the products with it, which wait
 * for memory, about as long as 5,000 `n²`; an operation takes half as long as one of the kernel's.
 */
export function affordsEigenvalue(network: GatedNetwork, examples: number): boolean {
  const products = tangentKernelProducts(network, examples);
  if (examples <= FEW_EXAMPLES) return 1e-3 + 6e-8 * examples ** 2 <= (0.012 + products / 1e10) / 5;
  const work = examples ** 2 * (5_000 + examples / 3);
  return examples <= DIRECT_LIMIT && work <= 0.4 * products;
}

/** @throws GatewiseError for more examples than a factor has room for beside its kernel */
export function checkEigenvalueExamples(examples: number): void {
  if (examples <= DIRECT_LIMIT) return;
  throw new GatewiseError({
    code: "too-large",
    received: `the smallest eigenvalue of a kernel of ${examples} inputs`,
    expected: `at most ${DIRECT_LIMIT}: its factor stays in memory`,
    next: "ask for it on fewer inputs: it is at least as small on all of them",
  });
}

/**
 * Trace, Frobenius norm and smallest eigenvalue of a symmetric kernel `[n, n]`, by Lanczos on the inverse.
 * @throws GatewiseError if the kernel is not positive semidefinite
 */
export async function tangentSummary(
  kernel: DenseArray<"float64">,
  engine: Engine,
  options: TangentSummaryOptions = {},
): Promise<TangentSummary> {
  const { smallestEigenvalue: isAsked = true, signal } = optionsIn(options);
  const { unit, ...size } = sizeAndUnit(kernel);
  if (!isAsked) return { ...size, smallestEigenvalue: null };
  // behind hard gates the feature kernel is exactly zero, which is no kernel to factor
  if (size.frobenius === 0) return { ...size, smallestEigenvalue: 0 };
  const near =
    unit === 1
      ? kernel
      : float64(
          kernel.shape,
          eachNumber(new Float64Array(kernel.data.length), kernel.data, (value) => value / unit),
        );
  const smallest = await smallestTangentEigenvalue(kernelRows(near), engine, { signal });
  return { ...size, smallestEigenvalue: unit * smallest };
}

/**
 * The smallest eigenvalue of a kernel that is not zero.
 * @param kernel `[n, n]`, symmetric
 * @throws GatewiseError if it is not positive semidefinite
 */
export async function smallestTangentEigenvalue(
  kernel: KernelRows,
  engine: Engine,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<number> {
  const norms = await kernelNorms(kernel);
  if (kernel.rows <= FEW_EXAMPLES) return await smallestEigenvalueOfFew(kernel, norms);
  await using products = new BlockProducts(engine);
  const factored = await positiveFactor(kernel, norms, 0, products, { signal });
  return await smallestEigenvalue(factored, products, { signal });
}

const NEXT = "scale the inputs or weights";

/**
 * Trace and Frobenius norm of a kernel `[n, n]`; zero is a size, too.
 * @throws GatewiseError if numbers leave float64
 */
export function kernelSize(kernel: DenseArray<"float64">): KernelSize {
  const { trace, frobenius } = sizeAndUnit(kernel);
  return { trace, frobenius };
}

/** With 1, or the power of two near numbers so far from it that their squares leave float64. */
function sizeAndUnit({ shape: [examples = 0], data }: DenseArray<"float64">): KernelSize & { readonly unit: number } {
  let largest = 0;
  // a NaN stays, whatever comes behind it
  for (let i = 0; i < data.length; i++) largest = Math.max(largest, Math.abs(data[i]!));
  if (!Number.isFinite(largest)) checkKernelNumbers(data, "a tangent kernel", NEXT);
  const isNear = largest === 0 || (largest > 2 ** -400 && largest < 2 ** 400);
  const unit = isNear ? 1 : 2 ** Math.floor(Math.log2(largest));
  let [trace, squares] = [0, 0];
  for (let i = 0; i < data.length; i++) {
    const value = data[i]! / unit;
    squares += value * value;
  }
  for (let i = 0; i < examples; i++) trace += data[i * examples + i]!;
  const size = { trace, frobenius: unit * Math.sqrt(squares) };
  checkKernelNumbers(Float64Array.of(size.trace, size.frobenius), "a tangent kernel", NEXT);
  return { ...size, unit };
}
