import { sizeOf } from "../../graph/index.ts";

/** Distance of neighbors along each axis, in C order. */
export const stridesOf = (shape: readonly number[]): readonly number[] =>
  shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));

/** Where each element of the transposed array comes from. */
export function transposedPlaces(shape: readonly number[], order: readonly number[]): Int32Array {
  const strides = stridesOf(shape);
  return places(
    order.map((axis) => ({ count: shape[axis] ?? 1, at: (index) => index * (strides[axis] ?? 1) })),
    sizeOf(shape),
  );
}

/** Shapes stretched to one, as NumPy's broadcasting has it; undefined where they do not fit. */
export function broadcastSizes(shapes: readonly (readonly number[])[]): readonly number[] | undefined {
  const rank = shapes.reduce((most, { length }) => Math.max(most, length), 0);
  const sizes = Array.from({ length: rank }, (_, axis) => {
    const there = new Set(shapes.map((shape) => shape[axis - rank + shape.length] ?? 1));
    there.delete(1);
    return [...there];
  });
  return sizes.every(({ length }) => length <= 1) ? sizes.map(([size = 1]) => size) : undefined;
}

/** Which element of an array, of fewer axes or of sizes 1, each element of `shape` meets. */
export function broadcastPlaces(shape: readonly number[], array: readonly number[]): Int32Array {
  const missing = shape.length - array.length;
  const strides = stridesOf(array);
  const axes = shape.map((count, axis): Axis => {
    const stride = array[axis - missing] === 1 ? 0 : (strides[axis - missing] ?? 0);
    return { count, at: (index) => index * stride };
  });
  return places(axes, sizeOf(shape));
}

/** Whether a transposition moves axes of size 1 at most: the elements stay in order. */
export function staysInOrder(shape: readonly number[], order: readonly number[]): boolean {
  const long = order.filter((axis) => shape[axis] !== 1);
  return long.every((axis, i) => i === 0 || axis > (long[i - 1] ?? 0));
}

/** Where each element goes back from, of elements that each came from one place. */
export function placesBack(places: Int32Array): Int32Array {
  const back = new Int32Array(places.length);
  for (let i = 0; i < places.length; i++) back[places[i]!] = i;
  return back;
}

/** Whether each of `size` elements has one place. */
export function isPermutation(places: Int32Array, size: number): boolean {
  if (places.length !== size) return false;
  const taken = new Uint8Array(size);
  for (const place of places) {
    if (place < 0 || taken[place] === 1) return false;
    taken[place] = 1;
  }
  return true;
}

/** What two rearrangements one behind the other come to; undefined keeps the order. */
export function composedPlaces(first: Int32Array | undefined, second: Int32Array | undefined): Int32Array | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return second.map((place) => (place < 0 ? -1 : first[place]!));
}

/** What stands outside an axis of some size: the index that a position before or behind it shows, −1 for zeros. */
export const OUTSIDE = {
  zeros: () => -1,
  edge: (position: number, size: number) => (position < 0 ? 0 : size - 1),
  reflect(position: number, size: number) {
    // the border elements stand once
    const period = Math.max(1, 2 * size - 2);
    const at = ((position % period) + period) % period;
    return Math.min(at, period - at);
  },
  wrap: (position: number, size: number) => ((position % size) + size) % size,
} as const satisfies Record<string, (position: number, size: number) => number>;

/** Along one axis: element `i` comes from `start + i · step`, which may lie outside `0 … size − 1`. */
export interface Cut {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** Where each element comes from after a cut along every axis; −1 for zeros outside. */
export function cutPlaces(
  shape: readonly number[],
  cuts: readonly Cut[],
  outside: keyof typeof OUTSIDE = "zeros",
): Int32Array {
  const strides = stridesOf(shape);
  const axes = cuts.map(({ start, step, count }, axis) => ({
    count,
    at: (index: number): number => {
      const [position, size] = [start + index * step, shape[axis] ?? 0];
      const from = position < 0 || position >= size ? OUTSIDE[outside](position, size) : position;
      return from < 0 ? -1 : from * (strides[axis] ?? 1);
    },
  }));
  return places(axes, sizeOf(cuts.map(({ count }) => count)));
}

/** Where each element comes from if of one axis only some indices stay, in any order. */
export function pickedPlaces(shape: readonly number[], along: number, indices: readonly number[]): Int32Array {
  const strides = stridesOf(shape);
  const axes = shape.map((size, axis): Axis => {
    const stride = strides[axis] ?? 1;
    if (axis !== along) return { count: size, at: (index) => index * stride };
    return { count: indices.length, at: (index) => (indices[index] ?? 0) * stride };
  });
  return places(axes, sizeOf(axes.map(({ count }) => count)));
}

interface Axis {
  readonly count: number;
  /** What an index adds to the place; −1 for padding. */
  readonly at: (index: number) => number;
}

/** Sums of one place of each axis, the last axis fastest; −1 where any of them is padding. */
function places(axes: readonly Axis[], size: number): Int32Array {
  // beside an axis of size 0 another may have any size
  if (size === 0) return new Int32Array(0);
  let sums = new Int32Array(1);
  for (const { count, at } of axes) {
    const along = Int32Array.from({ length: count }, (_, index) => at(index));
    const next = new Int32Array(sums.length * count);
    for (let i = 0; i < sums.length; i++) {
      const sum = sums[i]!;
      for (let j = 0; j < count; j++) next[i * count + j] = sum < 0 || along[j]! < 0 ? -1 : sum + along[j]!;
    }
    sums = next;
  }
  if (sums.length !== size) throw new Error(`unreachable: ${sums.length} places for ${size} elements`);
  return sums;
}
