import { type DenseArray, denseArray, float32, float64, sizeOf } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";

/** Values of a test, the same in every run: uniform in [low, high), keyed by a word. */
export const draw = (name: string, shape: readonly number[], low = -1, high = 1): DenseArray<"float64"> =>
  float64(shape, randomStream(1, "test", name).uniform(sizeOf(shape), low, high));

export const draw32 = (name: string, shape: readonly number[], low = -1, high = 1): DenseArray<"float32"> =>
  float32(shape, draw(name, shape, low, high).data);

/** Values at least 0.1 apart, in random order: no step of a difference exchanges two of them. */
export const drawApart = (name: string, shape: readonly number[]): DenseArray<"float64"> => {
  const order = randomStream(1, "test", name).permutation(sizeOf(shape));
  return float64(
    shape,
    Float64Array.from(order, (rank) => 0.1 * (rank - order.length / 2 + 0.25)),
  );
};

export const drawBits = (name: string, shape: readonly number[]): DenseArray<"bool"> =>
  denseArray(
    "bool",
    shape,
    Uint8Array.from(draw(name, shape).data, (value) => (value > 0 ? 1 : 0)),
  );
