/** Sums over channels: of gates by popcount, of values by products. */
import { at, numberAt } from "./lines.as";

/** Planes of sixteen channels whose counts, at most 8 in each byte, a byte holds. */
const PLANES_OF_BYTES: i32 = 31;

/**
 * {2, planes, kind, runs} and of each run {left, right, kernel, out, count, kernel's step, constant}: counts the
 * channels that are on in both, times the kernel; of kind 1 added to what is there, of kind 0 stored, of kind 2 times
 * constants, one each, and added. Gates of a position are `planes` one behind the other.
 * @param paired whether the left gates are of eight examples; a constant of the caller
 */
@inline
export function addCounts(
  code: usize,
  constants: usize,
  left: usize,
  right: usize,
  buffers: usize,
  paired: bool,
): usize {
  const planes = at(code, 1);
  const kind = at(code, 2);
  const runs = at(code, 3);
  code += 16;
  if (kind == 2) return countRuns(code, runs, constants, left, right, buffers, planes, paired, true, true);
  if (kind == 0) return countRuns(code, runs, constants, left, right, buffers, planes, paired, false, false);
  if (planes == 1) return countRuns(code, runs, constants, left, right, buffers, 1, paired, true, false);
  if (planes == 2) return countRuns(code, runs, constants, left, right, buffers, 2, paired, true, false);
  return countRuns(code, runs, constants, left, right, buffers, planes, paired, true, false);
}

@inline
function countRuns(
  code: usize,
  runs: i32,
  constants: usize,
  left: usize,
  right: usize,
  buffers: usize,
  planes: i32,
  paired: bool,
  more: bool,
  weighted: bool,
): usize {
  for (let run = 0; run < runs; run++) {
    let a = left + (paired ? <usize>at(code, 0) << 4 : <usize>at(code, 0) << 1);
    let b = right + (<usize>at(code, 1) << 4);
    let kernel = numberAt(buffers, at(code, 2));
    let out = numberAt(buffers, at(code, 3));
    const step = <usize>at(code, 5) << 6;
    let weight = constants + (<usize>at(code, 6) << 3);
    for (let count = at(code, 4); count > 0; count--) {
      const overlap = overlaps(a, b, planes, paired);
      const low = i32x4.extend_low_i16x8_u(overlap);
      const high = i32x4.extend_high_i16x8_u(overlap);
      let k0 = f64x2.mul(f64x2.convert_low_i32x4_s(low), v128.load(kernel));
      let k1 = f64x2.mul(f64x2.convert_low_i32x4_s(i64x2.shuffle(low, low, 1, 1)), v128.load(kernel, 16));
      let k2 = f64x2.mul(f64x2.convert_low_i32x4_s(high), v128.load(kernel, 32));
      let k3 = f64x2.mul(f64x2.convert_low_i32x4_s(i64x2.shuffle(high, high, 1, 1)), v128.load(kernel, 48));
      if (weighted) {
        const factor = v128.load64_splat(weight);
        weight += 8;
        k0 = f64x2.mul(k0, factor);
        k1 = f64x2.mul(k1, factor);
        k2 = f64x2.mul(k2, factor);
        k3 = f64x2.mul(k3, factor);
      }
      if (more) {
        k0 = f64x2.add(v128.load(out), k0);
        k1 = f64x2.add(v128.load(out, 16), k1);
        k2 = f64x2.add(v128.load(out, 32), k2);
        k3 = f64x2.add(v128.load(out, 48), k3);
      }
      v128.store(out, k0);
      v128.store(out, k1, 16);
      v128.store(out, k2, 32);
      v128.store(out, k3, 48);
      a += paired ? <usize>planes << 4 : <usize>planes << 1;
      b += <usize>planes << 4;
      kernel += step;
      out += 64;
    }
    code += 28;
  }
  return code;
}

/** Channels on in both, of eight pairs, as i16. */
@inline
function overlaps(a: usize, b: usize, planes: i32, paired: bool): v128 {
  let bytes = both(a, b, paired);
  if (planes == 1) return i16x8.extadd_pairwise_i8x16_u(bytes);
  let total = i16x8.splat(0);
  let room = PLANES_OF_BYTES - 1;
  for (let plane = 1; plane < planes; plane++) {
    a += paired ? 16 : 2;
    b += 16;
    if (room == 0) {
      total = i16x8.add(total, i16x8.extadd_pairwise_i8x16_u(bytes));
      bytes = both(a, b, paired);
      room = PLANES_OF_BYTES - 1;
    } else {
      bytes = i8x16.add(bytes, both(a, b, paired));
      room--;
    }
  }
  return i16x8.add(total, i16x8.extadd_pairwise_i8x16_u(bytes));
}

@inline
function both(a: usize, b: usize, paired: bool): v128 {
  return i8x16.popcnt(v128.and(paired ? v128.load(a) : v128.load16_splat(a), v128.load(b)));
}

/**
 * {3, channels, pitch, runs} and of each run {left, right, out, count}: adds inner products of values over channels, the
 * channels of a position one behind the other, positions `pitch` apart.
 */
@inline
export function addProducts(code: usize, left: usize, right: usize, buffers: usize, paired: bool): usize {
  const channels = at(code, 1);
  const pitch = <usize>at(code, 2);
  const runs = at(code, 3);
  code += 16;
  for (let run = 0; run < runs; run++) {
    let a = left + (paired ? <usize>at(code, 0) << 6 : <usize>at(code, 0) << 3);
    let b = right + (<usize>at(code, 1) << 6);
    let out = numberAt(buffers, at(code, 2));
    for (let count = at(code, 3); count > 0; count--) {
      let sum0 = v128.load(out);
      let sum1 = v128.load(out, 16);
      let sum2 = v128.load(out, 32);
      let sum3 = v128.load(out, 48);
      let p = a;
      let q = b;
      for (let c = 0; c < channels; c++) {
        if (paired) {
          sum0 = f64x2.add(sum0, f64x2.mul(v128.load(p), v128.load(q)));
          sum1 = f64x2.add(sum1, f64x2.mul(v128.load(p, 16), v128.load(q, 16)));
          sum2 = f64x2.add(sum2, f64x2.mul(v128.load(p, 32), v128.load(q, 32)));
          sum3 = f64x2.add(sum3, f64x2.mul(v128.load(p, 48), v128.load(q, 48)));
          p += 64;
        } else {
          const x = v128.load64_splat(p);
          sum0 = f64x2.add(sum0, f64x2.mul(x, v128.load(q)));
          sum1 = f64x2.add(sum1, f64x2.mul(x, v128.load(q, 16)));
          sum2 = f64x2.add(sum2, f64x2.mul(x, v128.load(q, 32)));
          sum3 = f64x2.add(sum3, f64x2.mul(x, v128.load(q, 48)));
          p += 8;
        }
        q += 64;
      }
      v128.store(out, sum0);
      v128.store(out, sum1, 16);
      v128.store(out, sum2, 32);
      v128.store(out, sum3, 48);
      a += paired ? pitch << 6 : pitch << 3;
      b += pitch << 6;
      out += 64;
    }
    code += 16;
  }
  return code;
}
