/** What the maps of whole numbers and of float64 share: the overlaps of a layer, sums of displacements. */

/** What a layer of the chain is told by, of 32 bytes: where overlaps stand, in how many parts, its bias. */
@unmanaged
export class Layer {
  /** Where the overlap of position 0 with itself stands. */
  counts: usize;
  /** Arrays of bytes, `partSize` bytes apart, whose sum the overlaps are. */
  parts: i32;
  partSize: usize;
  /** Whether `W` of this layer leaves 31 bits and is kept in float64. */
  isReal: i32;
  /** Rows whose sum the whole numbers hold: of `W`, in 31 bits; in the first layer of the kernel, in 63 bits. */
  summable: i32;
  padding: i32;
  bias: f64;
}

@inline
export function layerOf(layers: usize, index: i32): Layer {
  return changetype<Layer>(layers + (<usize>index << 5));
}

/**
 * The overlaps of a layer with eight displacements, as i16.
 * @param single whether the layer has one part: a constant of the caller: asked each time, it took 0.4 of 4.8 ms a pair
 */
@inline
export function overlapsAt(at: usize, layer: Layer, single: bool): v128 {
  let sum = v128.load8x8_u(at);
  if (single) return sum;
  for (let part = 1; part < layer.parts; part++) {
    at += layer.partSize;
    sum = i16x8.add(sum, v128.load8x8_u(at));
  }
  return sum;
}

/** The overlaps of a layer with four displacements, as i32. */
@inline
export function fourOverlapsAt(at: usize, layer: Layer, single: bool): v128 {
  let sum = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at)));
  if (single) return sum;
  for (let part = 1; part < layer.parts; part++) {
    at += layer.partSize;
    sum = i32x4.add(sum, i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at))));
  }
  return sum;
}

/** Sums of three neighbors in a column of the map: here and in the rows `line` bytes before and behind. */
@inline
export function columnOfInts(at: usize, line: usize): v128 {
  return i32x4.add(i32x4.add(v128.load(at - line), v128.load(at + line)), v128.load(at));
}

/** Adds `scale` times the values of four displacements to their sums. */
@inline
export function addReals(first: v128, second: v128, scale: f64, sums: usize): void {
  const factor = f64x2.splat(scale);
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.mul(factor, first)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.mul(factor, second)), 16);
}

@inline
export function addInts(low: v128, high: v128, bias: f64, sums: usize): void {
  addReals(lower(low), upper(low), bias, sums);
  addReals(lower(high), upper(high), bias, sums + 32);
}

@inline
export function lower(ints: v128): v128 {
  return f64x2.convert_low_i32x4_s(ints);
}

@inline
export function upper(ints: v128): v128 {
  return f64x2.convert_low_i32x4_s(i64x2.shuffle(ints, ints, 1, 1));
}
