/** The header of a `.npy` file: what stands before its elements. */
import { GatewiseError } from "../errors.ts";
import { FOREIGN_NAMES, type ForeignFormat, foreignFormat } from "./foreign-format.ts";

export const NPY_MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const; // "\x93NUMPY"
/** What version 1 can express; a dense array's header takes a few hundred bytes, more is not one. */
const MAX_HEADER = 65_535;
/** Bytes that hold the header of any array: those before its text, and the text. */
export const LONGEST_NPY_HEADER = 12 + MAX_HEADER;
/** NumPy 2's own limit. */
const MAX_RANK = 64;

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
 * Reads the header.
 * @param bytes the file, or its first {@link LONGEST_NPY_HEADER} bytes
 * @param file names the file in errors
 * @throws GatewiseError for a file of another kind, or a header that is damaged
 */
export function readNpyHeader(bytes: Uint8Array, file: string): NpyHeader {
  const { text, start } = headerOf(bytes, file);
  return { ...parseHeader(text, file), start };
}

function headerOf(bytes: Uint8Array, file: string): { readonly text: string; readonly start: number } {
  if (bytes.length < 12 || NPY_MAGIC.some((byte, i) => bytes[i] !== byte)) {
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

/** What a header tells. */
export interface NpyHeader {
  /** NumPy's word for the element type: `<f4`. */
  readonly description: string;
  /** Whether the first index is the fastest. */
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the elements start, in bytes. */
  readonly start: number;
}

const FIELDS = {
  descr: /^'(?:[^'\\]*)'|^"(?:[^"\\]*)"|^\[[^\]]*\]/,
  fortran_order: /^(?:True|False)/,
  // Python 2 wrote sizes as 3L
  shape: /^\(\s*(?:\d{1,15}L?\s*(?:,\s*\d{1,15}L?\s*)*,?\s*)?\)/,
} as const;

/** Reads the dictionary's three fields in any order, and nothing else. */
function parseHeader(text: string, file: string): Omit<NpyHeader, "start"> {
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
