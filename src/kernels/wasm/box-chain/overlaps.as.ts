/**
 * Overlaps of two examples' gates, laid out by displacement: for the pairs `(i, i + t)` of sixteen displacements side by
 * side, a line over `i`. Box sums then read them one after the other.
 *
 * They come from tables, as in overlap/packed-tables.as.ts, but a row reads its table from position `i + t` on,
 * wherever that is. A byte holds two counts, of positions 32 apart: what counting takes is loads, and these are half.
 */

/** Displacements of a block. */
export const BLOCK: i32 = 16;
/** Displacements counted at a time. */
const SPAN: i32 = 64;
/** Fives of channels in a plane of 64 channels, the last of four. */
const GROUPS: usize = 13;
/**
 * Positions of a table, which then stays in the second cache; an odd number of vectors, so that its lines stand in
 * different sets of the first. With 1168, all positions of a map of 32×32 in one table, counting took an eighth longer.
 */
const TABLE_LINE: usize = 336;
const GROUP_SIZE: usize = 32 * TABLE_LINE;
/** Positions that a row reads from where it begins: two counts in each. */
const READ: i32 = SPAN / 2;

/**
 * `counts[i, t]`, each a byte: channels on in position `i` of one example and `i + t` of the other, `first ≤ t < last`;
 * zeros in the `halo` rows before the first and behind the last `i` that there are.
 * @param left for each position `[planes, 13]` u16: {@link TABLE_LINE} times the value of five gates; positions are
 * `leftStride` bytes apart
 * @param right `[planes, 13, line]` bytes, each five gates, position 0 of the first line; 64 zeros stand before positions,
 * 80 behind
 * @param planes at most 3, so that a count is a byte
 * @param counts `[(last − first) / 16, blockSize]`, in each `[positions, 16]` bytes from here on
 * @param first and `last` multiples of 64
 * @param table `[13, 32, 336]` bytes of room
 */
export function countOverlaps(
  left: usize,
  right: usize,
  line: i32,
  positions: i32,
  planes: i32,
  leftStride: i32,
  counts: usize,
  blockSize: i32,
  halo: i32,
  first: i32,
  last: i32,
  table: usize,
): void {
  for (let t = first; t < last; t += SPAN) {
    const out = counts + blocksBefore(t, first, blockSize);
    clearAround(out, blockSize, halo, firstRow(t), lastRow(t, positions));
  }
  // where a row begins to read
  const lowest = max(first, -SPAN);
  const end = min(positions, positions + last - SPAN);
  const step = <i32>TABLE_LINE - READ;
  for (let plane = 0; plane < planes; plane++) {
    for (let start = lowest; start < end; start += step) {
      const stop = min(end, start + step);
      makeTable(right + start, line, <usize>((stop - start + READ + 15) & -16), table);
      for (let t = first; t < last; t += SPAN) {
        const from = max(firstRow(t), start - t);
        const to = min(lastRow(t, positions), stop - t);
        if (from >= to) continue;
        const out = counts + blocksBefore(t, first, blockSize) + <usize>(from << 4);
        const gates = left + <usize>(from * leftStride);
        const at = table + <usize>(from + t - start);
        if (plane == 0) countRows(gates, leftStride, at, out, blockSize, to - from, false);
        else countRows(gates, leftStride, at, out, blockSize, to - from, true);
      }
    }
    left += GROUPS * 2;
    right += GROUPS * <usize>line;
  }
}

@inline
function blocksBefore(t: i32, first: i32, blockSize: i32): usize {
  return <usize>((t - first) >> 4) * <usize>blockSize;
}

/** Rows `i` where `i + t` or one of the displacements behind it is a position. */
@inline
function firstRow(t: i32): i32 {
  return max(0, 1 - SPAN - t);
}

@inline
function lastRow(t: i32, positions: i32): i32 {
  return min(positions, positions - t);
}

function clearAround(counts: usize, blockSize: i32, halo: i32, from: i32, to: i32): void {
  for (let block = 0; block < SPAN / BLOCK; block++) {
    memory.fill(counts + ((from - halo) << 4), 0, <usize>halo << 4);
    memory.fill(counts + (to << 4), 0, <usize>halo << 4);
    counts += <usize>blockSize;
  }
}

/**
 * For each five channels and each of the 32 values of their gates: how many of these are on in a position, and 16 times
 * how many 32 positions behind it.
 * @param gates `[13]` lines of bytes, `line` bytes apart
 * @param positions a multiple of 16
 * @param table `[13, 32, 336]` bytes
 */
function makeTable(gates: usize, line: i32, positions: usize, table: usize): void {
  for (let group: usize = 0; group < GROUPS; group++) {
    for (let at: usize = 0; at < positions; at += 16) {
      const near = v128.load(gates + at);
      const far = v128.load(gates + at, 32);
      const a = bits(near, i16x8.shl(far, 4));
      const b = bits(i16x8.shr_u(near, 1), i16x8.shl(far, 3));
      const c = bits(i16x8.shr_u(near, 2), i16x8.shl(far, 2));
      const d = bits(i16x8.shr_u(near, 3), i16x8.shl(far, 1));
      const e = bits(i16x8.shr_u(near, 4), far);
      const out = table + at;
      storeEight(out, i8x16.splat(0), a, b, c);
      storeEight(out + 8 * TABLE_LINE, d, a, b, c);
      storeEight(out + 16 * TABLE_LINE, e, a, b, c);
      storeEight(out + 24 * TABLE_LINE, i8x16.add(d, e), a, b, c);
    }
    gates += <usize>line;
    table += GROUP_SIZE;
  }
}

/** The lowest bit of each byte of one vector, the fifth of the other. */
@inline
function bits(lowest: v128, fifth: v128): v128 {
  return v128.or(v128.and(lowest, i8x16.splat(1)), v128.and(fifth, i8x16.splat(16)));
}

/** Lines of the eight subsets of three channels, more channels' counts added to each. */
@inline
function storeEight(out: usize, more: v128, a: v128, b: v128, c: v128): void {
  const withA = i8x16.add(more, a);
  const withB = i8x16.add(more, b);
  const withBoth = i8x16.add(withA, b);
  v128.store(out, more);
  v128.store(out, withA, TABLE_LINE);
  v128.store(out, withB, 2 * TABLE_LINE);
  v128.store(out, withBoth, 3 * TABLE_LINE);
  v128.store(out, i8x16.add(more, c), 4 * TABLE_LINE);
  v128.store(out, i8x16.add(withA, c), 5 * TABLE_LINE);
  v128.store(out, i8x16.add(withB, c), 6 * TABLE_LINE);
  v128.store(out, i8x16.add(withBoth, c), 7 * TABLE_LINE);
}

/**
 * For each row the sums of 13 lines of the table, each row from a position further on. Three lines are added before a
 * byte is taken apart: two counts of at most 15.
 * @param gates of each row 13 u16; rows are `stride` bytes apart
 * @param out four blocks of displacements
 * @param more whether the counts are added to those there: a constant of the caller
 */
@inline
function countRows(gates: usize, stride: i32, table: usize, out: usize, blockSize: i32, rows: i32, more: bool): void {
  const out1 = out + <usize>blockSize;
  const out2 = out1 + <usize>blockSize;
  const out3 = out2 + <usize>blockSize;
  const low = i8x16.splat(15);
  for (let at: usize = 0; at < <usize>rows << 4; at += 16) {
    let s0 = more ? v128.load(out + at) : i8x16.splat(0);
    let s1 = more ? v128.load(out1 + at) : i8x16.splat(0);
    let s2 = more ? v128.load(out2 + at) : i8x16.splat(0);
    let s3 = more ? v128.load(out3 + at) : i8x16.splat(0);
    let lines = table;
    for (const end = gates + 24; gates < end; gates += 6) {
      const a = lines + <usize>load<u16>(gates);
      const b = lines + <usize>load<u16>(gates, 2);
      const c = lines + <usize>load<u16>(gates, 4);
      let x = i8x16.add(v128.load(a), v128.load(b, GROUP_SIZE));
      let y = i8x16.add(v128.load(a, 16), v128.load(b, GROUP_SIZE + 16));
      x = i8x16.add(x, v128.load(c, 2 * GROUP_SIZE));
      y = i8x16.add(y, v128.load(c, 2 * GROUP_SIZE + 16));
      s0 = i8x16.add(s0, v128.and(x, low));
      s1 = i8x16.add(s1, v128.and(y, low));
      s2 = i8x16.add(s2, v128.and(i16x8.shr_u(x, 4), low));
      s3 = i8x16.add(s3, v128.and(i16x8.shr_u(y, 4), low));
      lines += 3 * GROUP_SIZE;
    }
    const a = lines + <usize>load<u16>(gates);
    const x = v128.load(a);
    const y = v128.load(a, 16);
    v128.store(out + at, i8x16.add(s0, v128.and(x, low)));
    v128.store(out1 + at, i8x16.add(s1, v128.and(y, low)));
    v128.store(out2 + at, i8x16.add(s2, v128.and(i16x8.shr_u(x, 4), low)));
    v128.store(out3 + at, i8x16.add(s3, v128.and(i16x8.shr_u(y, 4), low)));
    gates += <usize>(stride - 24);
    table++;
  }
}
