import type { Engine } from "../../engine/index.ts";
import {
  BlockProducts,
  type KernelRows,
  kernelNorms,
  kernelRows,
  positiveFactor,
  smallestEigenvalue,
  subKernel,
} from "../../fitting/index.ts";
import { type DenseArray, eachNumber, float64 } from "../../graph/index.ts";
import type { GatedNetwork } from "../../network/index.ts";
import { randomStream } from "../../random.ts";
import { checkKernelNumbers } from "../kernel-numbers.ts";
import { tangentPlan } from "./plan.ts";
import { productsOfPair } from "./work.ts";

/** How large a kernel is. */
export interface KernelSize {
  readonly trace: number;
  readonly frobenius: number;
}

/** A tangent kernel in three numbers. */
export interface TangentSummary extends KernelSize {
  /**
   * Zero up to rounding where there are more examples than parameters, or equal ones; may then be slightly negative. Of a
   * sample of the examples it is at least that of all of them (Cauchy's interlacing).
   */
  readonly smallestEigenvalue: number;
  /** Examples that the smallest eigenvalue is of: all, or a sample. */
  readonly smallestEigenvalueOf: number;
}

/** Of how many examples the smallest eigenvalue is computed. */
export interface TangentSummaryOptions {
  /** The smallest eigenvalue is of at most so many examples, drawn the same in every call; of all unless told otherwise. */
  readonly eigenvalueExamples?: number;
  readonly signal?: AbortSignal | undefined;
}

/** So many take a tenth of a second, whatever the kernel takes. */
const ALWAYS = 500;
/** Beside a kernel that fills the memory there is room for these. */
const MOST = 4_000;

/**
 * So many of `examples` that their smallest eigenvalue costs a fifth of the kernel. A factor takes `m³/3` operations, and
 * the products with it, which wait for memory, about as long as 5,000 `m²` (bench/ntk.bench.ts).
 */
export function eigenvalueExamples(network: GatedNetwork, examples: number): number {
  const budget = (examples ** 2 * productsOfPair(tangentPlan(network))) / 5;
  let count = Math.min(examples, ALWAYS);
  while (count < Math.min(examples, MOST) && (count + 1) ** 2 * (5_000 + (count + 1) / 3) <= budget) count++;
  return count;
}

/**
 * Trace, Frobenius norm and smallest eigenvalue of a symmetric kernel `[n, n]`, by Lanczos on the inverse.
 * @throws GatewiseError if the kernel is not positive semidefinite
 */
export async function tangentSummary(
  kernel: DenseArray<"float64">,
  engine: Engine,
  { eigenvalueExamples: most = Number.POSITIVE_INFINITY, signal }: TangentSummaryOptions = {},
): Promise<TangentSummary> {
  const size = kernelSize(kernel);
  const unit = unitOf(kernel.data);
  const near =
    unit === 1
      ? kernel
      : float64(
          kernel.shape,
          eachNumber(new Float64Array(kernel.data.length), kernel.data, (value) => value / unit),
        );
  const rows = sampled(kernelRows(near), most);
  const of = { smallestEigenvalueOf: rows.rows };
  // behind hard gates the feature kernel is exactly zero, which is no kernel to factor
  if (size.frobenius === 0) return { ...size, smallestEigenvalue: 0, ...of };
  await using products = new BlockProducts(engine);
  const factored = await positiveFactor(rows, await kernelNorms(rows), 0, products, { signal });
  return { ...size, smallestEigenvalue: unit * (await smallestEigenvalue(factored, products, { signal })), ...of };
}

const sampled = (kernel: KernelRows, most: number): KernelRows =>
  kernel.rows <= most ? kernel : subKernel(kernel, eigenvalueSample(kernel.rows, most));

/** At most so many of the examples, ascending, the same in every call. */
export const eigenvalueSample = (examples: number, most: number): Int32Array =>
  randomStream(0, "eigenvalue-examples").permutation(examples).slice(0, most).sort();

const NEXT = "scale the inputs or weights";

/**
 * Trace and Frobenius norm of a kernel `[n, n]`; zero is a size, too.
 * @throws GatewiseError if numbers leave float64
 */
export function kernelSize({ shape: [examples = 0], data }: DenseArray<"float64">): KernelSize {
  checkKernelNumbers(data, "a tangent kernel", NEXT);
  let [trace, squares] = [0, 0];
  const unit = unitOf(data);
  for (let i = 0; i < data.length; i++) squares += (data[i]! / unit) ** 2;
  for (let i = 0; i < examples; i++) trace += data[i * examples + i]!;
  const size = { trace, frobenius: unit * Math.sqrt(squares) };
  checkKernelNumbers(Float64Array.of(size.trace, size.frobenius), "a tangent kernel", NEXT);
  return size;
}

/** 1, or the power of two near numbers so far from it that their squares leave float64. */
function unitOf(values: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest === 0 || (largest > 2 ** -400 && largest < 2 ** 400) ? 1 : 2 ** Math.floor(Math.log2(largest));
}
