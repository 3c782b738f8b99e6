/**
 * Standard normal numbers as NumPy's legacy generator draws them, `numpy.random.RandomState(seed).randn`: data that others
 * published by a seed can only be had this way. MT19937 is a library's; NumPy's doubles of 53 bits and its polar method
 * (Marsaglia and Bray), which makes two numbers at a time, are here.
 */
import { mersenne } from "pure-rand/generator/mersenne";

/**
 * Draws go on where the last call stopped.
 * @param seed a whole number from 0 to 2³² − 1
 */
export function numpyNormals(seed: number): (count: number) => Float64Array {
  const bits = mersenne(seed);
  const uniform = (): number => {
    const high = bits.next() >>> 5;
    const low = bits.next() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  };
  let kept: number | undefined;
  const normal = (): number => {
    if (kept !== undefined) {
      const second = kept;
      kept = undefined;
      return second;
    }
    for (;;) {
      const x = 2 * uniform() - 1;
      const y = 2 * uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      kept = factor * x;
      return factor * y;
    }
  };
  return (count) => Float64Array.from({ length: count }, normal);
}
