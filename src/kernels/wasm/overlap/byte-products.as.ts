/**
 * Inner products of bytes with many zeros: of a row only pairs of neighbors that are not both 0 are visited, for 32
 * columns at a time, whose bytes stay in the first cache if they are those of a small image.
 */
import { storeTransposed } from "./transposed.as";

/** Columns of a panel. */
const PANEL: i32 = 32;
/** Bytes of a pair in a panel. */
const PAIR_BYTES: usize = 64;

/**
 * Lists of the bytes of each example that are not 0, two neighbors at a time.
 * @param bytes `[rows, size]`
 * @param lists for each row {length in bytes i32, 128 times the sum of the bytes i32} and then {offset of the pair in a
 * panel i32, the two bytes as i16}; `8 · ⌈size / 2⌉ + 8` bytes a row
 */
export function listBytes(bytes: usize, rows: i32, size: i32, lists: usize): void {
  const stride = listStride(size);
  for (let i = 0; i < rows; i++) {
    let out = lists + 8;
    let sum = 0;
    for (let x = 0; x < size; x += 8) {
      if (x + 8 <= size && load<u64>(bytes + x) == 0) continue;
      for (let y = x, end = min(x + 8, size); y < end; y += 2) {
        const pair = pairAt(bytes, y, size);
        store<i32>(out, (y >> 1) * <i32>PAIR_BYTES);
        store<i32>(out, pair, 4);
        sum += (pair & 255) + (pair >> 16);
        // no branch: the processor would rarely foresee it
        out += <usize>(pair != 0) << 3;
      }
    }
    store<i32>(lists, <i32>(out - lists));
    store<i32>(lists, sum << 7, 4);
    lists += stride;
    bytes += size;
  }
}

/**
 * Bytes of 32 examples side by side. In a lane of 16 bits, the lower byte belongs to one example and the upper, less 128
 * so that it has a sign, to the fourth behind it: a load and a shift give factors for eight.
 * @param bytes `[columns, size]`, and 16 bytes that may be read
 * @param columns a multiple of 32
 * @param panels `[columns / 32, ⌈size / 2⌉, 4, 4]` of {first u8, first of the other i8, second u8, second of the other
 * i8}, and 448 bytes that may be written
 */
export function panelBytes(bytes: usize, columns: i32, size: i32, panels: usize): void {
  for (let j = 0; j < columns; j += 8) {
    let out = panels + <usize>(j / PANEL) * panelStride(size) + (<usize>(j % PANEL) << 1);
    for (let x = 0; x < size; x += 16) {
      packSixteen(bytes + x, size, out);
      out += 8 * PAIR_BYTES;
    }
    bytes += 8 * size;
  }
}

/** Eight pairs of bytes of eight examples. */
@inline
function packSixteen(bytes: usize, size: usize, out: usize): void {
  const flip = i8x16.splat(-128);
  const other = bytes + 4 * size;
  const a = v128.load(bytes);
  const b = v128.load(bytes + size);
  const c = v128.load(bytes + 2 * size);
  const d = v128.load(bytes + 3 * size);
  const e = v128.xor(v128.load(other), flip);
  const f = v128.xor(v128.load(other + size), flip);
  const g = v128.xor(v128.load(other + 2 * size), flip);
  const h = v128.xor(v128.load(other + 3 * size), flip);
  storeTransposed(lower(a, e), lower(b, f), lower(c, g), lower(d, h), out, PAIR_BYTES);
  storeTransposed(upper(a, e), upper(b, f), upper(c, g), upper(d, h), out + 4 * PAIR_BYTES, PAIR_BYTES);
}

@inline
function lower(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

@inline
function upper(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/**
 * `products[i, j] = ⟨bytes_i, bytes_j⟩`: whole numbers below 2³¹.
 * @param lists of {@link listBytes}
 * @param panels of {@link panelBytes}
 * @param products `[rows, columns]` i32
 * @param columns a multiple of 32
 */
export function multiplyBytes(
  lists: usize,
  panels: usize,
  rows: i32,
  columns: i32,
  size: i32,
  products: usize,
): void {
  for (let j = 0; j < columns; j += PANEL) {
    multiplyPanel(lists, listStride(size), rows, panels, products + (<usize>j << 2), <usize>columns << 2);
    panels += panelStride(size);
  }
}

function multiplyPanel(lists: usize, stride: usize, rows: i32, panel: usize, out: usize, line: usize): void {
  for (let i = 0; i < rows; i++) {
    const end = lists + load<i32>(lists);
    const shift = i32x4.splat(load<i32>(lists, 4));
    // sums with whole lanes, and with their upper bytes alone: eight with what they load fit into the registers
    let lanes0 = i32x4.splat(0);
    let lanes1 = i32x4.splat(0);
    let lanes2 = i32x4.splat(0);
    let lanes3 = i32x4.splat(0);
    let upper0 = i32x4.splat(0);
    let upper1 = i32x4.splat(0);
    let upper2 = i32x4.splat(0);
    let upper3 = i32x4.splat(0);
    for (let p = lists + 8; p < end; p += 8) {
      const q = panel + load<i32>(p);
      const pair = v128.load32_splat(p, 4);
      const a = v128.load(q);
      lanes0 = i32x4.add(lanes0, i32x4.dot_i16x8_s(pair, a));
      upper0 = i32x4.add(upper0, i32x4.dot_i16x8_s(pair, i16x8.shr_s(a, 8)));
      const b = v128.load(q, 16);
      lanes1 = i32x4.add(lanes1, i32x4.dot_i16x8_s(pair, b));
      upper1 = i32x4.add(upper1, i32x4.dot_i16x8_s(pair, i16x8.shr_s(b, 8)));
      const c = v128.load(q, 32);
      lanes2 = i32x4.add(lanes2, i32x4.dot_i16x8_s(pair, c));
      upper2 = i32x4.add(upper2, i32x4.dot_i16x8_s(pair, i16x8.shr_s(c, 8)));
      const d = v128.load(q, 48);
      lanes3 = i32x4.add(lanes3, i32x4.dot_i16x8_s(pair, d));
      upper3 = i32x4.add(upper3, i32x4.dot_i16x8_s(pair, i16x8.shr_s(d, 8)));
    }
    storeEight(out, lanes0, upper0, shift);
    storeEight(out + 32, lanes1, upper1, shift);
    storeEight(out + 64, lanes2, upper2, shift);
    storeEight(out + 96, lanes3, upper3, shift);
    out += line;
    lists += stride;
  }
}

/** What runs over in 32 bits comes back when the upper bytes' part is taken away. */
@inline
function storeEight(out: usize, lanes: v128, upper: v128, shift: v128): void {
  v128.store(out, i32x4.sub(lanes, i32x4.shl(upper, 8)));
  v128.store(out, i32x4.add(upper, shift), 16);
}

/** Two bytes as two i16; the second is 0 behind the end. */
@inline
function pairAt(bytes: usize, x: i32, size: i32): i32 {
  const first = <i32>load<u8>(bytes + x);
  return x + 1 < size ? first | (<i32>load<u8>(bytes + x, 1) << 16) : first;
}

@inline
function listStride(size: i32): usize {
  return (<usize>((size + 1) >> 1) << 3) + 8;
}

@inline
function panelStride(size: i32): usize {
  return <usize>((size + 1) >> 1) * PAIR_BYTES;
}
