/** Instructions on numbers of kernels side by side. */

/** The number of an instruction at a place. */
@inline
export function at(code: usize, index: usize): i32 {
  return load<i32>(code + (index << 2));
}

/** The address of a kernel's number. */
@inline
export function numberAt(buffers: usize, index: i32): usize {
  return buffers + (<usize>index << 6);
}

/** {0, out, count, constant}: `count` numbers are the constant. */
export function fill(code: usize, constants: usize, buffers: usize): usize {
  const value = v128.load64_splat(constants + (<usize>at(code, 3) << 3));
  let out = numberAt(buffers, at(code, 1));
  for (const end = out + (<usize>at(code, 2) << 6); out < end; out += 64) {
    v128.store(out, value);
    v128.store(out, value, 16);
    v128.store(out, value, 32);
    v128.store(out, value, 48);
  }
  return code + 16;
}

/** {1, runs} and of each run {from, out, count, step, out's step}: adds numbers to numbers. */
export function addRuns(code: usize, buffers: usize): usize {
  const runs = at(code, 1);
  code += 8;
  for (let run = 0; run < runs; run++) {
    let from = numberAt(buffers, at(code, 0));
    let out = numberAt(buffers, at(code, 1));
    const step = <usize>at(code, 3) << 6;
    const outStep = <usize>at(code, 4) << 6;
    for (let count = at(code, 2); count > 0; count--) {
      v128.store(out, f64x2.add(v128.load(out), v128.load(from)));
      v128.store(out, f64x2.add(v128.load(out, 16), v128.load(from, 16)), 16);
      v128.store(out, f64x2.add(v128.load(out, 32), v128.load(from, 32)), 32);
      v128.store(out, f64x2.add(v128.load(out, 48), v128.load(from, 48)), 48);
      from += step;
      out += outStep;
    }
    code += 20;
  }
  return code;
}

/** {5, out, count, constant}: divides numbers by constants, one each. */
export function divide(code: usize, constants: usize, buffers: usize): usize {
  let divisor = constants + (<usize>at(code, 3) << 3);
  let out = numberAt(buffers, at(code, 1));
  for (const end = out + (<usize>at(code, 2) << 6); out < end; out += 64) {
    const by = v128.load64_splat(divisor);
    for (let lane: usize = 0; lane < 64; lane += 16) v128.store(out + lane, f64x2.div(v128.load(out + lane), by));
    divisor += 8;
  }
  return code + 16;
}

/** {6, out, count, constant}: adds the constant to numbers. */
export function addNumber(code: usize, constants: usize, buffers: usize): usize {
  const value = v128.load64_splat(constants + (<usize>at(code, 3) << 3));
  let out = numberAt(buffers, at(code, 1));
  for (const end = out + (<usize>at(code, 2) << 6); out < end; out += 64) {
    for (let lane: usize = 0; lane < 64; lane += 16) v128.store(out + lane, f64x2.add(v128.load(out + lane), value));
  }
  return code + 16;
}
