import type { Inputs } from "../../gates/index.ts";
import { sizeOf } from "../../graph/index.ts";

/** Inputs that are bytes divided by 255. */
export interface ByteRows {
  readonly examples: number;
  /** Bytes an example. */
  readonly size: number;
  /** `[examples, size]` */
  readonly data: Uint8Array;
}

/** The inputs as bytes, or undefined if one of them is not the nearest number to a byte divided by 255. */
export function byteRows({ dtype, shape, data }: Inputs): ByteRows | undefined {
  const [examples = 0, ...sizes] = shape;
  const values = VALUES[dtype];
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    // most of a drawing
    if (value === 0) continue;
    // the nearest byte, whatever the value: what was none does not come back
    const byte = (value * 255 + 0.5) & 255;
    if (values[byte] !== value) return undefined;
    bytes[i] = byte;
  }
  return { examples, size: sizeOf(sizes), data: bytes };
}

const FRACTIONS = Float64Array.from({ length: 256 }, (_, byte) => byte / 255);
const VALUES = { float32: Float32Array.from(FRACTIONS), float64: FRACTIONS };

/** Examples `from` to `to`; shares the memory. */
export const sliceBytes = ({ size, data }: ByteRows, from: number, to: number): ByteRows => ({
  examples: to - from,
  size,
  data: data.subarray(size * from, size * to),
});

/** Above this size of an example a sum of products may leave 31 bits. */
const MOST_BYTES = 2 ** 15;
/** Share of neighboring pairs with a byte that is not 0, from which a dense product is faster (bench/npk.bench.ts). */
const DENSE_FROM = 0.35;

/** Examples that stand for all when zeros are counted. */
const SAMPLE = 1000;

/** Whether so many bytes are 0 that products are best taken pair by pair: drawn digits are, photographs are not. */
export function isSparse({ examples, size, data }: ByteRows): boolean {
  if (size > MOST_BYTES) return false;
  const step = Math.max(1, Math.floor(examples / SAMPLE));
  let [pairs, on] = [0, 0];
  for (let start = 0; start < data.length; start += step * size) {
    for (let i = start; i < start + size; i += 2) {
      if (data[i] !== 0 || (i + 1 < start + size && data[i + 1] !== 0)) on += 1;
    }
    pairs += size / 2;
  }
  return on < DENSE_FROM * pairs;
}
