import { GatewiseError } from "../errors.ts";
import type { DenseArray } from "../graph/index.ts";

/**
 * Class labels, one an example.
 * @param file what they are called
 * @throws GatewiseError unless the array has one axis (or one column) of whole numbers below 2³¹
 */
export function classLabels({ dtype, shape, data }: DenseArray, file: string): Int32Array {
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
