import { readNpy } from "../data/index.ts";
import { GatewiseError } from "../errors.ts";
import type { Inputs } from "../gates/index.ts";
import { type BinaryData, type FloatDType, type Storage, sizeOf } from "../graph/index.ts";

/** Floating-point numbers whose first axis counts examples: a dense array that gives them one by one. */
export class ExampleArray<D extends FloatDType = FloatDType> {
  /** @param shape `[n, …]` */
  constructor(
    readonly dtype: D,
    readonly shape: readonly number[],
    readonly data: Storage<D>,
  ) {}

  /**
   * One example, over the same memory.
   * @param index from 0
   * @returns `[1, …]`
   * @throws GatewiseError if there is no such example
   */
  example(index: number): ExampleArray<D> {
    const [examples = 0, ...shape] = this.shape;
    if (!Number.isInteger(index) || index < 0 || index >= examples) {
      throw new GatewiseError({
        received: `example ${index}`,
        expected: examples === 0 ? "an array with examples: it has none" : `a whole number from 0 to ${examples - 1}`,
        next: "examples are counted from 0",
      });
    }
    const size = sizeOf(shape);
    return new ExampleArray(
      this.dtype,
      [1, ...shape],
      this.data.subarray(index * size, (index + 1) * size) as Storage<D>,
    );
  }
}

/** Inputs that give their examples one by one. */
export type InputExamples = ExampleArray<"float32"> | ExampleArray<"float64">;

/**
 * Inputs as an array of examples, over the same memory.
 * @throws GatewiseError for an array without axes
 */
export function examplesOf(inputs: Inputs): InputExamples {
  const { shape } = inputs;
  if (shape.length === 0) {
    throw new GatewiseError({
      received: "an array of shape []",
      expected: "[n, …]: a first axis that counts examples",
      next: "put the examples one behind the other along axis 0",
    });
  }
  return inputs.dtype === "float32"
    ? new ExampleArray("float32", shape, inputs.data)
    : new ExampleArray("float64", shape, inputs.data);
}

/**
 * Inputs from the bytes of a `.npy` file.
 * @param file names the file in errors
 * @returns `[n, …]`
 * @throws GatewiseError unless it holds float32 or float64 with an axis of examples
 */
export function readExamples(bytes: BinaryData, file?: string): InputExamples {
  const array = readNpy(bytes, file);
  if (array.dtype === "float32" || array.dtype === "float64") return examplesOf(array);
  throw notFloating(file ?? "npy data", array.dtype);
}

/** @param type that the file has its numbers in */
export const notFloating = (file: string, type: string): GatewiseError =>
  new GatewiseError({
    code: "unsupported-file",
    received: `${file} of ${type}`,
    expected: "float32 or float64, scaled as the network was trained (pixels in [0, 1])",
    next: 'convert it in NumPy: np.save("x.npy", x.astype("float32") / 255)',
  });
