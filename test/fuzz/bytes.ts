/** What disks, transfers and hostile hands do to bytes of any format. */
import type { Random } from "./random.ts";

/** Numbers at which lengths and sizes go wrong. */
export const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  7n,
  8n,
  15n,
  16n,
  63n,
  64n,
  127n,
  128n,
  255n,
  256n,
  1000n,
  65_535n,
  65_536n,
  1_000_000n,
  2n ** 20n,
  2n ** 24n,
  2n ** 28n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
  2n ** 64n - 2n,
];

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => {
    whole.set(part, at);
    return at + part.length;
  }, 0);
  return whole;
}

/** A place of the bytes; most of a format's meaning lies at the start of a file. */
const placeIn = (random: Random, length: number): number =>
  random.chance(0.5) ? random.below(Math.min(length, 64)) : random.below(length);

/** One change of bytes that need not be aware of their format. */
export function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length === 0) return Uint8Array.of(random.below(256));
  const copy = Uint8Array.from(bytes);
  const at = placeIn(random, bytes.length);
  switch (random.below(7)) {
    case 0:
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
      return copy;
    case 1:
      copy[at] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
      return copy;
    case 2:
      return copy.subarray(0, at);
    case 3: {
      // a stretch once more
      const end = Math.min(bytes.length, at + 1 + random.below(64));
      return joined([copy.subarray(0, end), copy.subarray(at, end), copy.subarray(end)]);
    }
    case 4:
      return joined([copy.subarray(0, at), copy.subarray(Math.min(bytes.length, at + 1 + random.below(16)))]);
    case 5: {
      const added = Uint8Array.from({ length: 1 + random.below(12) }, () => random.pick([0, 0xff, random.below(256)]));
      return joined([copy.subarray(0, at), added, copy.subarray(at)]);
    }
    default: {
      // a number that is laid out in 4 or 8 bytes
      const view = new DataView(copy.buffer);
      const width = random.pick([4, 8]);
      const value = random.pick(EDGES);
      if (at + width > copy.length) return copy.subarray(0, at);
      const isLittle = random.chance(0.5);
      if (width === 4) view.setUint32(at, Number(BigInt.asUintN(32, value)), isLittle);
      else view.setBigUint64(at, BigInt.asUintN(64, value), isLittle);
      return copy;
    }
  }
}
