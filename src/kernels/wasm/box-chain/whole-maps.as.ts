/**
 * Maps of whole numbers in 32 bits, eight displacements side by side. Each function does rows `from ≤ i < to` of a line of
 * pairs `(i, i + t)`; `counts` is where the overlap of row 0 stands in its block, less where the layer's overlaps begin.
 */
import { addInts, addReals, columnOfInts, fourOverlapsAt, Layer, overlapsAt } from "./layer.as";
import { BLOCK } from "./overlaps.as";

const STEP = <usize>BLOCK;

/** `W = C` of the last layer. */
export function widened(layer: Layer, counts: usize, from: i32, to: i32, out: usize): void {
  let at = layer.counts + counts + (<usize>from << 4);
  out += <usize>from << 5;
  for (let i = from; i < to; i++) {
    const c = overlapsAt(at, layer, false);
    v128.store(out, i32x4.extend_low_i16x8_u(c));
    v128.store(out, i32x4.extend_high_i16x8_u(c), 16);
    at += STEP;
    out += 32;
  }
}

/** Rows up to which the whole numbers hold the sum. */
@inline
function blockEnd(i: i32, layer: Layer, to: i32): i32 {
  return layer.summable < to - i ? i + layer.summable : to;
}

@inline
function columnOfBytes(at: usize, line: usize, layer: Layer, single: bool): v128 {
  const around = i16x8.add(overlapsAt(at - line, layer, single), overlapsAt(at + line, layer, single));
  return i16x8.add(around, overlapsAt(at, layer, single));
}

/** `W = C ⊙ box(C')` of the last two layers; adds its sum. */
export function boxOfBytes(
  behind: Layer,
  layer: Layer,
  counts: usize,
  from: i32,
  to: i32,
  row: i32,
  out: usize,
  sums: usize,
): void {
  if (behind.parts == 1 && layer.parts == 1) boxOfBytesBody(behind, layer, counts, from, to, row, out, sums, true);
  else boxOfBytesBody(behind, layer, counts, from, to, row, out, sums, false);
}

@inline
function boxOfBytesBody(
  behind: Layer,
  layer: Layer,
  counts: usize,
  from: i32,
  to: i32,
  row: i32,
  out: usize,
  sums: usize,
  single: bool,
): void {
  const line = <usize>row << 4;
  counts += <usize>from << 4;
  out += <usize>from << 5;
  let at = behind.counts + counts;
  let gates = layer.counts + counts;
  let last = columnOfBytes(at, line, behind, single);
  let pair = i16x8.add(columnOfBytes(at - STEP, line, behind, single), last);
  for (let i = from; i < to; ) {
    let sum0 = i32x4.splat(0);
    let sum1 = sum0;
    for (const end = blockEnd(i, layer, to); i < end; i++) {
      at += STEP;
      const next = columnOfBytes(at, line, behind, single);
      const box = i16x8.add(pair, next);
      pair = i16x8.add(last, next);
      last = next;
      const c = overlapsAt(gates, layer, single);
      gates += STEP;
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
}

/** `W = C ⊙ box(W')`; adds its sum. */
export function boxOfInts(
  map: usize,
  layer: Layer,
  counts: usize,
  from: i32,
  to: i32,
  row: i32,
  out: usize,
  sums: usize,
): void {
  if (layer.parts == 1) boxOfIntsBody(map, layer, counts, from, to, row, out, sums, true);
  else boxOfIntsBody(map, layer, counts, from, to, row, out, sums, false);
}

@inline
function boxOfIntsBody(
  map: usize,
  layer: Layer,
  counts: usize,
  from: i32,
  to: i32,
  row: i32,
  out: usize,
  sums: usize,
  single: bool,
): void {
  const line = <usize>row << 5;
  let gates = layer.counts + counts + (<usize>from << 4);
  map += <usize>from << 5;
  out += <usize>from << 5;
  let last0 = columnOfInts(map, line);
  let last1 = columnOfInts(map + 16, line);
  let pair0 = i32x4.add(columnOfInts(map - 32, line), last0);
  let pair1 = i32x4.add(columnOfInts(map - 16, line), last1);
  for (let i = from; i < to; ) {
    let sum0 = i32x4.splat(0);
    let sum1 = sum0;
    for (const end = blockEnd(i, layer, to); i < end; i++) {
      map += 32;
      const next0 = columnOfInts(map, line);
      const next1 = columnOfInts(map + 16, line);
      const c = overlapsAt(gates, layer, single);
      gates += STEP;
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
}

/**
 * `K_0(i, i + t)` in units of 1 / 255², the channels two by two.
 * @param left `[pairs, valueLine]` of two i16, row 0 of the first pair
 * @param right the same from where row 0 of the first displacement is
 */
export function byteProducts(
  left: usize,
  right: usize,
  pairs: i32,
  valueLine: i32,
  from: i32,
  to: i32,
  out: usize,
): void {
  if (pairs == 1) byteProductsBody(left, right, 1, valueLine, from, to, out);
  else if (pairs == 2) byteProductsBody(left, right, 2, valueLine, from, to, out);
  else byteProductsBody(left, right, pairs, valueLine, from, to, out);
}

/** @param pairs if a constant of the caller, the compiler unrolls the loop over them */
@inline
function byteProductsBody(
  left: usize,
  right: usize,
  pairs: i32,
  valueLine: i32,
  from: i32,
  to: i32,
  out: usize,
): void {
  const line = <usize>valueLine << 2;
  left += <usize>from << 2;
  right += <usize>from << 2;
  out += <usize>from << 5;
  for (let i = from; i < to; i++) {
    let x = v128.load32_splat(left);
    let sum0 = i32x4.dot_i16x8_s(x, v128.load(right));
    let sum1 = i32x4.dot_i16x8_s(x, v128.load(right, 16));
    if (pairs > 1) {
      let p = left + line;
      let q = right + line;
      x = v128.load32_splat(p);
      sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(x, v128.load(q)));
      sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(x, v128.load(q, 16)));
      for (let c = 2; c < pairs; c++) {
        p += line;
        q += line;
        x = v128.load32_splat(p);
        sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(x, v128.load(q)));
        sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(x, v128.load(q, 16)));
      }
    }
    v128.store(out, sum0);
    v128.store(out, sum1, 16);
    left += 4;
    right += 4;
    out += 32;
  }
}

/**
 * Adds `⟨C ⊙ box(W), box(K_0) + b_1⟩` to the sums: both factors `box(W)` and `C ⊙ (box(K_0) + b_1)` fit into 31 bits,
 * their products are summed in 63.
 */
export function byteFront(
  map: usize,
  values: usize,
  layer: Layer,
  counts: usize,
  from: i32,
  to: i32,
  row: i32,
  sums: usize,
): void {
  if (layer.parts == 1) byteFrontBody(map, values, layer, counts, from, to, row, sums, true);
  else byteFrontBody(map, values, layer, counts, from, to, row, sums, false);
}

@inline
function byteFrontBody(
  map: usize,
  values: usize,
  layer: Layer,
  counts: usize,
  from: i32,
  to: i32,
  row: i32,
  sums: usize,
  single: bool,
): void {
  const line = <usize>row << 5;
  const start = i32x4.splat(layer.bias != 0 ? 65025 : 0);
  const gates = layer.counts + counts + (<usize>from << 4);
  map += <usize>from << 5;
  values += <usize>from << 5;
  for (let half: usize = 0; half < 32; half += 16) {
    let at = gates + (half >> 2);
    let w = map + half;
    let value = values + half;
    let last = columnOfInts(w, line);
    let pair = i32x4.add(columnOfInts(w - 32, line), last);
    let lastValue = columnOfInts(value, line);
    let pairValue = i32x4.add(columnOfInts(value - 32, line), lastValue);
    for (let i = from; i < to; ) {
      let total0 = i64x2.splat(0);
      let total1 = total0;
      for (const end = blockEnd(i, layer, to); i < end; i++) {
        w += 32;
        value += 32;
        const next = columnOfInts(w, line);
        const nextValue = columnOfInts(value, line);
        const box = i32x4.add(pair, next);
        const boxValue = i32x4.add(i32x4.add(pairValue, nextValue), start);
        pair = i32x4.add(last, next);
        pairValue = i32x4.add(lastValue, nextValue);
        last = next;
        lastValue = nextValue;
        const k = i32x4.mul(boxValue, fourOverlapsAt(at, layer, single));
        at += STEP;
        total0 = i64x2.add(total0, i64x2.extmul_low_i32x4_u(box, k));
        total1 = i64x2.add(total1, i64x2.extmul_high_i32x4_u(box, k));
      }
      addReals(realsOf(total0), realsOf(total1), 1.0 / 65025.0, sums + 2 * half);
    }
  }
}

@inline
function realsOf(longs: v128): v128 {
  const first = f64x2.splat(<f64>i64x2.extract_lane(longs, 0));
  return f64x2.replace_lane(first, 1, <f64>i64x2.extract_lane(longs, 1));
}
