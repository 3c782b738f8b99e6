/** Maps of float64, eight displacements side by side, of rows `from ≤ i < to`; compare whole-maps.as.ts. */
import { addReals, columnOfInts, fourOverlapsAt, Layer, lower, overlapsAt, upper } from "./layer.as";
import { BLOCK } from "./overlaps.as";

const STEP = <usize>BLOCK;

@inline
function columnOfReals(at: usize, line: usize): v128 {
  return f64x2.add(f64x2.add(v128.load(at - line), v128.load(at + line)), v128.load(at));
}

/** A map of whole numbers as float64, for a chain of one layer: no box sum reads it. */
export function realized(ints: usize, from: i32, to: i32, reals: usize): void {
  ints += <usize>from << 5;
  reals += <usize>from << 6;
  for (const end = ints + (<usize>(to - from) << 5); ints < end; ints += 16) {
    const four = v128.load(ints);
    v128.store(reals, lower(four));
    v128.store(reals, upper(four), 16);
    reals += 32;
  }
}

/** `W = C ⊙ box(W')`, from here on in float64. */
export function realBoxOfInts(
  map: usize,
  layer: Layer,
  counts: usize,
  from: i32,
  to: i32,
  row: i32,
  out: usize,
): void {
  const line = <usize>row << 5;
  let gates = layer.counts + counts + (<usize>from << 4);
  map += <usize>from << 5;
  out += <usize>from << 6;
  let last0 = columnOfInts(map, line);
  let last1 = columnOfInts(map + 16, line);
  let pair0 = i32x4.add(columnOfInts(map - 32, line), last0);
  let pair1 = i32x4.add(columnOfInts(map - 16, line), last1);
  for (let i = from; i < to; i++) {
    map += 32;
    const next0 = columnOfInts(map, line);
    const next1 = columnOfInts(map + 16, line);
    const box0 = i32x4.add(pair0, next0);
    const box1 = i32x4.add(pair1, next1);
    pair0 = i32x4.add(last0, next0);
    pair1 = i32x4.add(last1, next1);
    last0 = next0;
    last1 = next1;
    const c = overlapsAt(gates, layer, false);
    const c0 = i32x4.extend_low_i16x8_u(c);
    const c1 = i32x4.extend_high_i16x8_u(c);
    gates += STEP;
    v128.store(out, f64x2.mul(lower(box0), lower(c0)));
    v128.store(out, f64x2.mul(upper(box0), upper(c0)), 16);
    v128.store(out, f64x2.mul(lower(box1), lower(c1)), 32);
    v128.store(out, f64x2.mul(upper(box1), upper(c1)), 48);
    out += 64;
  }
}

/** `W = C ⊙ box(W')`. */
export function boxOfReals(
  map: usize,
  layer: Layer,
  counts: usize,
  from: i32,
  to: i32,
  row: i32,
  out: usize,
): void {
  const line = <usize>row << 6;
  for (let half: usize = 0; half < 64; half += 32) {
    let gates = layer.counts + counts + (<usize>from << 4) + (half >> 3);
    let at = map + (<usize>from << 6) + half;
    let w = out + (<usize>from << 6) + half;
    let last0 = columnOfReals(at, line);
    let last1 = columnOfReals(at + 16, line);
    let pair0 = f64x2.add(columnOfReals(at - 64, line), last0);
    let pair1 = f64x2.add(columnOfReals(at - 48, line), last1);
    for (let i = from; i < to; i++) {
      at += 64;
      const next0 = columnOfReals(at, line);
      const next1 = columnOfReals(at + 16, line);
      const c = fourOverlapsAt(gates, layer, false);
      gates += STEP;
      v128.store(w, f64x2.mul(f64x2.add(pair0, next0), lower(c)));
      v128.store(w, f64x2.mul(f64x2.add(pair1, next1), upper(c)), 16);
      pair0 = f64x2.add(last0, next0);
      pair1 = f64x2.add(last1, next1);
      last0 = next0;
      last1 = next1;
      w += 64;
    }
  }
}

/**
 * `K_0(i, i + t) = Σ_c x_c(i) x'_c(i + t)`.
 * @param left `[channels, valueLine]`, row 0 of the first channel
 * @param right the same from where row 0 of the first displacement is
 */
export function products(
  left: usize,
  right: usize,
  channels: i32,
  valueLine: i32,
  from: i32,
  to: i32,
  out: usize,
): void {
  const line = <usize>valueLine << 3;
  for (let half: usize = 0; half < 64; half += 32) {
    let xs = left + (<usize>from << 3);
    let ys = right + (<usize>from << 3) + half;
    let at = out + (<usize>from << 6) + half;
    for (let i = from; i < to; i++) {
      let x = v128.load64_splat(xs);
      let sum0 = f64x2.mul(x, v128.load(ys));
      let sum1 = f64x2.mul(x, v128.load(ys, 16));
      let p = xs;
      let q = ys;
      for (let c = 1; c < channels; c++) {
        p += line;
        q += line;
        x = v128.load64_splat(p);
        sum0 = f64x2.add(sum0, f64x2.mul(x, v128.load(q)));
        sum1 = f64x2.add(sum1, f64x2.mul(x, v128.load(q, 16)));
      }
      v128.store(at, sum0);
      v128.store(at, sum1, 16);
      xs += 8;
      ys += 8;
      at += 64;
    }
  }
}

/** Adds `⟨W_1, box(K_0) + b_1⟩` to the sums. */
export function front(map: usize, values: usize, bias: f64, from: i32, to: i32, row: i32, sums: usize): void {
  const line = <usize>row << 6;
  const start = f64x2.splat(bias);
  for (let half: usize = 0; half < 64; half += 32) {
    let w = map + (<usize>from << 6) + half;
    let at = values + (<usize>from << 6) + half;
    let last0 = columnOfReals(at, line);
    let last1 = columnOfReals(at + 16, line);
    let pair0 = f64x2.add(columnOfReals(at - 64, line), last0);
    let pair1 = f64x2.add(columnOfReals(at - 48, line), last1);
    let total0 = f64x2.splat(0);
    let total1 = total0;
    for (let i = from; i < to; i++) {
      at += 64;
      const next0 = columnOfReals(at, line);
      const next1 = columnOfReals(at + 16, line);
      const box0 = f64x2.add(f64x2.add(pair0, next0), start);
      const box1 = f64x2.add(f64x2.add(pair1, next1), start);
      pair0 = f64x2.add(last0, next0);
      pair1 = f64x2.add(last1, next1);
      last0 = next0;
      last1 = next1;
      total0 = f64x2.add(total0, f64x2.mul(v128.load(w), box0));
      total1 = f64x2.add(total1, f64x2.mul(v128.load(w, 16), box1));
      w += 64;
    }
    addReals(total0, total1, 1, sums + half);
  }
}

/** Adds `bias · Σ W` of each displacement to its sum. */
export function sumReals(map: usize, from: i32, to: i32, bias: f64, sums: usize): void {
  const factor = f64x2.splat(bias);
  map += <usize>from << 6;
  for (const end = map + (<usize>(to - from) << 6); map < end; map += 64) {
    for (let at: usize = 0; at < 64; at += 16) {
      v128.store(sums + at, f64x2.add(v128.load(sums + at), f64x2.mul(factor, v128.load(map + at))));
    }
  }
}
