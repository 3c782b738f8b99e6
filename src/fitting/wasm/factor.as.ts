/**
 * Cholesky factors of kernels of some hundred examples, whose products are too small for calls of an engine, and solutions
 * with them: `n³/3` operations, four rows with two columns at a time in the registers (Golub and Van Loan, 4.2).
 * Compiled by scripts/build-wasm.ts, timed by bench/ntk.bench.ts.
 *
 * Row `i` of the lower triangle lies at `origin + i · line`; there are a multiple of four rows.
 */

/** Where the caller's data begin, behind the module's own. */
export function dataStart(): usize {
  return __heap_base;
}

/**
 * Replaces four rows by those of the factor; the rows before are done.
 * @param floors what the pivot of each row must exceed
 * @returns the first row whose pivot does not, or −1
 */
export function factorRows(origin: usize, line: usize, from: i32, floors: usize): i32 {
  const first = origin + <usize>from * line;
  for (let j = 0; j < from; j += 2) tile(first, line, origin + <usize>j * line, j);
  for (let i = from; i < from + 4; i++) {
    const row = origin + <usize>i * line;
    for (let j = from; j <= i; j++) {
      const other = origin + <usize>j * line;
      const at = row + (<usize>j << 3);
      const left = load<f64>(at) - dot(row, other, j);
      if (j < i) store<f64>(at, left / load<f64>(other + (<usize>j << 3)));
      else if (left > load<f64>(floors + (<usize>i << 3))) store<f64>(at, sqrt(left));
      else return i;
    }
  }
  return -1;
}

/** Columns `j` and `j + 1` of four rows of the factor, from its rows `j` and `j + 1`. */
@inline
function tile(first: usize, line: usize, other: usize, j: i32): void {
  let a = first;
  let b = first + line;
  let c = b + line;
  let d = c + line;
  let x = other;
  let y = other + line;
  let ax = f64x2.splat(0);
  let ay = f64x2.splat(0);
  let bx = f64x2.splat(0);
  let by = f64x2.splat(0);
  let cx = f64x2.splat(0);
  let cy = f64x2.splat(0);
  let dx = f64x2.splat(0);
  let dy = f64x2.splat(0);
  const end = x + (<usize>j << 3);
  while (x < end) {
    const u = v128.load(x);
    const v = v128.load(y);
    const p = v128.load(a);
    ax = f64x2.add(ax, f64x2.mul(p, u));
    ay = f64x2.add(ay, f64x2.mul(p, v));
    const q = v128.load(b);
    bx = f64x2.add(bx, f64x2.mul(q, u));
    by = f64x2.add(by, f64x2.mul(q, v));
    const r = v128.load(c);
    cx = f64x2.add(cx, f64x2.mul(r, u));
    cy = f64x2.add(cy, f64x2.mul(r, v));
    const s = v128.load(d);
    dx = f64x2.add(dx, f64x2.mul(s, u));
    dy = f64x2.add(dy, f64x2.mul(s, v));
    x += 16;
    y += 16;
    a += 16;
    b += 16;
    c += 16;
    d += 16;
  }
  // now at their diagonals
  const pivot = 1 / load<f64>(x);
  const below = load<f64>(y);
  const last = 1 / load<f64>(y, 8);
  put(a, ax, ay, pivot, below, last);
  put(b, bx, by, pivot, below, last);
  put(c, cx, cy, pivot, below, last);
  put(d, dx, dy, pivot, below, last);
}

@inline
function put(at: usize, x: v128, y: v128, pivot: f64, below: f64, last: f64): void {
  const one = (load<f64>(at) - sum(x)) * pivot;
  store<f64>(at, one);
  store<f64>(at, (load<f64>(at, 8) - sum(y) - one * below) * last, 8);
}

@inline
function sum(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/**
 * A step of Lanczos on the inverse with full reorthogonalization (Golub and Van Loan, 10.1 and 10.3).
 * @param basis orthonormal vectors of `n` numbers, `line` bytes apart; the next one is written behind them
 * @param count of them, at least one
 * @param numbers where to put the step's diagonal, and the length of what is orthogonal to all: 0 if nothing is
 */
export function stepInverse(origin: usize, line: usize, n: i32, basis: usize, count: i32, numbers: usize): void {
  const next = basis + <usize>count * line;
  const last = next - line;
  memory.copy(next, last, line);
  solve(origin, line, n, next);
  store<f64>(numbers, dot(last, next, n));
  const whole = dot(next, next, n);
  // twice is enough (Kahan and Parlett)
  for (let pass = 0; pass < 2; pass++) {
    for (let vector = basis; vector < next; vector += line) add(next, vector, -dot(vector, next, n), n);
  }
  const left = dot(next, next, n);
  const length = left > 1e-28 * whole ? sqrt(left) : 0;
  store<f64>(numbers, length, 8);
  if (length > 0) add(next, next, 1 / length - 1, n);
}

/** The solution of `L Lᵀ x = y` in place of `y`, `n` numbers. */
function solve(origin: usize, line: usize, n: i32, y: usize): void {
  for (let i = 0; i < n; i++) {
    const row = origin + <usize>i * line;
    const at = y + (<usize>i << 3);
    store<f64>(at, (load<f64>(at) - dot(row, y, i)) / load<f64>(row + (<usize>i << 3)));
  }
  for (let i = n - 1; i >= 0; i--) {
    const row = origin + <usize>i * line;
    const at = y + (<usize>i << 3);
    const x = load<f64>(at) / load<f64>(row + (<usize>i << 3));
    store<f64>(at, x);
    add(y, row, -x, i);
  }
}

@inline
function dot(a: usize, b: usize, count: i32): f64 {
  let s = f64x2.splat(0);
  let t = f64x2.splat(0);
  let u = f64x2.splat(0);
  let v = f64x2.splat(0);
  let i = 0;
  for (; i + 7 < count; i += 8) {
    s = f64x2.add(s, f64x2.mul(v128.load(a), v128.load(b)));
    t = f64x2.add(t, f64x2.mul(v128.load(a, 16), v128.load(b, 16)));
    u = f64x2.add(u, f64x2.mul(v128.load(a, 32), v128.load(b, 32)));
    v = f64x2.add(v, f64x2.mul(v128.load(a, 48), v128.load(b, 48)));
    a += 64;
    b += 64;
  }
  let total = sum(f64x2.add(f64x2.add(s, t), f64x2.add(u, v)));
  for (; i < count; i++) {
    total += load<f64>(a) * load<f64>(b);
    a += 8;
    b += 8;
  }
  return total;
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
