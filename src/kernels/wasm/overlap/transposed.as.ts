/** Stores four lines of four 32-bit numbers as columns: four lines, `line` bytes apart. */
@inline
export function storeTransposed(a: v128, b: v128, c: v128, d: v128, out: usize, line: usize): void {
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const upperAb = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const upperCd = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(out, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(out + line, i64x2.shuffle(ab, cd, 1, 3));
  v128.store(out + 2 * line, i64x2.shuffle(upperAb, upperCd, 0, 2));
  v128.store(out + 3 * line, i64x2.shuffle(upperAb, upperCd, 1, 3));
}

/**
 * Writes `rows` lines of `columns` numbers transposed.
 * @param line bytes from a line to the next
 * @param rows a multiple of 4, as `columns`
 * @param outLine as `line`, of the `columns` lines that are written
 */
export function transposeLines<T>(from: usize, line: usize, rows: i32, columns: i32, out: usize, outLine: usize): void {
  for (let i = 0; i < rows; i += 4) {
    let at = from;
    let to = out;
    for (let j = 0; j < columns; j += 4) {
      if (sizeof<T>() == 8) {
        transposeTwo(at, line, to, outLine);
        transposeTwo(at + 16, line, to + 2 * outLine, outLine);
        transposeTwo(at + 2 * line, line, to + 16, outLine);
        transposeTwo(at + 2 * line + 16, line, to + 2 * outLine + 16, outLine);
      } else {
        const b = at + line;
        const c = b + line;
        storeTransposed(v128.load(at), v128.load(b), v128.load(c), v128.load(c + line), to, outLine);
      }
      at += 4 * sizeof<T>();
      to += 4 * outLine;
    }
    from += 4 * line;
    out += 4 * sizeof<T>();
  }
}

@inline
function transposeTwo(from: usize, line: usize, to: usize, toLine: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + line);
  v128.store(to, i64x2.shuffle(a, b, 0, 2));
  v128.store(to + toLine, i64x2.shuffle(a, b, 1, 3));
}
