/**
 * NumPy's `.npy` format (numpy.org/doc/stable/reference/generated/numpy.lib.format.html): magic, version, header
 * length, a Python dictionary as text, elements. Written little endian and in C order, so `numpy.load` can map it.
 */
import { GatewiseError } from "../errors.ts";
import { asBytes, type BinaryData, bytesOf, checkArray, type DenseArray, type DType, sizeOf } from "../graph/index.ts";
import { arrayFromBytes, byteLengthOf } from "./array-from-bytes.ts";
import { FOREIGN_NAMES, type ForeignFormat, foreignFormat } from "./foreign-format.ts";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const; // "\x93NUMPY"
/** What version 1 can express; a dense array's header takes a few hundred bytes, more is not one. */
const MAX_HEADER = 65_535;
/** NumPy 2's own limit. */
const MAX_RANK = 64;
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

/** How an array in another format becomes a `.npy` file. */
const TO_NPY = {
  npz: `take one of its arrays, in NumPy: z = np.load("x.npz"); print(z.files); np.save("x.npy", z[z.files[0]])`,
  pytorch: 'in Python: np.save("x.npy", torch.load("x.pt").numpy())',
  keras: "give the model with `model`, and examples as .npy",
  hdf5: 'in Python: np.save("x.npy", h5py.File("x.h5")["NAME"][:])',
  pickle: 'in Python: np.save("x.npy", np.asarray(pickle.load(open("x.pkl", "rb"))))',
  tflite: "give examples as .npy",
  safetensors: 'in Python: np.save("x.npy", safetensors.numpy.load_file("x.safetensors")["NAME"])',
  html: 'download the file itself: pages of GitHub and Hugging Face have a link to it, "raw" or "download"',
  zip: "unpack it first",
  "git-lfs": 'run "git lfs pull" in its repository, or download the file from its page',
} as const satisfies Record<Exclude<ForeignFormat, "npy">, string>;

/**
 * The bytes before the elements, for writing a large array piece by piece: version 1.0, padded to 64.
 * @param shape any rank; the elements that follow are little endian and in C order
 */
export function npyHeader(dtype: DType, shape: readonly number[]): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dictionary = `{'descr': '${DESCRIPTIONS[dtype]}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const length = Math.ceil((10 + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new TextEncoder().encode(`${" ".repeat(10)}${dictionary.padEnd(length - 11)}\n`);
  bytes.set([...MAGIC, 1, 0]);
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
  const { text, start } = headerOf(bytes, file);
  const { description, fortranOrder, shape } = parseHeader(text, file);
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

function headerOf(bytes: Uint8Array, file: string): { readonly text: string; readonly start: number } {
  if (bytes.length < 12 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    const format = foreignFormat(bytes);
    if (format !== undefined && format !== "npy") {
      throw new GatewiseError({
        code: "unsupported-file",
        received: `${file}: ${FOREIGN_NAMES[format]}`,
        expected: "a .npy file of one array",
        next: TO_NPY[format],
      });
    }
    throw new GatewiseError({
      code: "unsupported-file",
      received: bytes.length < 12 ? `${file}: ${bytes.length} bytes` : `${file}: other first bytes than \\x93NUMPY`,
      expected: "a .npy file",
      next: `write one in NumPy: np.save("x.npy", x)`,
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [major, minor] = [view.getUint8(6), view.getUint8(7)];
  if (major < 1 || major > 3 || minor !== 0) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${file}: .npy version ${major}.${minor}`,
      expected: "1.0, 2.0 or 3.0",
      next: `write it again with NumPy: np.save("x.npy", x)`,
    });
  }
  const from = major === 1 ? 10 : 12;
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > Math.min(MAX_HEADER, bytes.length - from)) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${file}: a header that ends beyond ${length > MAX_HEADER ? `${MAX_HEADER} bytes` : "the file"}`,
      expected: "the short header of a dense array",
      next: "the file is truncated or damaged: write it again",
    });
  }
  const encoding = major === 3 ? "utf-8" : "latin1";
  return { text: new TextDecoder(encoding).decode(bytes.subarray(from, from + length)), start: from + length };
}

interface Header {
  readonly description: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

const FIELDS = {
  descr: /^'(?:[^'\\]*)'|^"(?:[^"\\]*)"|^\[[^\]]*\]/,
  fortran_order: /^(?:True|False)/,
  // Python 2 wrote sizes as 3L
  shape: /^\(\s*(?:\d{1,15}L?\s*(?:,\s*\d{1,15}L?\s*)*,?\s*)?\)/,
} as const;

/** Reads the dictionary's three fields in any order, and nothing else. */
function parseHeader(text: string, file: string): Header {
  const wrong = () =>
    new GatewiseError({
      code: "damaged-file",
      received: `${file}: header ${text.trim().slice(0, 200)}`,
      expected: "{'descr': …, 'fortran_order': …, 'shape': (…)}",
      next: `write it again with NumPy: np.save("x.npy", x)`,
    });
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined) throw wrong();
  const found = { descr: "", fortran_order: "", shape: "" };
  for (let rest = body.trim(); rest !== ""; ) {
    const key = /^(['"])(descr|fortran_order|shape)\1\s*:\s*/.exec(rest);
    if (key === null) throw wrong();
    const name = key[2] === "descr" || key[2] === "shape" ? key[2] : "fortran_order";
    const value = FIELDS[name].exec(rest.slice(key[0].length))?.[0];
    if (value === undefined || found[name] !== "") throw wrong();
    found[name] = value;
    const tail = rest.slice(key[0].length + value.length).trimStart();
    if (tail !== "" && !tail.startsWith(",")) throw wrong();
    rest = tail.slice(1).trimStart();
  }
  if (found.descr === "" || found.fortran_order === "" || found.shape === "") throw wrong();
  const shape = (found.shape.match(/\d+/g) ?? []).map(Number);
  if (shape.length > MAX_RANK || (shape.length === 1 && !found.shape.includes(","))) throw wrong();
  return {
    description: found.descr.startsWith("[") ? found.descr : found.descr.slice(1, -1),
    fortranOrder: found.fortran_order === "True",
    shape,
  };
}

/** Copies elements from Fortran order (first index fastest) to C order (last index fastest). */
function toCOrder(bytes: Uint8Array, shape: readonly number[]): Uint8Array {
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
