import { readNpy } from "../data/index.ts";
import { readBytes } from "../data/node/index.ts";
import { GatewiseError } from "../errors.ts";
import type { DenseArray } from "../graph/index.ts";

type KernelArray = DenseArray<"float32"> | DenseArray<"float64">;

/** A kernel computed in float32 may differ from its transpose by this much of its largest element, and is made equal. */
const ASYMMETRY = 1e-5;

const TILE = 64;

/**
 * A kernel of two sets of examples, `[m, n]`.
 * @throws GatewiseError unless the file holds a matrix of finite float32 or float64
 */
export async function readKernelMatrix(file: string): Promise<KernelArray> {
  const array = readNpy(await readBytes(file), file);
  if ((array.dtype !== "float32" && array.dtype !== "float64") || array.shape.length !== 2) {
    throw new GatewiseError({
      received: `${file} of ${array.dtype} and shape [${array.shape.join(", ")}]`,
      expected: "a kernel: a matrix of float32 or float64",
      next: 'make one with "gatewise npk"',
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
 * A kernel of one set of examples with itself, `[n, n]`; what rounding left between it and its transpose is averaged.
 * @throws GatewiseError if it is not square, or not symmetric beyond rounding
 */
export async function readSymmetricKernel(file: string): Promise<KernelArray> {
  const array = await readKernelMatrix(file);
  const { data } = array;
  const [rows = 0, columns = 0] = array.shape;
  if (rows !== columns || rows === 0) {
    throw new GatewiseError({
      received: `${file} of shape [${rows}, ${columns}]`,
      expected: "the square kernel of the training examples with themselves",
      next: "give kernels between test and training examples with --test-kernel",
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

/**
 * Class labels, one an example.
 * @throws GatewiseError unless the file holds one axis (or one column) of whole numbers below 2³¹
 */
export async function readClassLabels(file: string): Promise<Int32Array> {
  const { dtype, shape, data } = readNpy(await readBytes(file), file);
  if (shape.length !== 1 && !(shape.length === 2 && shape[1] === 1)) {
    throw new GatewiseError({
      received: `${file} of shape [${shape.join(", ")}]`,
      expected: "labels: one axis, one whole number an example",
      next: 'for one-hot labels: np.save("y.npy", y.argmax(axis=1))',
    });
  }
  return Int32Array.from(data, (value: number | bigint, i: number) => {
    const label = Number(value);
    if (Number.isInteger(label) && Math.abs(label) < 2 ** 31) return label;
    throw new GatewiseError({
      received: `${file} of ${dtype} with ${value} at element ${i}`,
      expected: "labels that are whole numbers",
      next: "give the class of each example",
    });
  });
}
