import { GatewiseError } from "../errors.ts";

/** Bytes as people have them: what `fetch` gives, what `readFile` gives, a view of either. */
export type BinaryData = ArrayBuffer | ArrayBufferView;

/**
 * The same bytes as a plain `Uint8Array`, nothing copied; a view's offset and length stay.
 * @param what names the bytes in errors: `an ONNX model`
 * @throws GatewiseError for what callers without types give instead: a path, a promise, nothing
 */
export function asBytes(data: BinaryData, what: string): Uint8Array {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (isBuffer(data)) return new Uint8Array(data);
  throw new GatewiseError({
    received: `${kindOf(data)} instead of ${what}`,
    expected: "its bytes: an ArrayBuffer, a Uint8Array or another view",
    next: "read the file first: await readFile(path), or await response.arrayBuffer()",
  });
}

/** Also one of another realm (an iframe, a test's sandbox), which `instanceof` does not know. */
const isBuffer = (data: unknown): data is ArrayBuffer =>
  data instanceof ArrayBuffer || /^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(data));

/** What a caller without types gave, in words. */
export function kindOf(data: unknown): string {
  if (typeof data === "string") return "a string";
  if (data instanceof Promise) return "a promise";
  if (Array.isArray(data)) return "an array of numbers";
  return data === null || data === undefined ? String(data) : `a value of type ${typeof data}`;
}
