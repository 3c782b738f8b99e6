/** Instructions on numbers side by side, and how all of them are told. */

/** Types of numbers: eight u16, i32 or float64, of 16, 32 and 64 bytes; of the last there are none, each is 1. */
export const SHORT: i32 = 0;
export const INT: i32 = 1;
export const REAL: i32 = 2;
export const UNIT: i32 = 3;

/** The number of an instruction at a place. */
@inline
export function at(code: usize, index: usize): i32 {
  return load<i32>(code + (index << 2));
}

/** Addresses are told in vectors. */
@inline
export function addressAt(buffers: usize, index: i32): usize {
  return buffers + (<usize>index << 4);
}

/** Eight u16 as float64: those of lanes 0 and 1, 2 and 3, 4 and 5, 6 and 7. */
@inline
export function realOfShorts(eight: v128, pair: i32): v128 {
  const four = pair < 2 ? i32x4.extend_low_i16x8_u(eight) : i32x4.extend_high_i16x8_u(eight);
  return realOfInts(four, pair & 1);
}

@inline
export function realOfInts(four: v128, pair: i32): v128 {
  return f64x2.convert_low_i32x4_s(pair == 0 ? four : i64x2.shuffle(four, four, 1, 1));
}

/** The numbers of two lanes of one number of a type, as float64. */
@inline
export function realAt(address: usize, type: i32, pair: i32): v128 {
  if (type == UNIT) return f64x2.splat(1);
  if (type == SHORT) return realOfShorts(v128.load(address), pair);
  if (type == INT) return realOfInts(v128.load(address + <usize>((pair >> 1) << 4)), pair & 1);
  return v128.load(address + <usize>(pair << 4));
}

/** {0, out, vectors}: zeros. */
export function clear(code: usize, buffers: usize): usize {
  memory.fill(addressAt(buffers, at(code, 1)), 0, <usize>at(code, 2) << 4);
  return code + 12;
}

/** {1, type, out's type, runs} and of each run {from, out, count, step, out's step}: adds numbers to numbers. */
export function addRuns(code: usize, buffers: usize): usize {
  const runs = at(code, 3);
  const start = code + 16;
  switch ((at(code, 1) << 2) | at(code, 2)) {
    case 0:
      return addRunsOf(start, runs, buffers, SHORT, SHORT);
    case 1:
      return addRunsOf(start, runs, buffers, SHORT, INT);
    case 5:
      return addRunsOf(start, runs, buffers, INT, INT);
    case 6:
      return addRunsOf(start, runs, buffers, INT, REAL);
    case 10:
      return addRunsOf(start, runs, buffers, REAL, REAL);
    case 12:
      return addRunsOf(start, runs, buffers, UNIT, SHORT);
    case 13:
      return addRunsOf(start, runs, buffers, UNIT, INT);
    default:
      return addRunsOf(start, runs, buffers, UNIT, REAL);
  }
}

@inline
function addRunsOf(code: usize, runs: i32, buffers: usize, type: i32, outType: i32): usize {
  for (let run = 0; run < runs; run++) {
    let from = addressAt(buffers, at(code, 0));
    let out = addressAt(buffers, at(code, 1));
    const step = type == UNIT ? <usize>0 : <usize>at(code, 3) << (4 + type);
    const outStep = <usize>at(code, 4) << (4 + outType);
    for (let count = at(code, 2); count > 0; count--) {
      if (outType == SHORT) {
        const more = type == UNIT ? i16x8.splat(1) : v128.load(from);
        v128.store(out, i16x8.add(v128.load(out), more));
      } else if (outType == INT) {
        let low = i32x4.splat(1);
        let high = low;
        if (type == SHORT) {
          low = i32x4.extend_low_i16x8_u(v128.load(from));
          high = i32x4.extend_high_i16x8_u(v128.load(from));
        } else if (type == INT) {
          low = v128.load(from);
          high = v128.load(from, 16);
        }
        v128.store(out, i32x4.add(v128.load(out), low));
        v128.store(out, i32x4.add(v128.load(out, 16), high), 16);
      } else {
        v128.store(out, f64x2.add(v128.load(out), realAt(from, type, 0)));
        v128.store(out, f64x2.add(v128.load(out, 16), realAt(from, type, 1)), 16);
        v128.store(out, f64x2.add(v128.load(out, 32), realAt(from, type, 2)), 32);
        v128.store(out, f64x2.add(v128.load(out, 48), realAt(from, type, 3)), 48);
      }
      from += step;
      out += outStep;
    }
    code += 20;
  }
  return code;
}

/** {5, out, count, constant}: divides float64 numbers by constants, one each. */
export function divide(code: usize, constants: usize, buffers: usize): usize {
  let divisor = constants + (<usize>at(code, 3) << 3);
  let out = addressAt(buffers, at(code, 1));
  for (const end = out + (<usize>at(code, 2) << 6); out < end; out += 64) {
    const by = v128.load64_splat(divisor);
    for (let lane: usize = 0; lane < 64; lane += 16) v128.store(out + lane, f64x2.div(v128.load(out + lane), by));
    divisor += 8;
  }
  return code + 16;
}

/** {6, out, constant}: adds the constant to a float64 number. */
export function addNumber(code: usize, constants: usize, buffers: usize): usize {
  const value = v128.load64_splat(constants + (<usize>at(code, 2) << 3));
  const out = addressAt(buffers, at(code, 1));
  for (let lane: usize = 0; lane < 64; lane += 16) v128.store(out + lane, f64x2.add(v128.load(out + lane), value));
  return code + 12;
}
