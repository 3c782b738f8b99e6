/**
 * `out` with what `of` makes of each number, in its place. For arrays of any size: `Float64Array.from(numbers, of)` takes forty times
 * as long, `numbers.map(of)` four times (measured on 1e6 numbers); loops that are hotter yet stand where they are.
 */
export function eachNumber<T extends Float64Array | Float32Array | Int32Array | Uint8Array>(
  out: T,
  numbers: ArrayLike<number>,
  of: (value: number, index: number) => number,
): T {
  for (let i = 0; i < out.length; i++) out[i] = of(numbers[i]!, i);
  return out;
}
