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
  /**
   * `count` flags, 1 with the probability, which is rounded to a multiple of 2⁻¹⁶: each is 16 bits
   * of the words drawn, the lower ones first.
   */
  flags(count: number, probability: number): Uint8Array;
  /** `count` standard normal draws (Box–Muller). */
  normal(count: number): Float64Array;
  /** A uniform random order of `0 … count − 1` (Fisher–Yates). */
  permutation(count: number): Int32Array;
}

/** The probability that flags have: rounded to a multiple of 2⁻¹⁶. */
export const flagProbability = (probability: number): number => Math.round(probability * 65536) / 65536;

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;
const TWO_32 = 4294967296;

type Counter = readonly [number, number, number, number];
type Key = readonly [number, number];

/** One block of Philox4x32-10: four 32-bit words from a 128-bit counter and a 64-bit key. */
export function philox(counter: Counter, key: Key): Uint32Array {
  const words = new Uint32Array(4);
  writeBlocks(words, counter, key);
  return words;
}

/**
 * Blocks from `counter` on, as many as fill `out`. All in one loop of signed 32-bit integers, products of 16 by 16 bits: half
 * the time of numbers beyond 2³¹, for dropout draws thousands a step.
 */
function writeBlocks(out: Uint32Array, counter: Counter, key: Key): void {
  const [m0, m1, w0, w1] = [M0 | 0, M1 | 0, W0 | 0, W1 | 0];
  const [low0, high0, low1, high1] = [m0 & 0xffff, m0 >>> 16, m1 & 0xffff, m1 >>> 16];
  for (let at = 0, block = counter[0]; at < out.length; at += 4, block++) {
    let c0 = block | 0;
    let c1 = (counter[1] + Math.floor(block / TWO_32)) | 0;
    let c2 = counter[2] | 0;
    let c3 = counter[3] | 0;
    let k0 = key[0] | 0;
    let k1 = key[1] | 0;
    for (let round = 0; round < 10; round++) {
      // the high words of M0·c0 and M1·c2
      const lower0 = c0 & 0xffff;
      const higher0 = c0 >>> 16;
      const p0 = Math.imul(high0, lower0);
      const q0 = Math.imul(low0, higher0);
      const carry0 = (Math.imul(low0, lower0) >>> 16) + (p0 & 0xffff) + (q0 & 0xffff);
      const upper0 = (Math.imul(high0, higher0) + (p0 >>> 16) + (q0 >>> 16) + (carry0 >>> 16)) | 0;
      const lower1 = c2 & 0xffff;
      const higher1 = c2 >>> 16;
      const p1 = Math.imul(high1, lower1);
      const q1 = Math.imul(low1, higher1);
      const carry1 = (Math.imul(low1, lower1) >>> 16) + (p1 & 0xffff) + (q1 & 0xffff);
      const upper1 = (Math.imul(high1, higher1) + (p1 >>> 16) + (q1 >>> 16) + (carry1 >>> 16)) | 0;
      const product0 = Math.imul(m0, c0);
      c0 = upper1 ^ c1 ^ k0;
      c1 = Math.imul(m1, c2);
      c2 = upper0 ^ c3 ^ k1;
      c3 = product0;
      k0 = (k0 + w0) | 0;
      k1 = (k1 + w1) | 0;
    }
    out[at] = c0;
    out[at + 1] = c1;
    out[at + 2] = c2;
    out[at + 3] = c3;
  }
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

function checkProbability(probability: number): void {
  if (probability >= 0 && probability <= 1) return;
  throw new GatewiseError({
    received: `flags of probability ${probability}`,
    expected: "a probability from 0 to 1",
    next: "give another probability",
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
    writeBlocks(out, [0, 0, upper0, upper1], key);
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
  const flags = (count: number, probability: number): Uint8Array => {
    const out = new Uint8Array(count);
    const drawn = words(Math.ceil(count / 2));
    const below = 65536 * flagProbability(probability);
    for (let i = 0; i < count; i++) out[i] = ((drawn[i >>> 1]! >>> ((i & 1) << 4)) & 0xffff) < below ? 1 : 0;
    return out;
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
    flags(count, probability) {
      checkProbability(probability);
      return drawing(count, () => flags(count, probability));
    },
    normal: (count) => drawing(count, () => normal(count)),
    permutation: (count) => drawing(count, () => permutation(count)),
  };
}
