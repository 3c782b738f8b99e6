import { GatewiseError } from "../errors.ts";
import type { DenseArray } from "../graph/index.ts";

type KernelArray = DenseArray<"float32"> | DenseArray<"float64">;

/** A kernel computed in float32 may differ from its transpose by this much of its largest element, and is made equal. */
const ASYMMETRY = 1e-5;

const TILE = 64;

/**
 * A kernel of two sets of examples, `[m, n]`, as a file holds it.
 * @param file what it is called
 * @throws GatewiseError unless it is a matrix of finite float32 or float64
 */
export function kernelMatrix(array: DenseArray, file: string): KernelArray {
  if ((array.dtype !== "float32" && array.dtype !== "float64") || array.shape.length !== 2) {
    throw new GatewiseError({
      received: `${file} of ${array.dtype} and shape [${array.shape.join(", ")}]`,
      expected: "a kernel: a matrix of float32 or float64",
      next: "make one with `pathKernel`",
    });
  }
  const { data } = array;
  const [, columns = 1] = array.shape;
  for (let at = 0; at < data.length; at++) {
    if (Number.isFinite(data[at]!)) continue;
    throw new GatewiseError({
      received: `${file} with ${data[at]} at [${Math.floor(at / columns)}, ${at % columns}]`,
      expected: "finite numbers",
      next: "look for the example where the file was made",
    });
  }
  return array;
}

/**
 * A kernel of one set of examples with itself, `[n, n]`; what rounding left between it and its transpose is averaged, in
 * place.
 * @throws GatewiseError if it is not square, or not symmetric beyond rounding
 */
export function symmetricKernel(given: DenseArray, file: string): KernelArray {
  const array = kernelMatrix(given, file);
  const { data } = array;
  const [rows = 0, columns = 0] = array.shape;
  if (rows !== columns || rows === 0) {
    throw new GatewiseError({
      received: `${file} of shape [${rows}, ${columns}]`,
      expected: "the square kernel of the training examples with themselves",
      next: "give kernels between test and training examples with `test`",
    });
  }
  let largest = 0;
  for (let i = 0; i < data.length; i++) largest = Math.max(largest, Math.abs(data[i]!));
  // tile by tile: whole columns would miss the cache at every element
  for (let tile = 0; tile < rows; tile += TILE) {
    for (let i = 0; i < rows; i++) {
      for (let j = Math.max(i + 1, tile); j < Math.min(rows, tile + TILE); j++) {
        const [upper, lower] = [data[i * rows + j]!, data[j * rows + i]!];
        if (upper === lower) continue;
        if (Math.abs(upper - lower) > ASYMMETRY * largest) throw asymmetric(file, i, j, upper, lower);
        const mean = (upper + lower) / 2;
        data[i * rows + j] = mean;
        data[j * rows + i] = mean;
      }
    }
  }
  return array;
}

const asymmetric = (file: string, i: number, j: number, upper: number, lower: number): GatewiseError =>
  new GatewiseError({
    received: `${file} with ${upper} at [${i}, ${j}] and ${lower} at [${j}, ${i}]`,
    expected: "a symmetric matrix",
    next: "give the kernel of the training examples with themselves, in one order",
  });
