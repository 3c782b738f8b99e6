/**
 * Counter-based random streams: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 *
 * A stream is keyed by *what* is drawn (`randomStream(seed, "value-network", 1, "weight")`), never by call order, and
 * has no hidden state: draw `i` of a stream is a pure function of key and `i`. So streams can be read in any order, on
 * any worker, and resumed anywhere, with the same bits.
 */
import { GatewiseError } from "./errors.ts";

/** A purpose is told by words and indices; `1` and `"1"` name the same stream. */
export type StreamKey = string | number;

/**
 * Draws of one named stream; the methods are pure: the same call gives the same values. They throw a GatewiseError for a
 * count that is none, bounds that are not finite, and more draws than there is memory for (`too-large`).
 */
export interface RandomStream {
  /** `count` numbers, uniform in `[low, high)`, in steps of 2⁻³² of the width. */
  uniform(count: number, low: number, high: number): Float64Array;
  /** `count` draws of −1 or +1 with equal probability, each a bit of the words drawn. */
  signs(count: number): Int8Array;
  /** `count` standard normal draws (Box–Muller). */
  normal(count: number): Float64Array;
  /** A uniform random order of `0 … count − 1` (Fisher–Yates). */
  permutation(count: number): Int32Array;
}

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;
const TWO_32 = 4294967296;

/** High 32 bits of the product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (cross >>> 16)) >>> 0;
}

type Counter = readonly [number, number, number, number];
type Key = readonly [number, number];

/** One block of Philox4x32-10: four 32-bit words from a 128-bit counter and a 64-bit key. */
export function philox(counter: Counter, key: Key): Uint32Array {
  const words = new Uint32Array(4);
  writeBlock(words, 0, counter, key);
  return words;
}

/** A block from `at` on; what does not fit is dropped. */
function writeBlock(out: Uint32Array, at: number, counter: Counter, key: Key): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(M0, c0);
    const low0 = Math.imul(M0, c0) >>> 0;
    const high1 = multiplyHigh(M1, c2);
    const low1 = Math.imul(M1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}

/** @throws GatewiseError unless it is a whole number from 0 to 2⁵³ − 1 */
function checkWhole(what: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new GatewiseError({
    received: `${what} ${typeof value === "string" ? JSON.stringify(value) : value}`,
    expected: "a whole number from 0 to 2^53 − 1",
    next: `give another ${what}`,
  });
}

/** @throws GatewiseError for a count that is none, and for one that there is no memory for */
function drawing<A>(count: number, draw: () => A): A {
  checkWhole("number of draws", count);
  try {
    return draw();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new GatewiseError({
      code: "too-large",
      received: `${count} draws at once`,
      expected: "as many as there is memory for",
      next: "draw fewer, from several streams",
      cause,
    });
  }
}

function checkBounds(low: number, high: number): void {
  if (Number.isFinite(low) && Number.isFinite(high - low)) return;
  throw new GatewiseError({
    received: `uniform draws from ${low} to ${high}`,
    expected: "finite bounds",
    next: "give other bounds",
  });
}

/** A loop, since `from` of typed arrays goes through an iterator. */
function filled<A extends Float64Array | Int32Array | Int8Array>(out: A, valueAt: (i: number) => number): A {
  for (let i = 0; i < out.length; i++) out[i] = valueAt(i);
  return out;
}

/** 64-bit FNV-1a of the purpose's UTF-8 text: names far apart for streams that must not meet. */
function hashPurpose(purpose: readonly StreamKey[]): readonly [number, number] {
  const bytes = new TextEncoder().encode(purpose.map(String).join("\u0000"));
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return [Number(hash & 0xffffffffn), Number(hash >> 32n)];
}

/**
 * The stream of one purpose.
 * @param seed a whole number from 0 to 2⁵³ − 1: the Philox key
 * @param purpose what is drawn, in words and indices: it takes the upper half of the counter
 * @throws GatewiseError for a seed that is none
 */
export function randomStream(seed: number, ...purpose: readonly StreamKey[]): RandomStream {
  checkWhole("seed", seed);
  const key = [seed >>> 0, Math.floor(seed / TWO_32) >>> 0] as const;
  const [upper0, upper1] = hashPurpose(purpose);

  function words(count: number): Uint32Array {
    const out = new Uint32Array(count);
    for (let start = 0; start < count; start += 4) {
      const block = start / 4;
      writeBlock(out, start, [block >>> 0, Math.floor(block / TWO_32) >>> 0, upper0, upper1], key);
    }
    return out;
  }

  const uniform = (count: number, low: number, high: number): Float64Array => {
    // room for the answer first: a count without memory is refused before the words are drawn
    const out = new Float64Array(count);
    const drawn = words(count);
    return filled(out, (i) => low + (high - low) * (drawn[i]! / TWO_32));
  };
  const signs = (count: number): Int8Array => {
    const out = new Int8Array(count);
    const drawn = words(Math.ceil(count / 32));
    // no branch: a processor would guess every second one wrong
    return filled(out, (i) => 2 * ((drawn[i >>> 5]! >>> (i & 31)) & 1) - 1);
  };
  const normal = (count: number): Float64Array => {
    const out = new Float64Array(count);
    const drawn = words(2 * count);
    // (word + 1) / 2³² lies in (0, 1]: the logarithm is finite
    return filled(
      out,
      (i) =>
        Math.sqrt(-2 * Math.log((drawn[2 * i]! + 1) / TWO_32)) * Math.cos((2 * Math.PI * drawn[2 * i + 1]!) / TWO_32),
    );
  };
  const permutation = (count: number): Int32Array => {
    const order = filled(new Int32Array(count), (i) => i);
    const drawn = words(count);
    for (let i = count - 1; i > 0; i--) {
      // Lemire's multiply-shift: the bias is below 2⁻³² · count, far under what an experiment could show
      const j = Math.floor((drawn[i]! / TWO_32) * (i + 1));
      const kept = order[i]!;
      order[i] = order[j]!;
      order[j] = kept;
    }
    return order;
  };
  return {
    uniform(count, low, high) {
      checkBounds(low, high);
      return drawing(count, () => uniform(count, low, high));
    },
    signs: (count) => drawing(count, () => signs(count)),
    normal: (count) => drawing(count, () => normal(count)),
    permutation: (count) => drawing(count, () => permutation(count)),
  };
}
