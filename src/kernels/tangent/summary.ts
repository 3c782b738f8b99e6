import type { Engine } from "../../engine/index.ts";
import { GatewiseError } from "../../errors.ts";
import {
  BlockProducts,
  DIRECT_LIMIT,
  type KernelRows,
  kernelNorms,
  kernelRows,
  positiveFactor,
  smallestEigenvalue,
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

/** So many take a tenth of a second, which no command is slower by. */
const ALWAYS = 500;

/**
 * Whether the smallest eigenvalue of a kernel of so many examples costs at most a fifth of what the kernel does: a factor
 * takes `n³/3` operations, and the products with it, which wait for memory, about as long as 5,000 `n²`; an operation takes
 * half as long as one of the kernel's (bench/ntk.bench.ts).
 */
export function affordsEigenvalue(network: GatedNetwork, examples: number): boolean {
  if (examples <= ALWAYS) return true;
  const work = examples ** 2 * (5_000 + examples / 3);
  return examples <= DIRECT_LIMIT && work <= 0.4 * tangentKernelProducts(network, examples);
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
  const size = kernelSize(kernel);
  if (!isAsked) return { ...size, smallestEigenvalue: null };
  // behind hard gates the feature kernel is exactly zero, which is no kernel to factor
  if (size.frobenius === 0) return { ...size, smallestEigenvalue: 0 };
  const unit = unitOf(kernel.data);
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
  await using products = new BlockProducts(engine);
  const factored = await positiveFactor(kernel, await kernelNorms(kernel), 0, products, { signal });
  return await smallestEigenvalue(factored, products, { signal });
}

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
