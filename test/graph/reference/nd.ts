/** Arrays of float64 for references: no strides, no typed arrays, an index is a list of numbers. */

export interface Nd {
  readonly shape: readonly number[];
  /** In C order. */
  readonly data: readonly number[];
}
export type Index = readonly number[];

/** All indices of a shape in C order. */
export function indicesOf(shape: readonly number[]): readonly Index[] {
  const [size, ...rest] = shape;
  if (size === undefined) return [[]];
  const inner = indicesOf(rest);
  return Array.from({ length: size }, (_, i) => inner.map((index) => [i, ...index])).flat();
}

export const nd = (shape: readonly number[], at: (index: Index) => number): Nd => ({
  shape,
  data: indicesOf(shape).map(at),
});

/** One element; an index outside of the array reads `outside`. */
export function get(array: Nd, index: Index, outside?: number): number {
  let flat = 0;
  for (const [axis, size] of array.shape.entries()) {
    const i = index[axis] ?? Number.NaN;
    if (!(0 <= i && i < size)) {
      if (outside !== undefined) return outside;
      throw new Error(`index [${index}] of an array of shape [${array.shape}]`);
    }
    flat = flat * size + i;
  }
  return array.data[flat] ?? Number.NaN;
}

/** `array[index]` after NumPy's broadcasting: leading axes left out, axes of size 1 repeated. */
export const getBroadcast = (array: Nd, index: Index): number =>
  get(
    array,
    index.slice(index.length - array.shape.length).map((i, axis) => (array.shape[axis] === 1 ? 0 : i)),
  );

export function broadcastShape(...arrays: readonly Nd[]): readonly number[] {
  const rank = Math.max(...arrays.map(({ shape }) => shape.length));
  return Array.from({ length: rank }, (_, i) =>
    Math.max(...arrays.map(({ shape }) => shape[i - rank + shape.length] ?? 1)),
  );
}

/** Adds into zeros: contributions to the same index add up. */
export function accumulate(shape: readonly number[], contributions: Iterable<readonly [Index, number]>): Nd {
  const sums = new Map<string, number>();
  for (const [index, value] of contributions) {
    sums.set(index.join(), (sums.get(index.join()) ?? 0) + value);
  }
  return nd(shape, (index) => sums.get(index.join()) ?? 0);
}
