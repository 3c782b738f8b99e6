/**
 * The neural path kernel of gated 3×3 convolutions before a global average pool (theory 3) in AssemblyScript.
 * Compiled by scripts/build-wasm.ts, timed by bench/gap-kernel.bench.ts.
 *
 * Maps are lines of positions, a column of zeros behind each row: the pairs `(i, i + t)` of one displacement `t` are then
 * a line of their own, on which a convolution is a box sum over `i` and zeros stand where rows end. Eight displacements
 * are the lanes of vectors.
 *
 * The recursion runs from the end: a box sum is its own adjoint, so with `W_d = C_d` and `W_l = C_l ⊙ box(W_{l+1})`,
 * `C_l` the overlaps of layer `l`, the sum of the kernel is `Σ_l b_{l+1} Σ W_{l+1} + ⟨W_1, box(K_0)⟩`. The `W` are whole
 * numbers that begin small: they are kept in 16 and 32 bits, exactly, as long as they fit, and only then in float64.
 *
 * Overlaps come from tables, as in overlap.as.ts.
 */

import { CHUNK, countChunk, makeTable, NIBBLES } from "./overlap.as";

/** Displacements side by side. */
const LANES: i32 = 8;

/** Where the caller's data begin, behind the module's own. */
export function dataStart(): usize {
  return __heap_base;
}

/**
 * `counts[i, j]`, each a byte: channels on in position `i` of one example and `j` of the other, for the pairs with
 * `first ≤ j − i < last` and some around.
 * @param left for each position `[planes, 16]` u16: 64 times the value of four gates; positions are `leftStride` bytes apart
 * @param right `[planes, 16, line]` bytes, each four gates, zeros behind the positions
 * @param line bytes of a row of `right`, a multiple of 64
 * @param planes at most 3, so that a count is a byte
 * @param counts where position (0, 0) stands; rows are `pitch` apart, and may reach into each other outside the band
 * @param table `[16, 16, 64]` bytes of room
 */
export function countOverlaps(
  left: usize,
  right: usize,
  line: i32,
  positions: i32,
  planes: i32,
  leftStride: i32,
  counts: usize,
  pitch: i32,
  first: i32,
  last: i32,
  table: usize,
): void {
  for (let start = 0; start < line; start += <i32>CHUNK) {
    let from = start - last + 1;
    let to = start + <i32>CHUNK - first;
    if (from < 0) from = 0;
    if (to > positions) to = positions;
    if (from >= to) continue;
    for (let plane = 0; plane < planes; plane++) {
      makeTable(right + <usize>plane * NIBBLES * <usize>line + <usize>start, line, table);
      const gates = left + <usize>(from * leftStride) + <usize>plane * NIBBLES * 2;
      const out = counts + <usize>from * <usize>pitch + <usize>start;
      if (plane == 0) countChunk(gates, leftStride, table, out, pitch, to - from, false);
      else countChunk(gates, leftStride, table, out, pitch, to - from, true);
    }
  }
}

/** What a layer of the chain is told by, of 32 bytes: where overlaps stand, in how many parts, its bias. */
@unmanaged
class Layer {
  /** Where the overlap of position 0 with itself stands. */
  counts: usize;
  /** Matrices of bytes, `partSize` bytes apart, whose sum the overlaps are. */
  parts: i32;
  partSize: usize;
  /** Whether `W` of this layer leaves 31 bits and is kept in float64. */
  isReal: i32;
  /** Values of `W` whose sum 32 bits hold. */
  summable: i32;
  padding: i32;
  bias: f64;
}

/**
 * `Σ K(i, i + t)` behind the last gates over the displacements `first ≤ t < last`, eight at a time.
 * @param leftValues `[channels, valueLine]` float64 of one example, from position 0 on, `rightValues` of the other; eight
 * zeros stand before and behind the positions. With `areBytes` `[⌈channels / 2⌉, valueLine]` of two i16 each
 * @param layers `[count]` of {@link Layer}, from the first layer on
 * @param pitch of the rows of overlaps
 * @param row positions of a row of the map, with the zero behind it
 * @param maps room for four maps of `64 (positions + 2 row + 2)` bytes, the first `row + 1` rows of each zeros
 * @param sums 64 bytes of room
 * @param symmetric 1 if both examples are the same: `first` is then 0, and what is behind it counts twice
 */
export function boxChainBand(
  leftValues: usize,
  rightValues: usize,
  channels: i32,
  valueLine: i32,
  areBytes: i32,
  positions: i32,
  row: i32,
  layers: usize,
  count: i32,
  pitch: i32,
  first: i32,
  last: i32,
  maps: usize,
  sums: usize,
  symmetric: i32,
): f64 {
  const mapSize = <usize>(positions + 2 * row + 2) << 6;
  const ints = maps + (<usize>(row + 1) << 5);
  const reals = maps + 2 * mapSize + (<usize>(row + 1) << 6);
  const step = <usize>(pitch + 1);
  let total: f64 = 0;
  for (let t = first; t < last; t += LANES) {
    let start = -t - LANES + 1;
    if (start < 0) start = 0;
    let end = positions - t;
    if (end > positions) end = positions;
    if (start >= end) continue;
    const rows = end - start;
    const offset = <usize>(start * pitch + start + t);
    for (let at: usize = 0; at < 64; at += 16) v128.store(sums + at, f64x2.splat(0));

    let from = ints;
    let to = ints + mapSize;
    let l = count - 1;
    let layer = layerOf(layers, l);
    if (l > 0 && layer.bias != 0) sumBytes(layer, offset, step, rows, sums);
    if (l < 2) widened(layer, offset, step, rows, row, from);
    else {
      l--;
      boxOfBytes(layer, layerOf(layers, l), offset, step, rows, row, from, sums);
    }
    for (l--; l > 0; l--) {
      layer = layerOf(layers, l);
      if (layer.isReal) break;
      boxOfInts(from, layer, offset, step, rows, row, to, sums);
      const kept = from;
      from = to;
      to = kept;
    }
    const bias = layerOf(layers, 0).bias;
    if (l == 0 && areBytes) {
      const left = leftValues + (<usize>start << 2);
      const right = rightValues + (<usize>(start + t) << 2);
      byteProducts(left, right, (channels + 1) >> 1, valueLine, rows, row, to);
      byteFront(from, to, layerOf(layers, 0), offset, step, rows, row, sums);
    } else {
      let map = reals;
      let next = reals + mapSize;
      if (l < 0) realized(from, rows, map);
      else {
        layer = layerOf(layers, l);
        realBoxOfInts(from, layer, offset, step, rows, row, map);
        if (l > 0 && layer.bias != 0) sumReals(map, rows, layer.bias, sums);
        for (l--; l >= 0; l--) {
          layer = layerOf(layers, l);
          for (let half: usize = 0; half < 64; half += 32) {
            boxOfReals(map + half, layer, offset, step, rows, row, next + half, half != 0);
          }
          if (l > 0 && layer.bias != 0) sumReals(next, rows, layer.bias, sums);
          const kept = map;
          map = next;
          next = kept;
        }
      }
      const left = leftValues + (<usize>start << 3);
      const right = rightValues + (<usize>(start + t) << 3);
      for (let half: usize = 0; half < 64; half += 32) {
        products(left, right + half, channels, valueLine, rows, row, next + half);
        front(map + half, next + half, bias, rows, row, sums + half);
      }
    }
    let all: f64 = 0;
    for (let at: usize = 0; at < 64; at += 8) all += load<f64>(sums + at);
    total += symmetric ? 2 * all - (t == 0 ? load<f64>(sums) : 0) : all;
  }
  return total;
}

@inline
function layerOf(layers: usize, index: i32): Layer {
  return changetype<Layer>(layers + (<usize>index << 5));
}

/**
 * The overlaps of a layer with eight displacements, as i16.
 * @param single whether the layer has one part: a constant of the caller: asked each time, it took 0.4 of 4.8 ms a pair
 */
@inline
function overlapsAt(at: usize, layer: Layer, single: bool): v128 {
  let sum = v128.load8x8_u(at);
  if (single) return sum;
  for (let part = 1; part < layer.parts; part++) {
    at += layer.partSize;
    sum = i16x8.add(sum, v128.load8x8_u(at));
  }
  return sum;
}

/** Zeros behind the rows of a map, for the box sums of the next layer. */
@inline
function clearBehind(end: usize, bytes: usize): void {
  for (let at = end; at < end + bytes; at += 16) v128.store(at, i32x4.splat(0));
}

/** Sums of three neighbors in a column of the map: here and in the rows `line` bytes before and behind. */
@inline
function columnOfBytes(at: usize, line: usize, layer: Layer, single: bool): v128 {
  const around = i16x8.add(overlapsAt(at - line, layer, single), overlapsAt(at + line, layer, single));
  return i16x8.add(around, overlapsAt(at, layer, single));
}

@inline
function columnOfInts(at: usize, line: usize): v128 {
  return i32x4.add(i32x4.add(v128.load(at - line), v128.load(at + line)), v128.load(at));
}

@inline
function columnOfReals(at: usize, line: usize): v128 {
  return f64x2.add(f64x2.add(v128.load(at - line), v128.load(at + line)), v128.load(at));
}

/** `W = C ⊙ box(C')` of the last two layers, and its sum. */
function boxOfBytes(
  behind: Layer,
  layer: Layer,
  offset: usize,
  step: usize,
  rows: i32,
  row: i32,
  out: usize,
  sums: usize,
): void {
  if (behind.parts == 1 && layer.parts == 1) boxOfBytesBody(behind, layer, offset, step, rows, row, out, sums, true);
  else boxOfBytesBody(behind, layer, offset, step, rows, row, out, sums, false);
}

@inline
function boxOfBytesBody(
  behind: Layer,
  layer: Layer,
  offset: usize,
  step: usize,
  rows: i32,
  row: i32,
  out: usize,
  sums: usize,
  single: bool,
): void {
  const line = <usize>row * step;
  let from = behind.counts + offset;
  let gates = layer.counts + offset;
  const before = columnOfBytes(from - step, line, behind, single);
  let last = columnOfBytes(from, line, behind, single);
  let pair = i16x8.add(before, last);
  for (let j = 0; j < rows; ) {
    let sum0 = i32x4.splat(0);
    let sum1 = sum0;
    for (const end = blockEnd(j, layer, rows); j < end; j++) {
      from += step;
      const next = columnOfBytes(from, line, behind, single);
      const box = i16x8.add(pair, next);
      pair = i16x8.add(last, next);
      last = next;
      const c = overlapsAt(gates, layer, single);
      gates += step;
      const w0 = i32x4.extmul_low_i16x8_s(box, c);
      const w1 = i32x4.extmul_high_i16x8_s(box, c);
      sum0 = i32x4.add(sum0, w0);
      sum1 = i32x4.add(sum1, w1);
      v128.store(out, w0);
      v128.store(out, w1, 16);
      out += 32;
    }
    addInts(sum0, sum1, layer.bias, sums);
  }
  clearBehind(out, <usize>(row + 1) << 5);
}

/** `W = C ⊙ box(W')` and its sum. */
function boxOfInts(
  from: usize,
  layer: Layer,
  offset: usize,
  step: usize,
  rows: i32,
  row: i32,
  out: usize,
  sums: usize,
): void {
  if (layer.parts == 1) boxOfIntsBody(from, layer, offset, step, rows, row, out, sums, true);
  else boxOfIntsBody(from, layer, offset, step, rows, row, out, sums, false);
}

@inline
function boxOfIntsBody(
  from: usize,
  layer: Layer,
  offset: usize,
  step: usize,
  rows: i32,
  row: i32,
  out: usize,
  sums: usize,
  single: bool,
): void {
  const line = <usize>row << 5;
  let gates = layer.counts + offset;
  let last0 = columnOfInts(from, line);
  let last1 = columnOfInts(from + 16, line);
  let pair0 = i32x4.add(columnOfInts(from - 32, line), last0);
  let pair1 = i32x4.add(columnOfInts(from - 16, line), last1);
  for (let j = 0; j < rows; ) {
    let sum0 = i32x4.splat(0);
    let sum1 = sum0;
    for (const end = blockEnd(j, layer, rows); j < end; j++) {
      from += 32;
      const next0 = columnOfInts(from, line);
      const next1 = columnOfInts(from + 16, line);
      const c = overlapsAt(gates, layer, single);
      gates += step;
      const w0 = i32x4.mul(i32x4.add(pair0, next0), i32x4.extend_low_i16x8_u(c));
      const w1 = i32x4.mul(i32x4.add(pair1, next1), i32x4.extend_high_i16x8_u(c));
      pair0 = i32x4.add(last0, next0);
      pair1 = i32x4.add(last1, next1);
      last0 = next0;
      last1 = next1;
      sum0 = i32x4.add(sum0, w0);
      sum1 = i32x4.add(sum1, w1);
      v128.store(out, w0);
      v128.store(out, w1, 16);
      out += 32;
    }
    addInts(sum0, sum1, layer.bias, sums);
  }
  clearBehind(out, <usize>(row + 1) << 5);
}

/** Rows up to which 32 bits hold the sum of `W`. */
@inline
function blockEnd(j: i32, layer: Layer, rows: i32): i32 {
  return layer.summable < rows - j ? j + layer.summable : rows;
}

/** `K_0(i, i + t)` in units of 1 / 255², the channels two by two. */
function byteProducts(left: usize, right: usize, pairs: i32, valueLine: i32, rows: i32, row: i32, out: usize): void {
  const line = <usize>valueLine << 2;
  for (let j = 0; j < rows; j++) {
    let x = v128.load32_splat(left);
    let sum0 = i32x4.dot_i16x8_s(x, v128.load(right));
    let sum1 = i32x4.dot_i16x8_s(x, v128.load(right, 16));
    let p = left;
    let q = right;
    for (let c = 1; c < pairs; c++) {
      p += line;
      q += line;
      x = v128.load32_splat(p);
      sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(x, v128.load(q)));
      sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(x, v128.load(q, 16)));
    }
    v128.store(out, sum0);
    v128.store(out, sum1, 16);
    left += 4;
    right += 4;
    out += 32;
  }
  clearBehind(out, <usize>(row + 1) << 5);
}

/** Adds `⟨C ⊙ box(W), box(K_0) + b_1⟩` to the sums: both factors `box(W)` and `C ⊙ (box(K_0) + b_1)` fit into 32 bits. */
function byteFront(
  map: usize,
  values: usize,
  layer: Layer,
  offset: usize,
  step: usize,
  rows: i32,
  row: i32,
  sums: usize,
): void {
  if (layer.parts == 1) byteFrontBody(map, values, layer, offset, step, rows, row, sums, true);
  else byteFrontBody(map, values, layer, offset, step, rows, row, sums, false);
}

@inline
function byteFrontBody(
  map: usize,
  values: usize,
  layer: Layer,
  offset: usize,
  step: usize,
  rows: i32,
  row: i32,
  sums: usize,
  single: bool,
): void {
  const line = <usize>row << 5;
  const start = i32x4.splat(layer.bias != 0 ? 65025 : 0);
  let gates = layer.counts + offset;
  for (let half: usize = 0; half < 32; half += 16) {
    let at = gates + (half >> 2);
    let from = map + half;
    let value = values + half;
    let last = columnOfInts(from, line);
    let pair = i32x4.add(columnOfInts(from - 32, line), last);
    let lastValue = columnOfInts(value, line);
    let pairValue = i32x4.add(columnOfInts(value - 32, line), lastValue);
    let total0 = f64x2.splat(0);
    let total1 = total0;
    for (let j = 0; j < rows; j++) {
      from += 32;
      value += 32;
      const next = columnOfInts(from, line);
      const nextValue = columnOfInts(value, line);
      const box = i32x4.add(pair, next);
      const boxValue = i32x4.add(i32x4.add(pairValue, nextValue), start);
      pair = i32x4.add(last, next);
      pairValue = i32x4.add(lastValue, nextValue);
      last = next;
      lastValue = nextValue;
      const c = fourOverlapsAt(at, layer, single);
      at += step;
      const k = i32x4.mul(boxValue, c);
      total0 = f64x2.add(total0, f64x2.mul(lower(box), lower(k)));
      total1 = f64x2.add(total1, f64x2.mul(upper(box), upper(k)));
    }
    addReals(total0, total1, 1.0 / 65025.0, sums + 2 * half);
  }
}

/** The overlaps of a layer with four displacements, as i32. */
@inline
function fourOverlapsAt(at: usize, layer: Layer, single: bool): v128 {
  let sum = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at)));
  if (single) return sum;
  for (let part = 1; part < layer.parts; part++) {
    at += layer.partSize;
    sum = i32x4.add(sum, i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at))));
  }
  return sum;
}

/** `W = C ⊙ box(W')`, from here on in float64. */
function realBoxOfInts(
  from: usize,
  layer: Layer,
  offset: usize,
  step: usize,
  rows: i32,
  row: i32,
  out: usize,
): void {
  const line = <usize>row << 5;
  let gates = layer.counts + offset;
  let last0 = columnOfInts(from, line);
  let last1 = columnOfInts(from + 16, line);
  let pair0 = i32x4.add(columnOfInts(from - 32, line), last0);
  let pair1 = i32x4.add(columnOfInts(from - 16, line), last1);
  for (let j = 0; j < rows; j++) {
    from += 32;
    const next0 = columnOfInts(from, line);
    const next1 = columnOfInts(from + 16, line);
    const box0 = i32x4.add(pair0, next0);
    const box1 = i32x4.add(pair1, next1);
    pair0 = i32x4.add(last0, next0);
    pair1 = i32x4.add(last1, next1);
    last0 = next0;
    last1 = next1;
    const c = overlapsAt(gates, layer, false);
    const c0 = i32x4.extend_low_i16x8_u(c);
    const c1 = i32x4.extend_high_i16x8_u(c);
    gates += step;
    v128.store(out, f64x2.mul(lower(box0), lower(c0)));
    v128.store(out, f64x2.mul(upper(box0), upper(c0)), 16);
    v128.store(out, f64x2.mul(lower(box1), lower(c1)), 32);
    v128.store(out, f64x2.mul(upper(box1), upper(c1)), 48);
    out += 64;
  }
  clearBehind(out, <usize>(row + 1) << 6);
}

/** `W = C ⊙ box(W')` for the first or the last four of the displacements. */
function boxOfReals(
  from: usize,
  layer: Layer,
  offset: usize,
  step: usize,
  rows: i32,
  row: i32,
  out: usize,
  isUpper: bool,
): void {
  const line = <usize>row << 6;
  let gates = layer.counts + offset + (isUpper ? 4 : 0);
  let last0 = columnOfReals(from, line);
  let last1 = columnOfReals(from + 16, line);
  let pair0 = f64x2.add(columnOfReals(from - 64, line), last0);
  let pair1 = f64x2.add(columnOfReals(from - 48, line), last1);
  for (let j = 0; j < rows; j++) {
    from += 64;
    const next0 = columnOfReals(from, line);
    const next1 = columnOfReals(from + 16, line);
    const c = fourOverlapsAt(gates, layer, false);
    gates += step;
    v128.store(out, f64x2.mul(f64x2.add(pair0, next0), lower(c)));
    v128.store(out, f64x2.mul(f64x2.add(pair1, next1), upper(c)), 16);
    pair0 = f64x2.add(last0, next0);
    pair1 = f64x2.add(last1, next1);
    last0 = next0;
    last1 = next1;
    out += 64;
  }
  clearHalfBehind(out, row);
}

/** `K_0(i, i + t) = Σ_c x_c(i) x'_c(i + t)` for four displacements. */
function products(left: usize, right: usize, channels: i32, valueLine: i32, rows: i32, row: i32, out: usize): void {
  const line = <usize>valueLine << 3;
  for (let j = 0; j < rows; j++) {
    let x = v128.load64_splat(left);
    let sum0 = f64x2.mul(x, v128.load(right));
    let sum1 = f64x2.mul(x, v128.load(right, 16));
    let p = left;
    let q = right;
    for (let c = 1; c < channels; c++) {
      p += line;
      q += line;
      x = v128.load64_splat(p);
      sum0 = f64x2.add(sum0, f64x2.mul(x, v128.load(q)));
      sum1 = f64x2.add(sum1, f64x2.mul(x, v128.load(q, 16)));
    }
    v128.store(out, sum0);
    v128.store(out, sum1, 16);
    left += 8;
    right += 8;
    out += 64;
  }
  clearHalfBehind(out, row);
}

@inline
function clearHalfBehind(out: usize, row: i32): void {
  for (const end = out + (<usize>(row + 1) << 6); out < end; out += 64) {
    v128.store(out, i32x4.splat(0));
    v128.store(out, i32x4.splat(0), 16);
  }
}

/** Adds `⟨W_1, box(K_0) + b_1⟩` to the sums of four displacements. */
function front(map: usize, values: usize, bias: f64, rows: i32, row: i32, sums: usize): void {
  const line = <usize>row << 6;
  const start = f64x2.splat(bias);
  let last0 = columnOfReals(values, line);
  let last1 = columnOfReals(values + 16, line);
  let pair0 = f64x2.add(columnOfReals(values - 64, line), last0);
  let pair1 = f64x2.add(columnOfReals(values - 48, line), last1);
  let total0 = f64x2.splat(0);
  let total1 = total0;
  for (let j = 0; j < rows; j++) {
    values += 64;
    const next0 = columnOfReals(values, line);
    const next1 = columnOfReals(values + 16, line);
    const box0 = f64x2.add(f64x2.add(pair0, next0), start);
    const box1 = f64x2.add(f64x2.add(pair1, next1), start);
    pair0 = f64x2.add(last0, next0);
    pair1 = f64x2.add(last1, next1);
    last0 = next0;
    last1 = next1;
    total0 = f64x2.add(total0, f64x2.mul(v128.load(map), box0));
    total1 = f64x2.add(total1, f64x2.mul(v128.load(map, 16), box1));
    map += 64;
  }
  addReals(total0, total1, 1, sums);
}

/** `W = C` of the last layer. */
function widened(layer: Layer, offset: usize, step: usize, rows: i32, row: i32, out: usize): void {
  let at = layer.counts + offset;
  for (let j = 0; j < rows; j++) {
    const c = overlapsAt(at, layer, false);
    v128.store(out, i32x4.extend_low_i16x8_u(c));
    v128.store(out, i32x4.extend_high_i16x8_u(c), 16);
    at += step;
    out += 32;
  }
  clearBehind(out, <usize>(row + 1) << 5);
}

/** A map as float64, for a chain of one layer: no box sum reads it. */
function realized(ints: usize, rows: i32, reals: usize): void {
  for (const end = ints + (<usize>rows << 5); ints < end; ints += 16) {
    const four = v128.load(ints);
    v128.store(reals, lower(four));
    v128.store(reals, upper(four), 16);
    reals += 32;
  }
}

/** Adds `bias · Σ W` of each displacement to its sum; here and below. */
function sumBytes(layer: Layer, offset: usize, step: usize, rows: i32, sums: usize): void {
  let at = layer.counts + offset;
  let low = i32x4.splat(0);
  let high = low;
  for (let j = 0; j < rows; j++) {
    const c = overlapsAt(at, layer, false);
    low = i32x4.add(low, i32x4.extend_low_i16x8_u(c));
    high = i32x4.add(high, i32x4.extend_high_i16x8_u(c));
    at += step;
  }
  addInts(low, high, layer.bias, sums);
}

function sumReals(map: usize, rows: i32, bias: f64, sums: usize): void {
  const factor = f64x2.splat(bias);
  for (const end = map + (<usize>rows << 6); map < end; map += 64) {
    for (let at: usize = 0; at < 64; at += 16) {
      v128.store(sums + at, f64x2.add(v128.load(sums + at), f64x2.mul(factor, v128.load(map + at))));
    }
  }
}

@inline
function addInts(low: v128, high: v128, bias: f64, sums: usize): void {
  addReals(lower(low), upper(low), bias, sums);
  addReals(lower(high), upper(high), bias, sums + 32);
}

@inline
function addReals(first: v128, second: v128, scale: f64, sums: usize): void {
  const factor = f64x2.splat(scale);
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.mul(factor, first)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.mul(factor, second)), 16);
}

@inline
function lower(ints: v128): v128 {
  return f64x2.convert_low_i32x4_s(ints);
}

@inline
function upper(ints: v128): v128 {
  return f64x2.convert_low_i32x4_s(i64x2.shuffle(ints, ints, 1, 1));
}
