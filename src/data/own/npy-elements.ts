/** Elements of `.npy` files of more types than arrays here have: whole numbers of any size, halves, words. */
import { GatewiseError } from "../../errors.ts";

/** A NumPy element type: what a header calls `<i8`, `>f4`, `<U12`. */
export interface ElementType {
  readonly kind: "bool" | "integer" | "unsigned" | "float" | "words" | "bytes";
  /** Of one element. */
  readonly size: number;
  readonly littleEndian: boolean;
  /** As NumPy writes it. */
  readonly description: string;
}

const KINDS: ReadonlyMap<string, ElementType["kind"]> = new Map([
  ["b", "bool"],
  ["i", "integer"],
  ["u", "unsigned"],
  ["f", "float"],
  ["U", "words"],
  ["S", "bytes"],
]);
const SIZES = {
  bool: [1],
  integer: [1, 2, 4, 8],
  unsigned: [1, 2, 4, 8],
  float: [2, 4, 8],
} as const;
/** Letters of a word: a label is no text. */
export const LONGEST_WORD = 1024;

/**
 * The element type of a header.
 * @throws GatewiseError for pickled objects, records, complex numbers, dates
 */
export function elementType(description: string, file: string): ElementType {
  const [, order = "", letter = "", digits = ""] = /^([<>|=]?)([a-zA-Z])(\d{1,6})?$/.exec(description) ?? [];
  const kind = KINDS.get(letter);
  const count = Number(digits);
  const isKnown =
    kind === "words" || kind === "bytes"
      ? count <= LONGEST_WORD
      : kind !== undefined && SIZES[kind].some((size) => size === count);
  if (kind !== undefined && isKnown && digits !== "") {
    const size = kind === "words" ? 4 * count : count;
    return { kind, size, littleEndian: order !== ">", description };
  }
  throw new GatewiseError({
    code: "unsupported-file",
    received: `${file}: element type ${description}${letter === "O" ? " (pickled Python objects)" : ""}`,
    expected: "numbers, booleans or words",
    next: 'convert it in NumPy: x.astype("float32") for numbers, x.astype(str) for words, before np.save',
  });
}

/** Whether the elements are numbers. */
export const isNumeric = ({ kind }: ElementType): boolean => kind !== "words" && kind !== "bytes";

/**
 * Numbers as a network's inputs: bytes as they are, all others in float32 (rounded, where they have more digits).
 * @param bytes whole elements, in their order; if they have a buffer of their own, the numbers may be over the same memory
 */
export function inputElements(type: ElementType, bytes: Uint8Array): Uint8Array | Float32Array {
  const isOwn = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  if (type.kind === "unsigned" && type.size === 1) return isOwn ? bytes : bytes.slice();
  if (type.kind === "float" && type.littleEndian && type.size !== 2) {
    const aligned = isOwn ? bytes : bytes.slice();
    return type.size === 4 ? new Float32Array(aligned.buffer) : Float32Array.from(new Float64Array(aligned.buffer));
  }
  const numbers = new Float32Array(bytes.length / type.size);
  const read = reader(type, bytes);
  for (let i = 0; i < numbers.length; i++) numbers[i] = read(i);
  return numbers;
}

/** Numbers as they are; whole numbers beyond 2⁵³ are rounded. */
export function numberElements(type: ElementType, bytes: Uint8Array): Float64Array {
  const numbers = new Float64Array(bytes.length / type.size);
  const read = reader(type, bytes);
  for (let i = 0; i < numbers.length; i++) numbers[i] = read(i);
  return numbers;
}

function reader({ kind, size, littleEndian }: ElementType, bytes: Uint8Array): (index: number) => number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (kind) {
    case "bool":
      return (i) => (view.getUint8(i) === 0 ? 0 : 1);
    case "integer":
      if (size === 1) return (i) => view.getInt8(i);
      if (size === 2) return (i) => view.getInt16(2 * i, littleEndian);
      if (size === 4) return (i) => view.getInt32(4 * i, littleEndian);
      return (i) => Number(view.getBigInt64(8 * i, littleEndian));
    case "unsigned":
      if (size === 1) return (i) => view.getUint8(i);
      if (size === 2) return (i) => view.getUint16(2 * i, littleEndian);
      if (size === 4) return (i) => view.getUint32(4 * i, littleEndian);
      return (i) => Number(view.getBigUint64(8 * i, littleEndian));
    case "float":
      if (size === 2) return (i) => fromHalf(view.getUint16(2 * i, littleEndian));
      if (size === 4) return (i) => view.getFloat32(4 * i, littleEndian);
      return (i) => view.getFloat64(8 * i, littleEndian);
    case "words":
    case "bytes":
      throw new Error("unreachable: words are no numbers");
  }
}

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * Words: of four bytes a letter (`<U12`), or of bytes that are UTF-8 (`|S12`); NumPy fills them up with zeros.
 * @throws GatewiseError for what is no text, naming the element
 */
export function wordElements({ kind, size, littleEndian }: ElementType, bytes: Uint8Array, file: string): string[] {
  const words: string[] = [];
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (start: number): string => {
    if (kind === "bytes") return utf8.decode(bytes.subarray(start, start + size)).replace(/\0+$/, "");
    const letters = Array.from({ length: size / 4 }, (_, i) =>
      String.fromCodePoint(view.getUint32(start + 4 * i, littleEndian)),
    );
    return letters.join("").replace(/\0+$/, "");
  };
  const count = size === 0 ? 0 : bytes.length / size;
  for (let i = 0; i < count; i++) {
    try {
      words.push(word(i * size));
    } catch (cause) {
      throw new GatewiseError({
        code: "damaged-file",
        received: `${file}: element ${i}, which is no text`,
        expected: kind === "bytes" ? "UTF-8" : "Unicode",
        next: "write the array again: np.save(file, x.astype(str))",
        cause,
      });
    }
  }
  return words;
}
