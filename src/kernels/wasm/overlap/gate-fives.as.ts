/** Gates five by five, as tables are read and made: the lowest five bits of a word of 64 units first, the last four alone. */
import { CHUNK, FIVES, ROW_BYTES } from "./packed-tables.as";

/**
 * @param words `[examples, planes]` u64
 * @param out `[⌈examples / 64⌉, planes, 13, 64]` bytes
 */
export function columnFives(words: usize, examples: i32, planes: i32, out: usize): void {
  for (let example = 0; example < examples; example++) {
    let at = out + <usize>(example >> 6) * <usize>planes * FIVES * CHUNK + <usize>(example & 63);
    for (const end = words + (<usize>planes << 3); words < end; words += 8) {
      let word = load<u64>(words);
      for (const last = at + FIVES * CHUNK; at < last; at += CHUNK) {
        store<u8>(at, <u8>word & 31);
        word >>= 5;
      }
    }
  }
}

/**
 * @param words `[examples, planes]` u64
 * @param out for each plane, `planeBytes` apart, `[examples, 16]` u16, of which 13 are written: 32 times the value of five
 */
export function rowFives(words: usize, examples: i32, planes: i32, out: usize, planeBytes: usize): void {
  for (let example = 0; example < examples; example++) {
    let plane = out;
    for (const end = words + (<usize>planes << 3); words < end; words += 8) {
      let word = load<u64>(words);
      for (let at = plane, last = plane + 2 * FIVES; at < last; at += 2) {
        store<u16>(at, (<u16>word & 31) << 5);
        word >>= 5;
      }
      plane += planeBytes;
    }
    out += ROW_BYTES;
  }
}
