import { type DenseArray, denseArray, sizeOf } from "../graph/index.ts";

/** Labeled examples as bytes. */
export interface LabeledBytes {
  /** `[n, …input shape]`, scaled by 1/255 in the graph. */
  readonly inputs: DenseArray<"uint8">;
  /** `[n]` */
  readonly labels: DenseArray<"uint8">;
}

/** `count` rows of the first axis from `start`, as a view. */
export function rows({ shape, data }: DenseArray<"uint8">, start: number, count: number): DenseArray<"uint8"> {
  const [, ...rest] = shape;
  const size = sizeOf(rest);
  return denseArray("uint8", [count, ...rest], data.subarray(start * size, (start + count) * size));
}

/** Rows of bytes or bits, one for every example. */
export type ByteRows = DenseArray<"uint8"> | DenseArray<"bool">;

/** The rows at `positions`, in their order. */
export function rowsAt({ dtype, shape, data }: ByteRows, positions: Int32Array): ByteRows {
  const [, ...rest] = shape;
  const size = sizeOf(rest);
  const chosen = new Uint8Array(positions.length * size);
  positions.forEach((position, i) => void chosen.set(data.subarray(position * size, (position + 1) * size), i * size));
  return denseArray(dtype, [positions.length, ...rest], chosen);
}

/** Starts and lengths of the parts that `total` rows are worked through in. */
export const parts = (total: number, most: number): readonly { readonly start: number; readonly count: number }[] =>
  Array.from({ length: Math.ceil(total / most) }, (_, i) => ({
    start: i * most,
    count: Math.min(most, total - i * most),
  }));
