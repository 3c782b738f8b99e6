/**
 * Symmetric band matrices to tridiagonal form by reflections that chase the bulge which each of them makes down the band
 * (Lang, "A parallel algorithm for reducing symmetric banded matrices to tridiagonal form", 1993): 6 n² b operations.
 * Compiled by scripts/build-wasm.ts, timed by bench/spectrum.bench.ts.
 *
 * Element `(i, j)`, `0 ≤ i − j ≤ 2b`, of the lower triangle lies at `origin + 8 (i · stride + j)`, `stride = 2b`: blocks
 * of it are dense matrices, and elements beyond the band of width `b` are zero at first.
 */

/** Where the caller's data begin, behind the module's own. */
export function dataStart(): usize {
  return __heap_base;
}

/**
 * The reflections that make columns upper triangular (Householder): 2 m b² operations.
 * @param panel `columns` of `length` numbers, one after the other; they are replaced by the vectors `v` of the
 * reflections `I − v vᵀ`, of squared length 2, or 0 where there is nothing to reflect
 * @param upper `[columns, columns]`: what the columns become
 */
export function reflectPanel(panel: usize, length: i32, columns: i32, upper: usize): void {
  const line = <usize>length << 3;
  memory.fill(upper, 0, <usize>(columns * columns) << 3);
  for (let j = 0; j < columns; j++) {
    const v = panel + <usize>j * line;
    for (let i = 0; i < j; i++) {
      const at = v + (<usize>i << 3);
      store<f64>(upper + (<usize>(i * columns + j) << 3), load<f64>(at));
      store<f64>(at, 0);
    }
    const start = v + (<usize>j << 3);
    const isReflected = reflectColumn(start, 8, length - j, start);
    store<f64>(upper + (<usize>(j * columns + j) << 3), load<f64>(KEPT));
    if (!isReflected) store<f64>(start, 0);
    else {
      for (let other = j + 1; other < columns; other++) {
        const column = panel + <usize>other * line + (<usize>j << 3);
        add(column, start, -dot(column, start, length - j), length - j);
      }
    }
  }
}

/**
 * Eliminates the columns `from` to `to − 1` below the first subdiagonal. They must follow each other.
 * @param origin address of element `(0, 0)`; `2b` elements lie before it
 * @param room `3b` numbers
 */
export function chaseBulges(origin: usize, n: i32, width: i32, from: i32, to: i32, room: usize): void {
  const line = <usize>width << 4;
  const other = room + (<usize>width << 3);
  const products = other + (<usize>width << 3);
  for (let column = from; column < to; column++) {
    let first = column + 1;
    let size = min(width, n - first);
    let v = room;
    let next = other;
    let isReflected = eliminate(origin + <usize>first * line + (<usize>column << 3), line, size, v);
    while (true) {
      const diagonal = origin + <usize>first * line + (<usize>first << 3);
      if (isReflected) reflectBothSides(diagonal, line, size, v, products);
      const below = min(width, n - first - size);
      if (below <= 0) break;
      const block = diagonal + <usize>size * line;
      if (isReflected) reflectRows(block, line, below, size, v);
      const isNextReflected = eliminate(block, line, below, next);
      if (isNextReflected) reflectColumns(block + 8, line, below, size - 1, next, products);
      isReflected = isNextReflected;
      const spare = v;
      v = next;
      next = spare;
      first += size;
      size = below;
    }
  }
}

/** Where {@link reflectColumn} leaves what it makes of the first number. */
const KEPT = memory.data(8);

/**
 * The vector of the reflection `I − v vᵀ` of a column onto the first axis, of squared length 2, at `v`, which may be the
 * column; whether there is anything to reflect.
 */
@inline
function reflectColumn(column: usize, line: usize, size: i32, v: usize): bool {
  let largest: f64 = 0;
  let at = column + line;
  for (let i = 1; i < size; i++) {
    largest = max(largest, abs(load<f64>(at)));
    at += line;
  }
  const head = load<f64>(column);
  store<f64>(KEPT, head);
  if (largest == 0) return false;
  largest = max(largest, abs(head));
  const scale = 1 / largest;
  let square: f64 = 0;
  at = column;
  for (let i = 0; i < size; i++) {
    const x = load<f64>(at) * scale;
    store<f64>(v + (<usize>i << 3), x);
    square += x * x;
    at += line;
  }
  const top = head * scale;
  const length = top >= 0 ? -sqrt(square) : sqrt(square);
  store<f64>(KEPT, length * largest);
  store<f64>(v, top - length);
  // |v|² = 2 (length² − top · length)
  const factor = 1 / sqrt(square - top * length);
  for (let i = 0; i < size; i++) store<f64>(v + (<usize>i << 3), load<f64>(v + (<usize>i << 3)) * factor);
  return true;
}

/** Replaces a column by its reflection onto the first axis. */
@inline
function eliminate(column: usize, line: usize, size: i32, v: usize): bool {
  if (!reflectColumn(column, line, size, v)) return false;
  store<f64>(column, load<f64>(KEPT));
  for (let i = 1; i < size; i++) {
    column += line;
    store<f64>(column, 0);
  }
  return true;
}

/** `(I − v vᵀ) A (I − v vᵀ)` of a symmetric block, its lower triangle. */
@inline
function reflectBothSides(block: usize, line: usize, size: i32, v: usize, p: usize): void {
  // p = A v
  memory.fill(p, 0, <usize>size << 3);
  let row = block;
  for (let i = 0; i < size; i++) {
    const vi = load<f64>(v + (<usize>i << 3));
    const sum = dotAndAdd(row, v, p, vi, i);
    const at = p + (<usize>i << 3);
    store<f64>(at, load<f64>(at) + sum + load<f64>(row + (<usize>i << 3)) * vi);
    row += line;
  }
  // w = p − ½ (vᵀ p) v
  const half = -0.5 * dot(p, v, size);
  add(p, v, half, size);
  // A − v wᵀ − w vᵀ
  row = block;
  for (let i = 0; i < size; i++) {
    addTwo(row, p, -load<f64>(v + (<usize>i << 3)), v, -load<f64>(p + (<usize>i << 3)), i + 1);
    row += line;
  }
}

/** `A (I − v vᵀ)`. */
@inline
function reflectRows(block: usize, line: usize, rows: i32, columns: i32, v: usize): void {
  for (let i = 0; i < rows; i++) {
    add(block, v, -dot(block, v, columns), columns);
    block += line;
  }
}

/** `(I − v vᵀ) A`. */
@inline
function reflectColumns(block: usize, line: usize, rows: i32, columns: i32, v: usize, sums: usize): void {
  memory.fill(sums, 0, <usize>columns << 3);
  let row = block;
  let i = 0;
  for (; i + 1 < rows; i += 2) {
    const at = v + (<usize>i << 3);
    addTwo(sums, row, load<f64>(at), row + line, load<f64>(at + 8), columns);
    row += 2 * line;
  }
  if (i < rows) add(sums, row, load<f64>(v + (<usize>i << 3)), columns);
  row = block;
  for (i = 0; i < rows; i++) {
    add(row, sums, -load<f64>(v + (<usize>i << 3)), columns);
    row += line;
  }
}

@inline
function dot(a: usize, b: usize, count: i32): f64 {
  let s = f64x2.splat(0);
  let t = f64x2.splat(0);
  let i = 0;
  for (; i + 3 < count; i += 4) {
    s = f64x2.add(s, f64x2.mul(v128.load(a), v128.load(b)));
    t = f64x2.add(t, f64x2.mul(v128.load(a, 16), v128.load(b, 16)));
    a += 32;
    b += 32;
  }
  s = f64x2.add(s, t);
  let sum = f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
  for (; i < count; i++) {
    sum += load<f64>(a) * load<f64>(b);
    a += 8;
    b += 8;
  }
  return sum;
}

/** `to + factor · from`. */
@inline
function add(to: usize, from: usize, factor: f64, count: i32): void {
  const f = f64x2.splat(factor);
  let i = 0;
  for (; i + 3 < count; i += 4) {
    v128.store(to, f64x2.add(v128.load(to), f64x2.mul(v128.load(from), f)));
    v128.store(to, f64x2.add(v128.load(to, 16), f64x2.mul(v128.load(from, 16), f)), 16);
    to += 32;
    from += 32;
  }
  for (; i < count; i++) {
    store<f64>(to, load<f64>(to) + factor * load<f64>(from));
    to += 8;
    from += 8;
  }
}

/** `to + f · a + g · b`. */
@inline
function addTwo(to: usize, a: usize, f: f64, b: usize, g: f64, count: i32): void {
  const ff = f64x2.splat(f);
  const gg = f64x2.splat(g);
  let i = 0;
  for (; i + 1 < count; i += 2) {
    const sum = f64x2.add(f64x2.mul(v128.load(a), ff), f64x2.mul(v128.load(b), gg));
    v128.store(to, f64x2.add(v128.load(to), sum));
    to += 16;
    a += 16;
    b += 16;
  }
  if (i < count) store<f64>(to, load<f64>(to) + f * load<f64>(a) + g * load<f64>(b));
}

/** The inner product of a row and `v`; `sums + factor · row`. */
@inline
function dotAndAdd(row: usize, v: usize, sums: usize, factor: f64, count: i32): f64 {
  const f = f64x2.splat(factor);
  let s = f64x2.splat(0);
  let i = 0;
  for (; i + 1 < count; i += 2) {
    const x = v128.load(row);
    s = f64x2.add(s, f64x2.mul(x, v128.load(v)));
    v128.store(sums, f64x2.add(v128.load(sums), f64x2.mul(x, f)));
    row += 16;
    v += 16;
    sums += 16;
  }
  let sum = f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
  if (i < count) {
    sum += load<f64>(row) * load<f64>(v);
    store<f64>(sums, load<f64>(sums) + factor * load<f64>(row));
  }
  return sum;
}
