/**
 * Overlaps by tables of halved bytes. A line of a table says for five units and one of the 32 values of their gates how
 * many of these are on in each of 64 examples: up to 5, so that three lines add up to 15, which is all that half a byte
 * holds. One load serves 32 examples: tables of whole bytes wait for their loads, and took twice as long. Tables of five
 * units stay in the first cache, of six they would not. Popcounts in scalar registers and `i8x16.popcnt` are slower still.
 */

/** Examples of a table. */
export const CHUNK: usize = 64;
/** Fives of units in a plane of 64 units, the last of them four. */
export const FIVES: usize = 13;
/** Bytes that the values of the gates of 64 examples take in a plane: one for each five units. */
export const PLANE_BYTES: usize = FIVES * CHUNK;
/** Bytes that the gates of a row take in a plane: u16, 32 times the value of five gates; three more for alignment. */
export const ROW_BYTES: usize = 32;

/** Bytes of a line: two examples, 16 apart, in each. */
const LINE: usize = CHUNK / 2;
/** Bytes of the 32 lines of five units. */
const FIVE_BYTES: usize = 32 * LINE;

/**
 * @param gates `[13, 64]` bytes: the values of five gates of 64 examples
 * @param table `[13, 32, 32]` bytes
 */
export function makePackedTable(gates: usize, table: usize): void {
  for (const end = table + FIVES * FIVE_BYTES; table < end; table += FIVE_BYTES) {
    fillLines(gates, table);
    fillLines(gates + 32, table + 16);
    gates += CHUNK;
  }
}

/** The half of 32 lines that belongs to 32 examples. */
@inline
function fillLines(gates: usize, out: usize): void {
  const low = v128.load(gates);
  const high = v128.load(gates, 16);
  const a = v128.or(v128.and(low, i8x16.splat(1)), v128.and(i16x8.shl(high, 4), i8x16.splat(16)));
  const b = v128.or(v128.and(i16x8.shr_u(low, 1), i8x16.splat(1)), v128.and(i16x8.shl(high, 3), i8x16.splat(16)));
  const c = v128.or(v128.and(i16x8.shr_u(low, 2), i8x16.splat(1)), v128.and(i16x8.shl(high, 2), i8x16.splat(16)));
  const d = v128.or(v128.and(i16x8.shr_u(low, 3), i8x16.splat(1)), v128.and(i16x8.shl(high, 1), i8x16.splat(16)));
  const e = v128.or(v128.and(i16x8.shr_u(low, 4), i8x16.splat(1)), v128.and(high, i8x16.splat(16)));
  const ab = i8x16.add(a, b);
  fillFour(out, i8x16.splat(0), a, b, ab);
  fillFour(out + 128, c, a, b, ab);
  fillFour(out + 256, d, a, b, ab);
  fillFour(out + 384, i8x16.add(c, d), a, b, ab);
  fillFour(out + 512, e, a, b, ab);
  fillFour(out + 640, i8x16.add(c, e), a, b, ab);
  fillFour(out + 768, i8x16.add(d, e), a, b, ab);
  fillFour(out + 896, i8x16.add(i8x16.add(c, d), e), a, b, ab);
}

@inline
function fillFour(out: usize, on: v128, a: v128, b: v128, ab: v128): void {
  v128.store(out, on);
  v128.store(out, i8x16.add(on, a), LINE);
  v128.store(out, i8x16.add(on, b), 2 * LINE);
  v128.store(out, i8x16.add(on, ab), 3 * LINE);
}

/**
 * For each row what it shares with 64 examples in 64 units, or in all up to them.
 * @param gates `[rows, 16]` u16, of which 13 are read
 * @param table of {@link makePackedTable}
 * @param out `[rows, 64]` bytes
 * @param more whether the counts are added to those there
 */
@inline
export function countPacked(gates: usize, table: usize, out: usize, rows: i32, more: bool): void {
  const low = i8x16.splat(15);
  for (let row = 0; row < rows; row++) {
    // sums of halved bytes, in which the lower halves run over into the upper ones, and sums of the upper halves
    let both0 = i16x8.splat(0);
    let both1 = i16x8.splat(0);
    let upper0 = i8x16.splat(0);
    let upper1 = i8x16.splat(0);
    let at = table;
    for (const end = gates + 24; gates < end; gates += 6) {
      const a = at + <usize>load<u16>(gates);
      const b = at + <usize>load<u16>(gates, 2);
      const c = at + <usize>load<u16>(gates, 4);
      const on0 = i8x16.add(i8x16.add(v128.load(a), v128.load(b, FIVE_BYTES)), v128.load(c, 2 * FIVE_BYTES));
      const on1 = i8x16.add(
        i8x16.add(v128.load(a, 16), v128.load(b, FIVE_BYTES + 16)),
        v128.load(c, 2 * FIVE_BYTES + 16),
      );
      both0 = i16x8.add(both0, on0);
      both1 = i16x8.add(both1, on1);
      upper0 = i8x16.add(upper0, v128.and(i16x8.shr_u(on0, 4), low));
      upper1 = i8x16.add(upper1, v128.and(i16x8.shr_u(on1, 4), low));
      at += 3 * FIVE_BYTES;
    }
    const last = at + <usize>load<u16>(gates);
    const on0 = v128.load(last);
    const on1 = v128.load(last, 16);
    both0 = i16x8.add(both0, on0);
    both1 = i16x8.add(both1, on1);
    upper0 = i8x16.add(upper0, v128.and(i16x8.shr_u(on0, 4), low));
    upper1 = i8x16.add(upper1, v128.and(i16x8.shr_u(on1, 4), low));
    let lower0 = i16x8.sub(both0, i16x8.shl(upper0, 4));
    let lower1 = i16x8.sub(both1, i16x8.shl(upper1, 4));
    if (more) {
      lower0 = i8x16.add(lower0, v128.load(out));
      upper0 = i8x16.add(upper0, v128.load(out, 16));
      lower1 = i8x16.add(lower1, v128.load(out, 32));
      upper1 = i8x16.add(upper1, v128.load(out, 48));
    }
    v128.store(out, lower0);
    v128.store(out, upper0, 16);
    v128.store(out, lower1, 32);
    v128.store(out, upper1, 48);
    gates += ROW_BYTES - 24;
    out += CHUNK;
  }
}
