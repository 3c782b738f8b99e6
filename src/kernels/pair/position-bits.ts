/** Gates of one example as bits, the channels of a position together: what two positions share is a popcount of an AND. */
export interface PositionBits {
  readonly channels: number;
  readonly positions: number;
  /** Even, so that words can be read as 64 bits. */
  readonly wordsPerPosition: number;
  /** `[positions, wordsPerPosition]`; channel `c` is bit `c % 32` of word `c / 32`; spare bits are 0. */
  readonly words: Uint32Array;
}

/** @param isOn of an element of `[channels, positions]`, by its index */
export function packPositions(channels: number, positions: number, isOn: (index: number) => boolean): PositionBits {
  const wordsPerPosition = 2 * Math.ceil(channels / 64);
  const words = new Uint32Array(positions * wordsPerPosition);
  for (let c = 0; c < channels; c++) {
    for (let u = 0; u < positions; u++) {
      if (isOn(c * positions + u)) words[u * wordsPerPosition + (c >>> 5)]! |= 1 << (c & 31);
    }
  }
  return { channels, positions, wordsPerPosition, words };
}

/** `on` where a bit is set, else 0; `[channels · positions]`. */
export function unpackPositions({ channels, positions, wordsPerPosition, words }: PositionBits, on = 1): Float64Array {
  const values = new Float64Array(channels * positions);
  for (let c = 0; c < channels; c++) {
    for (let u = 0; u < positions; u++) {
      if ((words[u * wordsPerPosition + (c >>> 5)]! >>> (c & 31)) & 1) values[c * positions + u] = on;
    }
  }
  return values;
}
