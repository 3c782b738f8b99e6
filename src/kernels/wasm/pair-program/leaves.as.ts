/** What ends in the sum of a pair: numbers times inner products of values, and numbers times the constant of a bias. */
import { addressAt, at, INT, REAL, realAt, realOfInts, SHORT, UNIT } from "./lines.as";

/**
 * {3, type, channels, pitch, constant, runs} and of each run {left, right, from, count}: adds the constant times the sum
 * of the numbers from `from` on, each times the inner product of values over channels, to the first number of all. The
 * channels of a position are one behind the other, positions `pitch` apart.
 * @param paired whether the left values are of eight examples; a constant of the caller
 */
@inline
export function addProducts(
  code: usize,
  constants: usize,
  left: usize,
  right: usize,
  buffers: usize,
  paired: bool,
): usize {
  switch (at(code, 1)) {
    case 0:
      return channelsOfRuns(code, constants, left, right, buffers, SHORT, paired);
    case 1:
      return channelsOfRuns(code, constants, left, right, buffers, INT, paired);
    case 2:
      return productRuns(code, constants, left, right, buffers, at(code, 2), REAL, paired);
    default:
      return productRuns(code, constants, left, right, buffers, at(code, 2), UNIT, paired);
  }
}

/** One channel, of gray images, needs no loop: it takes two thirds of the time. Three, of colors, take as long without. */
@inline
function channelsOfRuns(
  code: usize,
  constants: usize,
  left: usize,
  right: usize,
  buffers: usize,
  type: i32,
  paired: bool,
): usize {
  const channels = at(code, 2);
  if (!paired && channels == 1) return productRuns(code, constants, left, right, buffers, 1, type, false);
  return productRuns(code, constants, left, right, buffers, channels, type, paired);
}

@inline
function productRuns(
  code: usize,
  constants: usize,
  left: usize,
  right: usize,
  buffers: usize,
  channels: i32,
  type: i32,
  paired: bool,
): usize {
  const pitch = <usize>at(code, 3);
  const factor = v128.load64_splat(constants + (<usize>at(code, 4) << 3));
  const runs = at(code, 5);
  const leftEnd = <usize>channels << (paired ? 6 : 3);
  code += 24;
  let t0 = f64x2.splat(0);
  let t1 = t0;
  let t2 = t0;
  let t3 = t0;
  for (let run = 0; run < runs; run++) {
    let a = left + (paired ? <usize>at(code, 0) << 6 : <usize>at(code, 0) << 3);
    let b = right + (<usize>at(code, 1) << 6);
    let from = addressAt(buffers, at(code, 2));
    for (let count = at(code, 3); count > 0; count--) {
      let k0 = f64x2.splat(0);
      let k1 = k0;
      let k2 = k0;
      let k3 = k0;
      let q = b;
      if (!paired && channels == 1) {
        const x = v128.load64_splat(a);
        k0 = f64x2.mul(x, v128.load(b));
        k1 = f64x2.mul(x, v128.load(b, 16));
        k2 = f64x2.mul(x, v128.load(b, 32));
        k3 = f64x2.mul(x, v128.load(b, 48));
      } else {
        for (let p = a, end = a + leftEnd; p < end; p += paired ? 64 : 8) {
          if (paired) {
            k0 = f64x2.add(k0, f64x2.mul(v128.load(p), v128.load(q)));
            k1 = f64x2.add(k1, f64x2.mul(v128.load(p, 16), v128.load(q, 16)));
            k2 = f64x2.add(k2, f64x2.mul(v128.load(p, 32), v128.load(q, 32)));
            k3 = f64x2.add(k3, f64x2.mul(v128.load(p, 48), v128.load(q, 48)));
          } else {
            const x = v128.load64_splat(p);
            k0 = f64x2.add(k0, f64x2.mul(x, v128.load(q)));
            k1 = f64x2.add(k1, f64x2.mul(x, v128.load(q, 16)));
            k2 = f64x2.add(k2, f64x2.mul(x, v128.load(q, 32)));
            k3 = f64x2.add(k3, f64x2.mul(x, v128.load(q, 48)));
          }
          q += 64;
        }
      }
      if (type == UNIT) {
        t0 = f64x2.add(t0, k0);
        t1 = f64x2.add(t1, k1);
        t2 = f64x2.add(t2, k2);
        t3 = f64x2.add(t3, k3);
      } else {
        t0 = f64x2.add(t0, f64x2.mul(k0, realAt(from, type, 0)));
        t1 = f64x2.add(t1, f64x2.mul(k1, realAt(from, type, 1)));
        t2 = f64x2.add(t2, f64x2.mul(k2, realAt(from, type, 2)));
        t3 = f64x2.add(t3, f64x2.mul(k3, realAt(from, type, 3)));
        from += 16 << type;
      }
      a += paired ? pitch << 6 : pitch << 3;
      b += pitch << 6;
    }
    code += 16;
  }
  addToSum(buffers, factor, t0, t1, t2, t3);
  return code;
}

@inline
function addToSum(sum: usize, factor: v128, t0: v128, t1: v128, t2: v128, t3: v128): void {
  v128.store(sum, f64x2.add(v128.load(sum), f64x2.mul(factor, t0)));
  v128.store(sum, f64x2.add(v128.load(sum, 16), f64x2.mul(factor, t1)), 16);
  v128.store(sum, f64x2.add(v128.load(sum, 32), f64x2.mul(factor, t2)), 32);
  v128.store(sum, f64x2.add(v128.load(sum, 48), f64x2.mul(factor, t3)), 48);
}

/** Of u16 as many as an i32 can sum. */
const SHORTS_AT_ONCE: i32 = 32768;

/** {7, type, from, count, constant}: adds the constant times the sum of the numbers to the first number of all. */
export function addSum(code: usize, constants: usize, buffers: usize): usize {
  const type = at(code, 1);
  let from = addressAt(buffers, at(code, 2));
  let count = at(code, 3);
  const factor = v128.load64_splat(constants + (<usize>at(code, 4) << 3));
  let t0 = f64x2.splat(0);
  let t1 = t0;
  let t2 = t0;
  let t3 = t0;
  if (type == SHORT) {
    while (count > 0) {
      const some = min(count, SHORTS_AT_ONCE);
      let low = i32x4.splat(0);
      let high = low;
      for (const end = from + (<usize>some << 4); from < end; from += 16) {
        const eight = v128.load(from);
        low = i32x4.add(low, i32x4.extend_low_i16x8_u(eight));
        high = i32x4.add(high, i32x4.extend_high_i16x8_u(eight));
      }
      t0 = f64x2.add(t0, realOfInts(low, 0));
      t1 = f64x2.add(t1, realOfInts(low, 1));
      t2 = f64x2.add(t2, realOfInts(high, 0));
      t3 = f64x2.add(t3, realOfInts(high, 1));
      count -= some;
    }
  } else {
    for (; count > 0; count--) {
      if (type == INT) {
        t0 = f64x2.add(t0, realAt(from, INT, 0));
        t1 = f64x2.add(t1, realAt(from, INT, 1));
        t2 = f64x2.add(t2, realAt(from, INT, 2));
        t3 = f64x2.add(t3, realAt(from, INT, 3));
      } else {
        t0 = f64x2.add(t0, realAt(from, REAL, 0));
        t1 = f64x2.add(t1, realAt(from, REAL, 1));
        t2 = f64x2.add(t2, realAt(from, REAL, 2));
        t3 = f64x2.add(t3, realAt(from, REAL, 3));
      }
      from += 16 << type;
    }
  }
  addToSum(buffers, factor, t0, t1, t2, t3);
  return code + 20;
}
