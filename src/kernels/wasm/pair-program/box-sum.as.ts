/**
 * The window of a convolution from its outputs to its inputs: the adjoint of a box sum (theory 3.7), sums over rows, then
 * over columns.
 */
import { addressAt, at, INT, REAL, realAt, SHORT } from "./lines.as";
import { smallBox } from "./small-box.as";

/**
 * {4, type, between, out's type, how, from, rows, columns, out, out's rows, out's columns, first 2, kernel 2, strides 2,
 * dilations 2, periods 2, room, margin}: each number of `out` is the sum of the numbers of `from` whose windows hold it;
 * stored where `how` is 0, else added. `first` is the row and the column of `out` at which the last element of the first
 * window stands, negated; `periods` are how many elements apart those of a window are that meet a stride; `room` is for a
 * row of sums of the type `between` and `margin` zeros on both sides: no window reaches further.
 */
export function boxSum(code: usize, buffers: usize): usize {
  const type = at(code, 1);
  const between = at(code, 2);
  const outType = at(code, 3);
  const how = at(code, 4);
  const from = addressAt(buffers, at(code, 5));
  const rows = at(code, 6);
  const columns = at(code, 7);
  let out = addressAt(buffers, at(code, 8));
  const outRows = at(code, 9);
  const outColumns = at(code, 10);
  const firstRow = at(code, 11);
  const height = at(code, 13);
  const strideRows = at(code, 15);
  const dilationRows = at(code, 17);
  const period = at(code, 19);
  const isSquare = strideRows == 1 && dilationRows == 1 && (height == 3 || height == 5) && 2 * firstRow == 1 - height;
  const isWhole = between == type && outType != REAL;
  if (isSquare && isWhole && outRows == rows && isSquareAcross(code, height, columns, outColumns)) {
    smallBox(height, from, rows, columns, out, how, addressAt(buffers, at(code, 21)), type, outType);
    return code + 92;
  }
  const margin = <usize>at(code, 22) << (4 + between);
  const sums = addressAt(buffers, at(code, 21)) + margin;
  const line = <usize>columns << (4 + type);
  memory.fill(sums - margin, 0, margin);
  memory.fill(sums + (<usize>columns << (4 + between)), 0, margin);
  const isPlain = strideRows == 1 && dilationRows == 1;
  const down = isPlain ? 1 : (dilationRows * period) / strideRows;
  for (let r = 0; r < outRows; r++) {
    // the rows whose windows hold this one, from the one that ends with it
    let begin = r + firstRow;
    let low = max(0, -begin);
    let high = min(height, rows - begin);
    if (!isPlain) {
      let element = 0;
      while (element < period && (begin + element * dilationRows) % strideRows != 0) element++;
      const elements = element < period ? (height - element + period - 1) / period : 0;
      begin = (begin + element * dilationRows) / strideRows;
      low = firstInside(begin, down);
      high = min(elements, endInside(begin, down, rows));
    }
    const end = out + (<usize>outColumns << (4 + outType));
    if (low < high) {
      const start = from + <usize>(begin + low * down) * line;
      rowSums(start, high - low, <usize>down * line, line, sums, type, between);
      columnSums(code, sums, out, outColumns, how, between, outType);
    } else if (how == 0) memory.fill(out, 0, end - out);
    out = end;
  }
  return code + 92;
}

/** Whether windows of a height are as wide, meet every column, and leave as many as there are. */
@inline
function isSquareAcross(code: usize, height: i32, columns: i32, outColumns: i32): bool {
  const isPlain = at(code, 14) == height && at(code, 16) == 1 && at(code, 18) == 1;
  return isPlain && at(code, 12) == at(code, 11) && columns == outColumns;
}

/** The first step from `start` on that is not negative. */
@inline
function firstInside(start: i32, step: i32): i32 {
  return start >= 0 ? 0 : (step - 1 - start) / step;
}

/** Steps from `start` on that are below `length`; of others none. */
@inline
function endInside(start: i32, step: i32, length: i32): i32 {
  return start >= length ? 0 : (length - start + step - 1) / step;
}

@inline
function sumOf(a: v128, b: v128, type: i32): v128 {
  return type == SHORT ? i16x8.add(a, b) : type == INT ? i32x4.add(a, b) : f64x2.add(a, b);
}

/** The sum of rows that are `down` bytes apart. */
function rowSums(from: usize, rows: i32, down: usize, line: usize, room: usize, type: i32, between: i32): void {
  if (type == between) {
    if (type == SHORT) rowSum(from, rows, down, line, room, SHORT);
    else if (type == INT) rowSum(from, rows, down, line, room, INT);
    else rowSum(from, rows, down, line, room, REAL);
  } else if (type == SHORT) {
    for (const end = from + line; from < end; from += 16, room += 32) {
      let low = i32x4.splat(0);
      let high = low;
      let at = from;
      for (let row = 0; row < rows; row++, at += down) {
        low = i32x4.add(low, i32x4.extend_low_i16x8_u(v128.load(at)));
        high = i32x4.add(high, i32x4.extend_high_i16x8_u(v128.load(at)));
      }
      v128.store(room, low);
      v128.store(room, high, 16);
    }
  } else {
    for (const end = from + line; from < end; from += 16, room += 32) {
      let low = f64x2.splat(0);
      let high = low;
      let at = from;
      for (let row = 0; row < rows; row++, at += down) {
        low = f64x2.add(low, f64x2.convert_low_i32x4_s(v128.load(at)));
        high = f64x2.add(high, f64x2.convert_low_i32x4_s(v128.load64_zero(at, 8)));
      }
      v128.store(room, low);
      v128.store(room, high, 16);
    }
  }
}

@inline
function rowSum(from: usize, rows: i32, down: usize, line: usize, room: usize, type: i32): void {
  const end = from + line;
  if (rows == 1) memory.copy(room, from, line);
  else if (rows == 2) {
    for (; from < end; from += 16, room += 16) v128.store(room, sumOf(v128.load(from), v128.load(from + down), type));
  } else if (rows == 3) {
    for (; from < end; from += 16, room += 16) {
      const two = sumOf(v128.load(from), v128.load(from + down), type);
      v128.store(room, sumOf(two, v128.load(from + 2 * down), type));
    }
  } else if (rows == 5) {
    for (; from < end; from += 16, room += 16) {
      const two = sumOf(v128.load(from), v128.load(from + down), type);
      const more = sumOf(v128.load(from + 2 * down), v128.load(from + 3 * down), type);
      v128.store(room, sumOf(sumOf(two, more, type), v128.load(from + 4 * down), type));
    }
  } else {
    for (; from < end; from += 16, room += 16) {
      let at = from;
      let sum = v128.load(at);
      for (let row = 1; row < rows; row++) {
        at += down;
        sum = sumOf(sum, v128.load(at), type);
      }
      v128.store(room, sum);
    }
  }
}

function columnSums(code: usize, sums: usize, out: usize, outColumns: i32, how: i32, type: i32, outType: i32): void {
  switch ((type << 2) | outType) {
    case 0:
      return shortSums(code, sums, out, outColumns, how);
    case 1:
      return shortToIntSums(code, sums, out, outColumns, how);
    case 5:
      return intSums(code, sums, out, outColumns, how);
    case 6:
      return intToRealSums(code, sums, out, outColumns, how);
    default:
      return realSums(code, sums, out, outColumns, how);
  }
}

// a function each: the compiler takes minutes for all of them in one
function shortSums(code: usize, sums: usize, out: usize, outColumns: i32, how: i32): void {
  columnSumsOf(code, sums, out, outColumns, how, SHORT, SHORT);
}

function shortToIntSums(code: usize, sums: usize, out: usize, outColumns: i32, how: i32): void {
  columnSumsOf(code, sums, out, outColumns, how, SHORT, INT);
}

function intSums(code: usize, sums: usize, out: usize, outColumns: i32, how: i32): void {
  columnSumsOf(code, sums, out, outColumns, how, INT, INT);
}

function intToRealSums(code: usize, sums: usize, out: usize, outColumns: i32, how: i32): void {
  columnSumsOf(code, sums, out, outColumns, how, INT, REAL);
}

function realSums(code: usize, sums: usize, out: usize, outColumns: i32, how: i32): void {
  columnSumsOf(code, sums, out, outColumns, how, REAL, REAL);
}

/** Columns a stride apart are held by elements a period apart: the same ones for all of them, at neighbors. */
@inline
function columnSumsOf(
  code: usize,
  sums: usize,
  out: usize,
  outColumns: i32,
  how: i32,
  type: i32,
  outType: i32,
): void {
  const first = at(code, 12);
  const width = at(code, 14);
  const stride = at(code, 16);
  const dilation = at(code, 18);
  const period = at(code, 20);
  const pitch = <usize>((dilation * period) / stride) << (4 + type);
  for (let c = 0; c < min(stride, outColumns); c++) {
    let element = 0;
    let begin = c + first;
    if (stride > 1) {
      while (element < period && (begin + element * dilation) % stride != 0) element++;
      begin = (begin + element * dilation) / stride;
    }
    const elements = stride == 1 ? width : element < period ? (width - element + period - 1) / period : 0;
    const from = sums + (<usize>begin << (4 + type));
    const to = out + (<usize>c << (4 + outType));
    const count = stride == 1 ? outColumns : (outColumns - c + stride - 1) / stride;
    windowSums(from, elements, pitch, to, count, <usize>stride << (4 + outType), how, type, outType);
  }
}

/** For each of `count` neighbors the sum of so many numbers `pitch` bytes apart. */
@inline
function windowSums(
  from: usize,
  elements: i32,
  pitch: usize,
  out: usize,
  count: i32,
  outStep: usize,
  how: i32,
  type: i32,
  outType: i32,
): void {
  if (elements == 3) sumsOf(from, 3, pitch, out, count, outStep, how, type, outType);
  else if (elements == 5) sumsOf(from, 5, pitch, out, count, outStep, how, type, outType);
  else sumsOf(from, elements, pitch, out, count, outStep, how, type, outType);
}

@inline
function sumsOf(
  from: usize,
  elements: i32,
  pitch: usize,
  out: usize,
  count: i32,
  outStep: usize,
  how: i32,
  type: i32,
  outType: i32,
): void {
  for (; count > 0; count--) {
    sumAt(from, elements, pitch, out, 0, how, type, outType);
    if (outType != SHORT) sumAt(from, elements, pitch, out, 1, how, type, outType);
    if (outType == REAL) {
      sumAt(from, elements, pitch, out, 2, how, type, outType);
      sumAt(from, elements, pitch, out, 3, how, type, outType);
    }
    from += <usize>16 << type;
    out += outStep;
  }
}

@inline
function sumAt(
  from: usize,
  elements: i32,
  pitch: usize,
  out: usize,
  vector: i32,
  how: i32,
  type: i32,
  outType: i32,
): void {
  let sum = i32x4.splat(0);
  if (elements == 3) {
    sum = sumOf(twoAt(from, pitch, vector, type, outType), vectorAt(from + 2 * pitch, vector, type, outType), outType);
  } else if (elements == 5) {
    const four = sumOf(
      twoAt(from, pitch, vector, type, outType),
      twoAt(from + 2 * pitch, pitch, vector, type, outType),
      outType,
    );
    sum = sumOf(four, vectorAt(from + 4 * pitch, vector, type, outType), outType);
  } else {
    for (let i = 0; i < elements; i++, from += pitch) {
      sum = sumOf(sum, vectorAt(from, vector, type, outType), outType);
    }
  }
  const place = out + <usize>(vector << 4);
  v128.store(place, how == 0 ? sum : sumOf(sum, v128.load(place), outType));
}

@inline
function twoAt(from: usize, pitch: usize, vector: i32, type: i32, outType: i32): v128 {
  return sumOf(vectorAt(from, vector, type, outType), vectorAt(from + pitch, vector, type, outType), outType);
}

/** A vector of the number at an address, as numbers of the other type. */
@inline
function vectorAt(address: usize, vector: i32, type: i32, outType: i32): v128 {
  if (type == outType) return v128.load(address + <usize>(vector << 4));
  if (type == INT) return realAt(address, INT, vector);
  const eight = v128.load(address);
  return vector == 0 ? i32x4.extend_low_i16x8_u(eight) : i32x4.extend_high_i16x8_u(eight);
}
