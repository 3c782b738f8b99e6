/** Overlaps of gates, by popcount. */
import { addressAt, at, INT, REAL, realAt, realOfShorts, SHORT, UNIT } from "./lines.as";

/** Planes of sixteen channels whose counts, at most 8 in each byte, a byte holds. */
const PLANES_OF_BYTES: i32 = 31;

/**
 * {2, planes, how, type, out's type, runs} and of each run {left, right, from, out, count, out's step, constant}: counts
 * the channels that are on in both, times the numbers from `from` on; stored where `how` is 0, added to what is there
 * where it is 1; where it is 2 times constants, one each, and added to float64. Gates of a position are `planes` one behind the other.
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
  const how = at(code, 2);
  const types = (at(code, 3) << 2) | at(code, 4);
  const runs = at(code, 5);
  const start = code + 24;
  switch (types) {
    case 0:
      return planesOfRuns(start, runs, constants, left, right, buffers, planes, how, SHORT, SHORT, paired);
    case 1:
      return planesOfRuns(start, runs, constants, left, right, buffers, planes, how, SHORT, INT, paired);
    case 5:
      return planesOfRuns(start, runs, constants, left, right, buffers, planes, how, INT, INT, paired);
    case 6:
      return countRuns(start, runs, constants, left, right, buffers, planes, how, INT, REAL, paired);
    case 10:
      return planesOfRuns(start, runs, constants, left, right, buffers, planes, how, REAL, REAL, paired);
    case 12:
      return planesOfRuns(start, runs, constants, left, right, buffers, planes, how, UNIT, SHORT, paired);
    case 13:
      return countRuns(start, runs, constants, left, right, buffers, planes, how, UNIT, INT, paired);
    default:
      return countRuns(start, runs, constants, left, right, buffers, planes, how, UNIT, REAL, paired);
  }
}

/** Few planes are constants: the loop over them is the compiler's. */
@inline
function planesOfRuns(
  code: usize,
  runs: i32,
  constants: usize,
  left: usize,
  right: usize,
  buffers: usize,
  planes: i32,
  how: i32,
  type: i32,
  outType: i32,
  paired: bool,
): usize {
  if (!paired && planes == 1) return countRuns(code, runs, constants, left, right, buffers, 1, how, type, outType, false);
  if (!paired && planes == 2) return countRuns(code, runs, constants, left, right, buffers, 2, how, type, outType, false);
  return countRuns(code, runs, constants, left, right, buffers, planes, how, type, outType, paired);
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
  how: i32,
  type: i32,
  outType: i32,
  paired: bool,
): usize {
  for (let run = 0; run < runs; run++) {
    let a = left + (paired ? <usize>at(code, 0) << 4 : <usize>at(code, 0) << 1);
    let b = right + (<usize>at(code, 1) << 4);
    let from = addressAt(buffers, at(code, 2));
    let out = addressAt(buffers, at(code, 3));
    const step = <usize>at(code, 5) << (4 + outType);
    let weight = constants + (<usize>at(code, 6) << 3);
    for (let count = at(code, 4); count > 0; count--) {
      const overlap = overlaps(a, b, planes, paired);
      if (outType == SHORT) {
        let product = type == UNIT ? overlap : i16x8.mul(overlap, v128.load(from));
        if (how != 0) product = i16x8.add(product, v128.load(out));
        v128.store(out, product);
      } else if (outType == INT) {
        let low = i32x4.extend_low_i16x8_u(overlap);
        let high = i32x4.extend_high_i16x8_u(overlap);
        if (type == SHORT) {
          low = i32x4.extmul_low_i16x8_u(overlap, v128.load(from));
          high = i32x4.extmul_high_i16x8_u(overlap, v128.load(from));
        } else if (type == INT) {
          low = i32x4.mul(low, v128.load(from));
          high = i32x4.mul(high, v128.load(from, 16));
        }
        if (how != 0) {
          low = i32x4.add(low, v128.load(out));
          high = i32x4.add(high, v128.load(out, 16));
        }
        v128.store(out, low);
        v128.store(out, high, 16);
      } else {
        let k0 = f64x2.mul(realOfShorts(overlap, 0), realAt(from, type, 0));
        let k1 = f64x2.mul(realOfShorts(overlap, 1), realAt(from, type, 1));
        let k2 = f64x2.mul(realOfShorts(overlap, 2), realAt(from, type, 2));
        let k3 = f64x2.mul(realOfShorts(overlap, 3), realAt(from, type, 3));
        if (how == 2) {
          const factor = v128.load64_splat(weight);
          weight += 8;
          k0 = f64x2.mul(k0, factor);
          k1 = f64x2.mul(k1, factor);
          k2 = f64x2.mul(k2, factor);
          k3 = f64x2.mul(k3, factor);
        }
        if (how != 0) {
          k0 = f64x2.add(v128.load(out), k0);
          k1 = f64x2.add(v128.load(out, 16), k1);
          k2 = f64x2.add(v128.load(out, 32), k2);
          k3 = f64x2.add(v128.load(out, 48), k3);
        }
        v128.store(out, k0);
        v128.store(out, k1, 16);
        v128.store(out, k2, 32);
        v128.store(out, k3, 48);
      }
      a += paired ? <usize>planes << 4 : <usize>planes << 1;
      b += <usize>planes << 4;
      if (type != UNIT) from += 16 << type;
      out += step;
    }
    code += 28;
  }
  return code;
}

/** Channels on in both, of eight pairs, as u16. */
@inline
function overlaps(a: usize, b: usize, planes: i32, paired: bool): v128 {
  let bytes = both(a, b, paired);
  if (planes == 1) return i16x8.extadd_pairwise_i8x16_u(bytes);
  if (planes == 2) return i16x8.extadd_pairwise_i8x16_u(i8x16.add(bytes, both(a + (paired ? 16 : 2), b + 16, paired)));
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
