/** The bytes of an IDX file, written from the format's description and not by our code. */
export function idxFile(shape: readonly number[], elements: ArrayLike<number>, type = 0x08): Uint8Array {
  const header = [0, 0, type, shape.length, ...shape.flatMap(bigEndian)];
  return Uint8Array.from([...header, ...Array.from(elements)]);
}

const bigEndian = (size: number): number[] => [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255];

/** `count` images of 2×3 pixels, each pixel its own number. */
export const tinyImages = (count: number, first = 0): Uint8Array =>
  idxFile(
    [count, 2, 3],
    Array.from({ length: count * 6 }, (_, i) => (first + i) % 256),
  );

/** Labels 0, 1, 2, … of `count` examples. */
export const tinyLabels = (count: number): Uint8Array =>
  idxFile(
    [count],
    Array.from({ length: count }, (_, i) => i % 10),
  );
