/** The window of a convolution over a line of pairs (theory 3.7): sums over rows, then over columns. */
import { at, numberAt } from "./lines.as";

/**
 * {4, from, rows, columns, out, out's rows, out's columns, kernel 2, strides 2, first 2, dilations 2, constant, room}:
 * the sum over the window of each number, zeros around, plus the constant. `first` is the row and the column of `from`
 * at which the first window begins; `room` is for a row of `from`.
 */
export function boxSum(code: usize, constants: usize, buffers: usize): usize {
  const from = numberAt(buffers, at(code, 1));
  const rows = at(code, 2);
  const columns = at(code, 3);
  let out = numberAt(buffers, at(code, 4));
  const outRows = at(code, 5);
  const outColumns = at(code, 6);
  const height = at(code, 7);
  const width = at(code, 8);
  const strideRows = at(code, 9);
  const stride = at(code, 10);
  const firstRow = at(code, 11);
  const first = at(code, 12);
  const dilationRows = at(code, 13);
  const dilation = at(code, 14);
  const bias = v128.load64_splat(constants + (<usize>at(code, 15) << 3));
  const room = numberAt(buffers, at(code, 16));
  const line = <usize>columns << 6;
  for (let r = 0; r < outRows; r++) {
    const top = r * strideRows + firstRow;
    const low = firstInside(top, dilationRows);
    const high = min(height, endInside(top, dilationRows, rows));
    if (low >= high) {
      for (const end = out + (<usize>outColumns << 6); out < end; out += 16) v128.store(out, bias);
      continue;
    }
    const down = <usize>dilationRows * line;
    const sums = rowSum(from + <usize>(top + low * dilationRows) * line, high - low, down, line, room);
    for (let c = 0; c < outColumns; c++) {
      const left = c * stride + first;
      const begin = firstInside(left, dilation);
      const end = min(width, endInside(left, dilation, columns));
      let s0 = f64x2.splat(0);
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      let number = sums + (<usize>(left + begin * dilation) << 6);
      for (let b = begin; b < end; b++) {
        s0 = f64x2.add(s0, v128.load(number));
        s1 = f64x2.add(s1, v128.load(number, 16));
        s2 = f64x2.add(s2, v128.load(number, 32));
        s3 = f64x2.add(s3, v128.load(number, 48));
        number += <usize>dilation << 6;
      }
      v128.store(out, f64x2.add(s0, bias));
      v128.store(out, f64x2.add(s1, bias), 16);
      v128.store(out, f64x2.add(s2, bias), 32);
      v128.store(out, f64x2.add(s3, bias), 48);
      out += 64;
    }
  }
  return code + 68;
}

/** The first step of a window from `start` on that is not negative. */
@inline
function firstInside(start: i32, dilation: i32): i32 {
  return start >= 0 ? 0 : (dilation - 1 - start) / dilation;
}

/** Steps of a window from `start` on that are below `length`; of others none. */
@inline
function endInside(start: i32, dilation: i32, length: i32): i32 {
  return start >= length ? 0 : (length - start + dilation - 1) / dilation;
}

/** The sum of rows that are `down` bytes apart, in their order: one of them is itself. */
@inline
function rowSum(from: usize, rows: i32, down: usize, line: usize, room: usize): usize {
  if (rows == 1) return from;
  if (rows == 2) for (let i: usize = 0; i < line; i += 16) v128.store(room + i, twoRows(from + i, down));
  else {
    for (let i: usize = 0; i < line; i += 16) {
      v128.store(room + i, f64x2.add(twoRows(from + i, down), v128.load(from + i + 2 * down)));
    }
  }
  from += 3 * down;
  for (let row = 3; row < rows; row++) {
    for (let i: usize = 0; i < line; i += 16) {
      v128.store(room + i, f64x2.add(v128.load(room + i), v128.load(from + i)));
    }
    from += down;
  }
  return room;
}

@inline
function twoRows(from: usize, down: usize): v128 {
  return f64x2.add(v128.load(from), v128.load(from + down));
}
