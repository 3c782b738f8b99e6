/** A network as a digest: of its nodes and weights, not of the file that it came in or of the names in it. */
import type { GatedNetwork } from "../../network/index.ts";

/** @returns SHA-256 in hexadecimal digits */
export async function networkDigest({ nodes, output }: GatedNetwork): Promise<string> {
  const arrays: ArrayBufferView[] = [];
  const text = JSON.stringify({ nodes, output }, (key, value: unknown) => {
    if (key === "name") return undefined;
    if (!ArrayBuffer.isView(value)) return sorted(value);
    arrays.push(value);
    return { array: arrays.length, bytes: value.byteLength };
  });
  const parts: Uint8Array[] = [new TextEncoder().encode(text)];
  for (const { buffer, byteOffset, byteLength } of arrays) {
    parts.push(await sha256(new Uint8Array(buffer, byteOffset, byteLength)));
  }
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return Array.from(await sha256(whole), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Fields in the order of their names: that of the source is no part of a network. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const sha256 = async (bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes)));
