/**
 * Whether two values are the same plain data (what JSON and typed arrays can hold), bit for bit; the order of fields is
 * none of it.
 */
export function isSameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (ArrayBuffer.isView(a) || ArrayBuffer.isView(b)) return isSameArray(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const others = new Map<string, unknown>(Object.entries(b));
  const own: readonly (readonly [string, unknown])[] = Object.entries(a);
  return (
    own.length === others.size && own.every(([name, value]) => others.has(name) && isSameData(value, others.get(name)))
  );
}

function isSameArray(a: object, b: object): boolean {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return false;
  const [own, others] = [a, b].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  return own !== undefined && own.length === others?.length && own.every((byte, i) => byte === others[i]);
}
