/** Files of other kinds than the one asked for, told by their first bytes: what people have at hand and give first. */

export const FOREIGN_FORMATS = [
  "npy",
  "npz",
  "pytorch",
  "keras",
  "hdf5",
  "pickle",
  "tflite",
  "safetensors",
  "html",
  "zip",
  "git-lfs",
] as const;
export type ForeignFormat = (typeof FOREIGN_FORMATS)[number];

/** The formats in words. */
export const FOREIGN_NAMES = {
  npy: "a NumPy array",
  npz: "an .npz archive of arrays",
  pytorch: "a PyTorch file",
  keras: "a Keras model",
  hdf5: "an HDF5 file",
  pickle: "a Python pickle",
  tflite: "a TensorFlow Lite model",
  safetensors: "a safetensors file",
  html: "a web page",
  zip: "a zip archive",
  "git-lfs": "a Git LFS pointer, not the file that it stands for",
} as const satisfies Record<ForeignFormat, string>;

const startsWith = (bytes: Uint8Array, text: string, from = 0): boolean =>
  text.length + from <= bytes.length && [...text].every((letter, i) => bytes[from + i] === letter.charCodeAt(0));

/**
 * The format of a file that is none of ours, or undefined for anything unknown.
 * @param bytes the file, or its first few hundred bytes
 */
export function foreignFormat(bytes: Uint8Array): ForeignFormat | undefined {
  if (startsWith(bytes, "\x93NUMPY")) return "npy";
  if (startsWith(bytes, "PK\x03\x04")) return zipFormat(bytes);
  if (startsWith(bytes, "\x89HDF\r\n\x1a\n")) return "hdf5";
  if (startsWith(bytes, "version https://git-lfs.github.com/spec/")) return "git-lfs";
  if (startsWith(bytes, "TFL3", 4)) return "tflite";
  if (isWebPage(bytes)) return "html";
  if (isPickle(bytes)) return hasPytorchMagic(bytes) ? "pytorch" : "pickle";
  return isSafetensors(bytes) ? "safetensors" : undefined;
}

/** By the name of the first file inside (APPNOTE 4.3.7: its length at 26, the name from 30 on). */
function zipFormat(bytes: Uint8Array): ForeignFormat {
  const length = (bytes[26] ?? 0) + 256 * (bytes[27] ?? 0);
  const name = new TextDecoder("latin1").decode(bytes.subarray(30, 30 + length));
  if (name.endsWith(".npy")) return "npz";
  if (/(^|\/)(data\.pkl|\.format_version|\.data\/|version|constants\.pkl)/.test(name)) return "pytorch";
  return /^(metadata|config)\.json$|^model\.weights\.h5$/.test(name) ? "keras" : "zip";
}

/** Protocol 2 to 5, and then an opcode that pickles begin with: a frame, a dictionary, a list, a class, a number, a memo. */
const isPickle = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x80 &&
  (bytes[1] ?? 0) >= 2 &&
  (bytes[1] ?? 0) <= 5 &&
  "\x95}](c\x8a\x8cX)KJN\x89\x88".includes(letter(bytes[2]));

const letter = (byte: number | undefined): string => (byte === undefined ? "?" : String.fromCharCode(byte));

/** The number that PyTorch wrote first before it wrote zip archives (torch/serialization.py, MAGIC_NUMBER). */
const hasPytorchMagic = (bytes: Uint8Array): boolean => startsWith(bytes, "\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19", 2);

/** What a server answers with in place of a file. */
const isWebPage = (bytes: Uint8Array): boolean =>
  /^\s*<(!doctype html|html)\b/i.test(new TextDecoder("latin1").decode(bytes.subarray(0, 64)));

/** A header of JSON behind its length. */
const isSafetensors = (bytes: Uint8Array): boolean =>
  bytes.length > 9 &&
  bytes[6] === 0 &&
  bytes[7] === 0 &&
  /^\{\s*"/.test(new TextDecoder("latin1").decode(bytes.subarray(8, 24)));
