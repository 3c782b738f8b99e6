import { GatewiseError } from "../errors.ts";
import { asBytes, type BinaryData, type DenseArray, denseArray, sizeOf } from "../graph/index.ts";
import { plainBytes } from "./array-from-bytes.ts";
import { FOREIGN_NAMES, foreignFormat } from "./foreign-format.ts";

/** Element types of the format (yann.lecun.com/exdb/mnist); the data sets use the first only. */
const ELEMENT_TYPES: ReadonlyMap<number, string> = new Map([
  [0x08, "unsigned bytes"],
  [0x09, "signed bytes"],
  [0x0b, "int16"],
  [0x0c, "int32"],
  [0x0d, "float32"],
  [0x0e, "float64"],
]);
const UNSIGNED_BYTE = 0x08;

/**
 * Reads an IDX file of unsigned bytes, decompressed: two zeros, element type, rank, big-endian sizes, elements.
 * @param file names the file in errors
 * @returns an array of the header's shape that shares the memory of `bytes`
 * @throws GatewiseError unless header and number of bytes agree exactly
 */
export function readIdx(source: BinaryData, file: string): DenseArray<"uint8"> {
  const bytes = asBytes(source, file);
  const format = foreignFormat(bytes);
  if (format !== undefined) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${file}: ${FOREIGN_NAMES[format]}`,
      expected: "an IDX file, which starts with 00 00 08 and its rank",
      next: format === "zip" ? "unpack it: the IDX file is inside" : "give an official IDX file",
    });
  }
  if (bytes.length < 4) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${file}: ${bytes.length} bytes`,
      expected: "an IDX file, whose header has at least 8 bytes",
      next: "the file is truncated: fetch it again",
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elementType = ELEMENT_TYPES.get(view.getUint8(2));
  const rank = view.getUint8(3);
  if (view.getUint16(0) !== 0 || elementType === undefined || rank === 0) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${file}: starts with ${hex(bytes.subarray(0, 4))}`,
      expected: "an IDX file, which starts with 00 00 08 and its rank",
      next: view.getUint16(0) === 0x1f8b ? "decompress it first: it is gzip data" : "give an official IDX file",
    });
  }
  if (view.getUint8(2) !== UNSIGNED_BYTE) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${file}: elements of type ${elementType}`,
      expected: "unsigned bytes, the only type read here",
      next: "write images and labels as unsigned bytes",
    });
  }
  const start = 4 + 4 * rank;
  if (bytes.length < start) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${file}: ${bytes.length} bytes`,
      expected: `a header of ${start} bytes for rank ${rank}`,
      next: "the file is truncated: fetch it again",
    });
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const present = bytes.length - start;
  const wanted = sizeOf(shape);
  if (present !== wanted) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${file}: ${present} bytes after the header`,
      expected: `${wanted} for its shape [${shape.join(", ")}]`,
      next: present < wanted ? "the file is truncated: fetch it again" : "the file is damaged: fetch it again",
    });
  }
  return denseArray("uint8", shape, plainBytes(bytes.subarray(start)));
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
