import { GatewiseError } from "../errors.ts";
import { kindOf } from "./binary-data.ts";

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
 * What callers without types may give for an array: kinds of its parts, not yet their sizes.
 * @param what names the array in errors: `inputs`
 * @throws GatewiseError unless it has a dtype, a shape of whole numbers, and data of the typed array of the dtype
 */
export function checkArrayParts(array: unknown, what: string): void {
  if (typeof array !== "object" || array === null || !("dtype" in array && "shape" in array && "data" in array)) {
    throw new GatewiseError({
      received: `${Array.isArray(array) ? "a list" : kindOf(array)} instead of ${what}`,
      expected: "a dense array: dtype, shape and data",
      next: "make one of its shape and numbers: float32([2, 3], numbers)",
    });
  }
  const { dtype, shape, data } = array;
  const known = checkDType(dtype);
  checkShape(shape);
  const kind = Object.prototype.toString.call(data).slice(8, -1);
  const wanted = STORAGE[known].name;
  // images are clamped bytes
  if (kind === wanted || (kind === "Uint8ClampedArray" && wanted === "Uint8Array")) return;
  throw new GatewiseError({
    received: `${what} of ${known} whose data is ${ArrayBuffer.isView(data) ? `a ${kind}` : kindOf(data)}`,
    expected: `a ${wanted}`,
    next: "give data and dtype that agree",
  });
}

/**
 * What {@link checkArrayParts} looks at, and that the shape holds the data.
 * @throws GatewiseError for what is no dense array
 */
export function checkArray(array: DenseArray, what: string): void {
  checkArrayParts(array, what);
  checkSize(array.dtype, array.shape, array.data);
}

function checkDType(dtype: unknown): DType {
  const known = DTYPES.find((one) => one === dtype);
  if (known !== undefined) return known;
  throw new GatewiseError({
    received: `dtype ${typeof dtype === "string" ? JSON.stringify(dtype) : kindOf(dtype)}`,
    expected: DTYPES.join(", "),
    next: "choose one of them",
  });
}

function checkShape(shape: unknown): void {
  if (Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return;
  throw new GatewiseError({
    received: `a shape that is ${Array.isArray(shape) ? `[${shape.join(", ")}]` : kindOf(shape)}`,
    expected: "a list of whole numbers of at least 0",
    next: "give the size of each axis: [2, 3]",
  });
}

function checkSize(dtype: DType, shape: readonly number[], data: Storage): void {
  if (data.length === sizeOf(shape)) return;
  throw new GatewiseError({
    received: `${data.length} elements of ${dtype}`,
    expected: `${sizeOf(shape)} for the shape [${shape.join(", ")}]`,
    next: "give data and shape that agree",
  });
}

/**
 * A dense array over `data`, which is not copied.
 * @throws GatewiseError if `data` does not have the shape's number of elements, or there is no such dtype or shape
 */
export function denseArray<D extends DType>(dtype: D, shape: readonly number[], data: Storage<D>): DenseArray<D> {
  checkDType(dtype);
  checkShape(shape);
  checkSize(dtype, shape, data);
  return { dtype, shape, data } as unknown as DenseArray<D>;
}

/** Zeros (false) of dtype and shape. */
export const zeros = <D extends DType>(dtype: D, shape: readonly number[]): DenseArray<D> =>
  denseArray(dtype, shape, new STORAGE[checkDType(dtype)](sizeOf(shape)) as Storage<D>);

/** The same value everywhere. */
export function filled<D extends DType>(dtype: D, shape: readonly number[], value: number): DenseArray<D> {
  const array: DenseArray = zeros<DType>(dtype, shape);
  if (array.dtype === "int64") array.data.fill(BigInt(value));
  else array.data.fill(value);
  return array as DenseArray<D>;
}

/** @throws GatewiseError for no list at all */
function listed(values: ArrayLike<number>): ArrayLike<number> {
  if (typeof values === "object" && values !== null) return values;
  throw new GatewiseError({
    received: `${kindOf(values)} instead of the numbers of an array`,
    expected: "a list or a typed array of numbers",
    next: "give shape and numbers: float32([2], [1, 2])",
  });
}

/** A float32 array from any list of numbers. */
export const float32 = (shape: readonly number[], values: ArrayLike<number>): DenseArray<"float32"> =>
  denseArray("float32", shape, Float32Array.from(listed(values)));

/** A float64 array from any list of numbers. */
export const float64 = (shape: readonly number[], values: ArrayLike<number>): DenseArray<"float64"> =>
  denseArray("float64", shape, Float64Array.from(listed(values)));

/** An int32 array from any list of whole numbers. */
export const int32 = (shape: readonly number[], values: ArrayLike<number>): DenseArray<"int32"> =>
  denseArray("int32", shape, Int32Array.from(listed(values)));

/** An int64 array from any list of whole numbers; beyond the range, where 2⁶³ − 1 is rounded to, the nearest. */
export const int64 = (shape: readonly number[], values: ArrayLike<number>): DenseArray<"int64"> =>
  denseArray("int64", shape, BigInt64Array.from(Array.from(listed(values), toInt64)));

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
