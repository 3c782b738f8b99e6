/**
 * NumPy's `.npy` format (numpy.org/doc/stable/reference/generated/numpy.lib.format.html): magic, version, header
 * length, a Python dictionary as text, elements. Written little endian and in C order, so `numpy.load` can map it.
 */
import { GatewiseError } from "../errors.ts";
import { asBytes, type BinaryData, bytesOf, checkArray, type DenseArray, type DType, sizeOf } from "../graph/index.ts";
import { arrayFromBytes, byteLengthOf } from "./array-from-bytes.ts";
import { NPY_MAGIC, readNpyHeader } from "./npy-header.ts";

/** NumPy aligns the elements to this, for memory mapping. */
const ALIGNMENT = 64;

const DESCRIPTIONS = {
  float32: "<f4",
  float64: "<f8",
  int64: "<i8",
  int32: "<i4",
  uint8: "|u1",
  bool: "|b1",
} as const satisfies Record<DType, string>;
const DTYPE_OF: ReadonlyMap<string, DType> = new Map([
  ["<f4", "float32"],
  ["<f8", "float64"],
  ["<i8", "int64"],
  ["<i4", "int32"],
  ["|u1", "uint8"],
  ["<u1", "uint8"],
  ["|b1", "bool"],
  ["<b1", "bool"],
]);
const DTYPES_TEXT = "float32, float64, int64, int32, uint8 or bool, little endian";

/**
 * The bytes before the elements, for writing a large array piece by piece: version 1.0, padded to 64.
 * @param shape any rank; the elements that follow are little endian and in C order
 */
export function npyHeader(dtype: DType, shape: readonly number[]): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dictionary = `{'descr': '${DESCRIPTIONS[dtype]}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const length = Math.ceil((10 + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new TextEncoder().encode(`${" ".repeat(10)}${dictionary.padEnd(length - 11)}\n`);
  bytes.set([...NPY_MAGIC, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, length - 10, true);
  return bytes;
}

/**
 * The array as a `.npy` file of version 1.0.
 * @throws GatewiseError for an array whose dtype, shape and data do not agree
 */
export function writeNpy(array: DenseArray): Uint8Array {
  checkArray(array, "an array");
  const header = npyHeader(array.dtype, array.shape);
  const elements = bytesOf(array);
  const bytes = new Uint8Array(header.length + elements.length);
  bytes.set(header);
  bytes.set(elements, header.length);
  return bytes;
}

/**
 * Reads a `.npy` file of version 1, 2 or 3: float32, float64, int64, int32, uint8 or bool, little endian.
 * @param file names the file in errors
 * @returns a copy in C order, whatever the order in the file
 * @throws GatewiseError unless header and number of bytes agree exactly
 */
export function readNpy(source: BinaryData, file = "npy data"): DenseArray {
  const bytes = asBytes(source, file);
  const { description, fortranOrder, shape, start } = readNpyHeader(bytes, file);
  const dtype = DTYPE_OF.get(description);
  if (dtype === undefined) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${file}: element type ${description}`,
      expected: DTYPES_TEXT,
      next: `convert it in NumPy: np.save("x.npy", x.astype("float32"))`,
    });
  }
  const present = bytes.length - start;
  const wanted = byteLengthOf(dtype, shape);
  if (present !== wanted) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${file}: ${present} bytes after the header`,
      expected: `${wanted} for ${dtype} of shape [${shape.join(", ")}]`,
      next: present < wanted ? "the file is truncated: write it again" : "the file is damaged: write it again",
    });
  }
  const elements = bytes.subarray(start);
  const ordered = fortranOrder && shape.length > 1 ? toCOrder(elements, shape) : elements;
  return arrayFromBytes(dtype, shape, ordered, file);
}

/** Copies elements from Fortran order (first index fastest) to C order (last index fastest). */
export function toCOrder(bytes: Uint8Array, shape: readonly number[]): Uint8Array {
  const count = sizeOf(shape);
  const width = bytes.length / count;
  const out = new Uint8Array(bytes.length);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < count; to++) {
    for (let byte = 0; byte < width; byte++) out[to * width + byte] = bytes[from * width + byte]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] ?? 1;
      const stride = strides[axis] ?? 0;
      const next = (index[axis] ?? 0) + 1;
      from += stride;
      if (next < size) {
        index[axis] = next;
        break;
      }
      index[axis] = 0;
      from -= size * stride;
    }
  }
  return out;
}
