/**
 * Square windows of three or five that meet every position, the commonest ones, in one pass: the sums over the rows of
 * neighbors stay in registers, and rows that are not there are rows of zeros. Of a row there are some twenty numbers, so
 * what is done once a row counts.
 */
import { INT, SHORT } from "./lines.as";

/**
 * @param size of the windows, 3 or 5
 * @param from `rows` by `columns` numbers, as many as `out` has
 * @param zeros a row of them
 */
export function smallBox(
  size: i32,
  from: usize,
  rows: i32,
  columns: i32,
  out: usize,
  how: i32,
  zeros: usize,
  type: i32,
  outType: i32,
): void {
  const isAdded = how != 0;
  if (outType == SHORT) {
    if (size == 3) smallBoxOf(3, from, rows, columns, out, zeros, SHORT, SHORT, isAdded);
    else smallBoxOf(5, from, rows, columns, out, zeros, SHORT, SHORT, isAdded);
  } else if (type == SHORT) {
    if (size == 3) smallBoxOf(3, from, rows, columns, out, zeros, SHORT, INT, isAdded);
    else smallBoxOf(5, from, rows, columns, out, zeros, SHORT, INT, isAdded);
  } else {
    if (size == 3) smallBoxOf(3, from, rows, columns, out, zeros, INT, INT, isAdded);
    else smallBoxOf(5, from, rows, columns, out, zeros, INT, INT, isAdded);
  }
}

@inline
function smallBoxOf(
  size: i32,
  from: usize,
  rows: i32,
  columns: i32,
  out: usize,
  zeros: usize,
  type: i32,
  outType: i32,
  isAdded: bool,
): void {
  const line = <usize>columns << (4 + type);
  memory.fill(zeros, 0, line);
  for (let row = 0; row < rows; row++) {
    const above = row > 0 ? from - line : zeros;
    const below = row + 1 < rows ? from + line : zeros;
    if (size == 3) {
      if (outType == SHORT) shortRow(above, from, below, out, columns, isAdded);
      else if (type == SHORT) shortToIntRow(above, from, below, out, columns, isAdded);
      else intRow(above, from, below, out, columns, isAdded);
    } else {
      const first = row > 1 ? above - line : zeros;
      const last = row + 2 < rows ? below + line : zeros;
      if (outType == SHORT) shortRowOf5(first, above, from, below, last, out, columns, isAdded);
      else if (type == SHORT) shortToIntRowOf5(first, above, from, below, last, out, columns, isAdded);
      else intRowOf5(first, above, from, below, last, out, columns, isAdded);
    }
    from += line;
    out += <usize>columns << (4 + outType);
  }
}

@inline
function shorts(a: usize, b: usize, c: usize): v128 {
  return i16x8.add(i16x8.add(v128.load(a), v128.load(b)), v128.load(c));
}

@inline
function ints(a: usize, b: usize, c: usize): v128 {
  return i32x4.add(i32x4.add(v128.load(a), v128.load(b)), v128.load(c));
}

@inline
function putShort(out: usize, value: v128, isAdded: bool): void {
  v128.store(out, isAdded ? i16x8.add(value, v128.load(out)) : value);
}

@inline
function putInt(out: usize, value: v128, isAdded: bool): void {
  v128.store(out, isAdded ? i32x4.add(value, v128.load(out)) : value);
}

@inline
function shortRow(a: usize, b: usize, c: usize, out: usize, columns: i32, isAdded: bool): void {
  let last = shorts(a, b, c);
  let two = last;
  for (let left = columns; left > 1; left--) {
    a += 16;
    b += 16;
    c += 16;
    const next = shorts(a, b, c);
    putShort(out, i16x8.add(two, next), isAdded);
    two = i16x8.add(last, next);
    last = next;
    out += 16;
  }
  putShort(out, two, isAdded);
}

@inline
function shortToIntRow(a: usize, b: usize, c: usize, out: usize, columns: i32, isAdded: bool): void {
  const first = shorts(a, b, c);
  let low = i32x4.extend_low_i16x8_u(first);
  let high = i32x4.extend_high_i16x8_u(first);
  let twoLow = low;
  let twoHigh = high;
  for (let left = columns; left > 1; left--) {
    a += 16;
    b += 16;
    c += 16;
    const next = shorts(a, b, c);
    const nextLow = i32x4.extend_low_i16x8_u(next);
    const nextHigh = i32x4.extend_high_i16x8_u(next);
    putInt(out, i32x4.add(twoLow, nextLow), isAdded);
    putInt(out + 16, i32x4.add(twoHigh, nextHigh), isAdded);
    twoLow = i32x4.add(low, nextLow);
    twoHigh = i32x4.add(high, nextHigh);
    low = nextLow;
    high = nextHigh;
    out += 32;
  }
  putInt(out, twoLow, isAdded);
  putInt(out + 16, twoHigh, isAdded);
}

@inline
function intRow(a: usize, b: usize, c: usize, out: usize, columns: i32, isAdded: bool): void {
  let low = ints(a, b, c);
  let high = ints(a + 16, b + 16, c + 16);
  let twoLow = low;
  let twoHigh = high;
  for (let left = columns; left > 1; left--) {
    a += 32;
    b += 32;
    c += 32;
    const nextLow = ints(a, b, c);
    const nextHigh = ints(a + 16, b + 16, c + 16);
    putInt(out, i32x4.add(twoLow, nextLow), isAdded);
    putInt(out + 16, i32x4.add(twoHigh, nextHigh), isAdded);
    twoLow = i32x4.add(low, nextLow);
    twoHigh = i32x4.add(high, nextHigh);
    low = nextLow;
    high = nextHigh;
    out += 32;
  }
  putInt(out, twoLow, isAdded);
  putInt(out + 16, twoHigh, isAdded);
}

@inline
function shortsOf5(a: usize, b: usize, c: usize, d: usize, e: usize): v128 {
  return i16x8.add(i16x8.add(shorts(a, b, c), v128.load(d)), v128.load(e));
}

@inline
function intsOf5(a: usize, b: usize, c: usize, d: usize, e: usize): v128 {
  return i32x4.add(i32x4.add(ints(a, b, c), v128.load(d)), v128.load(e));
}

// sums of five: the next one is added, the one that has passed taken away; whole numbers, nothing is rounded

@inline
function shortRowOf5(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  out: usize,
  columns: i32,
  isAdded: bool,
): void {
  let v = i16x8.splat(0);
  let w = v;
  let x = v;
  let y = shortsOf5(a, b, c, d, e);
  let z = columns > 1 ? shortsOf5(a + 16, b + 16, c + 16, d + 16, e + 16) : v;
  let sum = i16x8.add(y, z);
  for (let left = columns; left > 2; left--) {
    const next = shortsOf5(a + 32, b + 32, c + 32, d + 32, e + 32);
    sum = i16x8.sub(i16x8.add(sum, next), v);
    putShort(out, sum, isAdded);
    v = w;
    w = x;
    x = y;
    y = z;
    z = next;
    a += 16;
    b += 16;
    c += 16;
    d += 16;
    e += 16;
    out += 16;
  }
  sum = i16x8.sub(sum, v);
  putShort(out, sum, isAdded);
  if (columns > 1) putShort(out + 16, i16x8.sub(sum, w), isAdded);
}

@inline
function shortToIntRowOf5(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  out: usize,
  columns: i32,
  isAdded: bool,
): void {
  let v = i16x8.splat(0);
  let w = v;
  let x = v;
  let y = shortsOf5(a, b, c, d, e);
  let z = columns > 1 ? shortsOf5(a + 16, b + 16, c + 16, d + 16, e + 16) : v;
  let low = i32x4.add(i32x4.extend_low_i16x8_u(y), i32x4.extend_low_i16x8_u(z));
  let high = i32x4.add(i32x4.extend_high_i16x8_u(y), i32x4.extend_high_i16x8_u(z));
  for (let left = columns; left > 2; left--) {
    const next = shortsOf5(a + 32, b + 32, c + 32, d + 32, e + 32);
    low = i32x4.sub(i32x4.add(low, i32x4.extend_low_i16x8_u(next)), i32x4.extend_low_i16x8_u(v));
    high = i32x4.sub(i32x4.add(high, i32x4.extend_high_i16x8_u(next)), i32x4.extend_high_i16x8_u(v));
    putInt(out, low, isAdded);
    putInt(out + 16, high, isAdded);
    v = w;
    w = x;
    x = y;
    y = z;
    z = next;
    a += 16;
    b += 16;
    c += 16;
    d += 16;
    e += 16;
    out += 32;
  }
  low = i32x4.sub(low, i32x4.extend_low_i16x8_u(v));
  high = i32x4.sub(high, i32x4.extend_high_i16x8_u(v));
  putInt(out, low, isAdded);
  putInt(out + 16, high, isAdded);
  if (columns > 1) {
    putInt(out + 32, i32x4.sub(low, i32x4.extend_low_i16x8_u(w)), isAdded);
    putInt(out + 48, i32x4.sub(high, i32x4.extend_high_i16x8_u(w)), isAdded);
  }
}

/** Half of the lanes, then the other half: of all of them the registers would not hold five. */
@inline
function intRowOf5(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  out: usize,
  columns: i32,
  isAdded: bool,
): void {
  halfRowOf5(a, b, c, d, e, out, columns, isAdded);
  halfRowOf5(a + 16, b + 16, c + 16, d + 16, e + 16, out + 16, columns, isAdded);
}

function halfRowOf5(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  out: usize,
  columns: i32,
  isAdded: bool,
): void {
  let v = i32x4.splat(0);
  let w = v;
  let x = v;
  let y = intsOf5(a, b, c, d, e);
  let z = columns > 1 ? intsOf5(a + 32, b + 32, c + 32, d + 32, e + 32) : v;
  let sum = i32x4.add(y, z);
  for (let left = columns; left > 2; left--) {
    const next = intsOf5(a + 64, b + 64, c + 64, d + 64, e + 64);
    sum = i32x4.sub(i32x4.add(sum, next), v);
    putInt(out, sum, isAdded);
    v = w;
    w = x;
    x = y;
    y = z;
    z = next;
    a += 32;
    b += 32;
    c += 32;
    d += 32;
    e += 32;
    out += 32;
  }
  sum = i32x4.sub(sum, v);
  putInt(out, sum, isAdded);
  if (columns > 1) putInt(out + 32, i32x4.sub(sum, w), isAdded);
}
