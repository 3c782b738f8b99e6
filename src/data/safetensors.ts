/**
 * The safetensors format (github.com/huggingface/safetensors): header length as u64, JSON header, elements. The reader
 * accepts what the reference implementation accepts for the dtypes here: tensors cover the data exactly, in order of
 * their offsets, without overlap or hole.
 */
import { z } from "zod";
import { GatewiseError, messageOf } from "../errors.ts";
import {
  asBytes,
  type BinaryData,
  BYTES,
  bytesOf,
  checkArray,
  type DenseArray,
  DTYPES,
  type DType,
  kindOf,
} from "../graph/index.ts";
import { arrayFromBytes, byteLengthOf } from "./array-from-bytes.ts";

/** The reference implementation's limit: it keeps a damaged length from making the JSON parser read gigabytes. */
const MAX_HEADER = 100_000_000;
/** The header is padded to this, so that every element lies aligned in the file. */
const ALIGNMENT = 8;

const FORMAT_NAMES = {
  float32: "F32",
  float64: "F64",
  int64: "I64",
  int32: "I32",
  uint8: "U8",
  bool: "BOOL",
} as const satisfies Record<DType, string>;
const DTYPE_OF: ReadonlyMap<string, DType> = new Map(DTYPES.map((dtype) => [FORMAT_NAMES[dtype], dtype]));

const Size = z.int().min(0);
const TensorInfo = z.strictObject({
  dtype: z.string(),
  shape: z.array(Size),
  data_offsets: z.tuple([Size, Size]),
});
type TensorInfo = z.infer<typeof TensorInfo>;
const Header = z
  .object({ __metadata__: z.record(z.string(), z.string()).default({}) })
  .catchall(TensorInfo)
  .transform(({ __metadata__: metadata, ...infos }) => ({ infos, metadata }));

/** Named tensors and the file's free text. */
export interface Safetensors {
  readonly tensors: Readonly<Record<string, DenseArray>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The tensors as a safetensors file; the same tensors give the same bytes, whatever the order of the record.
 * @throws GatewiseError if a tensor is named `__metadata__`, its dtype, shape and data do not agree, or a text is none
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, DenseArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  checkEntries("tensors", tensors);
  checkEntries("metadata", metadata);
  if (Object.hasOwn(tensors, "__metadata__")) {
    throw new GatewiseError({
      received: 'tensor name "__metadata__"',
      expected: "another name: the format keeps this one for itself",
      next: "rename the tensor",
    });
  }
  for (const [name, tensor] of Object.entries(tensors)) checkArray(tensor, `tensor "${name}"`);
  const other = Object.entries(metadata).find(([, text]) => typeof text !== "string");
  if (other !== undefined) {
    throw new GatewiseError({
      received: `metadata "${other[0]}" of ${kindOf(other[1])}`,
      expected: "texts: the format holds no others",
      next: "write it as JSON: JSON.stringify(value)",
    });
  }
  // widest elements first, then by name, as the reference does: every tensor starts aligned to its element
  const sorted = Object.entries(tensors).sort(
    ([nameA, a], [nameB, b]) => BYTES[b.dtype] - BYTES[a.dtype] || (nameA < nameB ? -1 : 1),
  );
  const infos: [string, TensorInfo][] = [];
  let end = 0;
  for (const [name, { dtype, shape, data }] of sorted) {
    const start = end;
    end += data.byteLength;
    infos.push([name, { dtype: FORMAT_NAMES[dtype], shape: [...shape], data_offsets: [start, end] }]);
  }
  const texts: [string, unknown][] = Object.keys(metadata).length > 0 ? [["__metadata__", metadata]] : [];
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries([...texts, ...infos])));
  const start = 8 + Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(start + end).fill(0x20, 8, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(json, 8);
  for (const [i, [, tensor]] of sorted.entries())
    bytes.set(bytesOf(tensor), start + (infos[i]?.[1].data_offsets[0] ?? 0));
  return bytes;
}

function checkEntries(what: string, entries: object): void {
  if (typeof entries === "object" && entries !== null && !Array.isArray(entries)) return;
  throw new GatewiseError({
    received: `${what} that are ${kindOf(entries)}`,
    expected: "an object by names",
    next: `give the ${what} by their names`,
  });
}

/**
 * Reads a safetensors file of float32, float64, int64, int32, uint8 and bool tensors; the tensors are copies.
 * @param file names the file in errors
 * @throws GatewiseError unless the tensors cover the bytes after the header exactly
 */
export function readSafetensors(source: BinaryData, file = "safetensors data"): Safetensors {
  const bytes = asBytes(source, file);
  const { infos, metadata, start } = readHeader(bytes, file);
  const data = bytes.subarray(start);
  const sorted = Object.entries(infos).sort(
    ([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1],
  );
  let end = 0;
  const tensors = sorted.map(([name, info]): [string, DenseArray] => {
    const what = `${file}: tensor "${name}"`;
    const tensor = readTensor(data, info, end, what);
    end = info.data_offsets[1];
    return [name, tensor];
  });
  if (end !== data.length) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${file}: ${data.length} bytes after the header`,
      expected: `${end}, where the last tensor ends`,
      next: "the file is damaged: write it again",
    });
  }
  return { tensors: Object.fromEntries(tensors), metadata };
}

function readHeader(bytes: Uint8Array, file: string): z.infer<typeof Header> & { readonly start: number } {
  if (bytes.length < 8) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${file}: ${bytes.length} bytes`,
      expected: "a safetensors file, which has at least 8",
      next: "the file is truncated: write it again",
    });
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  const limit = Math.min(MAX_HEADER, bytes.length - 8);
  if (length > BigInt(limit)) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${file}: a header of ${length} bytes`,
      expected: `at most ${limit}, ${limit === MAX_HEADER ? "the format's limit" : "which the file has left"}`,
      next: "the file is truncated or no safetensors file: write it again",
    });
  }
  const start = 8 + Number(length);
  const header = Header.safeParse(parseHeaderText(bytes.subarray(8, start), file));
  if (!header.success) {
    const issue = header.error.issues[0];
    throw new GatewiseError({
      code: "damaged-file",
      received: `${file}: header${issue === undefined ? "" : ` at ${issue.path.join(".") || "its top"}: ${issue.message}`}`,
      expected: "an entry with dtype, shape and data_offsets for each tensor",
      next: "the file is damaged: write it again",
    });
  }
  return { ...header.data, start };
}

function parseHeaderText(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${file}: header that is no JSON (${messageOf(cause)})`,
      expected: "a safetensors file, whose header is JSON in UTF-8",
      next: "the file is damaged or no safetensors file: write it again",
      cause,
    });
  }
}

function readTensor(data: Uint8Array, info: TensorInfo, expectedStart: number, what: string): DenseArray {
  const { shape, data_offsets: offsets } = info;
  const [start, end] = offsets;
  const dtype = DTYPE_OF.get(info.dtype);
  if (dtype === undefined) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${what}: dtype ${info.dtype}`,
      expected: [...DTYPE_OF.keys()].join(", "),
      next: "convert the tensor to one of them before saving",
    });
  }
  if (start !== expectedStart || end < start || end > data.length) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${what}: data_offsets [${start}, ${end}]`,
      expected: `a start at ${expectedStart}, where the tensor before ends, and an end within ${data.length} bytes`,
      next: "the file is truncated or damaged: write it again",
    });
  }
  const wanted = byteLengthOf(dtype, shape);
  if (end - start !== wanted) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${what}: ${end - start} bytes`,
      expected: `${wanted} for ${info.dtype} of shape [${shape.join(", ")}]`,
      next: "the file is damaged: write it again",
    });
  }
  return arrayFromBytes(dtype, shape, data.subarray(start, end), what);
}
