import { GatewiseError } from "../errors.ts";

/** The element types that graphs, data and files share; names are ONNX's and NumPy's. */
export const DTYPES = ["float32", "float64", "int64", "int32", "uint8", "bool"] as const;
/** One of {@link DTYPES}. */
export type DType = (typeof DTYPES)[number];

/** The typed array that holds the elements of each dtype. */
export interface StorageOf {
  float32: Float32Array;
  float64: Float64Array;
  int64: BigInt64Array;
  int32: Int32Array;
  uint8: Uint8Array;
  /** One byte an element, 0 or 1. */
  bool: Uint8Array;
}
/** The typed array that holds elements of dtype `D`. */
export type Storage<D extends DType = DType> = StorageOf[D];

const STORAGE = {
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} satisfies Record<DType, unknown>;

/** Bytes an element. */
export const BYTES = {
  float32: 4,
  float64: 8,
  int64: 8,
  int32: 4,
  uint8: 1,
  bool: 1,
} as const satisfies Record<DType, number>;

/** A dense array in C order: plain data that survives `postMessage`. */
export type DenseArray<D extends DType = DType> = D extends DType
  ? { readonly dtype: D; readonly shape: readonly number[]; readonly data: Storage<D> }
  : never;

/** Number of elements of a shape; 1 for a scalar. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/**
 * A dense array over `data`, which is not copied.
 * @throws GatewiseError if `data` does not have the shape's number of elements
 */
export function denseArray<D extends DType>(dtype: D, shape: readonly number[], data: Storage<D>): DenseArray<D> {
  if (data.length !== sizeOf(shape)) {
    throw new GatewiseError({
      received: `${data.length} elements of ${dtype}`,
      expected: `${sizeOf(shape)} for the shape [${shape.join(", ")}]`,
      next: "give data and shape that agree",
    });
  }
  return { dtype, shape, data } as unknown as DenseArray<D>;
}

/** Zeros (false) of dtype and shape. */
export const zeros = <D extends DType>(dtype: D, shape: readonly number[]): DenseArray<D> =>
  denseArray(dtype, shape, new STORAGE[dtype](sizeOf(shape)) as Storage<D>);

/** The same value everywhere. */
export function filled<D extends DType>(dtype: D, shape: readonly number[], value: number): DenseArray<D> {
  const array: DenseArray = zeros<DType>(dtype, shape);
  if (array.dtype === "int64") array.data.fill(BigInt(value));
  else array.data.fill(value);
  return array as DenseArray<D>;
}

/** A float32 array from any list of numbers. */
export const float32 = (shape: readonly number[], values: ArrayLike<number>): DenseArray<"float32"> =>
  denseArray("float32", shape, Float32Array.from(values));

/** A float64 array from any list of numbers. */
export const float64 = (shape: readonly number[], values: ArrayLike<number>): DenseArray<"float64"> =>
  denseArray("float64", shape, Float64Array.from(values));

/** An int32 array from any list of whole numbers. */
export const int32 = (shape: readonly number[], values: ArrayLike<number>): DenseArray<"int32"> =>
  denseArray("int32", shape, Int32Array.from(values));

/** An int64 array from any list of whole numbers; beyond the range, where 2⁶³ − 1 is rounded to, the nearest. */
export const int64 = (shape: readonly number[], values: ArrayLike<number>): DenseArray<"int64"> =>
  denseArray("int64", shape, BigInt64Array.from(Array.from(values, toInt64)));

const toInt64 = (value: number): bigint =>
  value >= 2 ** 63 ? 2n ** 63n - 1n : value < -(2 ** 63) ? -(2n ** 63n) : BigInt(value);

/** The array's bytes, little endian on every machine that runs JavaScript engines of today; not copied. */
export const bytesOf = (array: DenseArray): Uint8Array =>
  new Uint8Array(array.data.buffer, array.data.byteOffset, array.data.byteLength);

/** A dense array over a copy of little-endian bytes (the copy aligns them). */
export function fromBytes<D extends DType>(dtype: D, shape: readonly number[], bytes: Uint8Array): DenseArray<D> {
  // the slice of a Node Buffer is a view of its pool: only that of the plain array copies
  const aligned = Uint8Array.prototype.slice.call(bytes);
  return denseArray(dtype, shape, new STORAGE[dtype](aligned.buffer) as Storage<D>);
}
