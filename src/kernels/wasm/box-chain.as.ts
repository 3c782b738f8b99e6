/**
 * The neural path kernel of gated 3×3 convolutions before a global average pool (theory 3) in AssemblyScript. For one
 * displacement `Δ = u' − u` between the positions of two examples the kernel `K(u, u + Δ)` is a map of its own, on which
 * each convolution is a box sum: all layers of one displacement run before the next and stay in the first-level cache.
 * Compiled by scripts/build-wasm.ts.
 *
 * Box sums by vectors of two positions; popcounts one by one, for which processors have an instruction and for vectors of
 * 128 bits they have none.
 */

/** Where the caller's data begin, behind the module's own. */
export function dataStart(): usize {
  return __heap_base;
}

/**
 * `Σ_{u,u'} K(u, u')` behind the last gates: `K_l(u,u') = ⟨G_l(u), G_l'(u')⟩ (Σ_δ K_{l−1}(u+δ, u'+δ) + b_l)`.
 * @param leftValues `[channels, height, width]` float64 of one example, `rightValues` of the other
 * @param leftGates for each layer `[planes, height, width]` of 64 bits, 64 channels a plane
 * @param layers `[count]` of {planes i32, padding i32, bias f64}
 * @param scratch two maps: `2 · (height + 2) · stride` float64 and a row, `stride = width + 5`, all 0
 * @param symmetric 1 if both examples are the same: displacements `Δ` and `−Δ` then give equal sums
 */
export function boxChainSum(
  leftValues: usize,
  rightValues: usize,
  channels: i32,
  leftGates: usize,
  rightGates: usize,
  height: i32,
  width: i32,
  layers: usize,
  count: i32,
  scratch: usize,
  symmetric: i32,
): f64 {
  let total: f64 = 0;
  for (let dx = symmetric ? 0 : 1 - width; dx < width; dx++) {
    // nothing is ever written before a map's first row and column; behind its last column stands what wider maps left
    memory.fill(scratch, 0, <usize>(2 * (height + 2) * (width + 5)) << 3);
    for (let dy = symmetric && dx == 0 ? 0 : 1 - height; dy < height; dy++) {
      const sum = displaced(
        leftValues,
        rightValues,
        channels,
        leftGates,
        rightGates,
        height,
        width,
        layers,
        count,
        scratch,
        dy,
        dx,
      );
      total += symmetric && (dy != 0 || dx != 0) ? 2 * sum : sum;
    }
  }
  return total;
}

/** The sum for one displacement; the examples overlap in `rows × columns` positions. */
function displaced(
  leftValues: usize,
  rightValues: usize,
  channels: i32,
  leftGates: usize,
  rightGates: usize,
  height: i32,
  width: i32,
  layers: usize,
  count: i32,
  scratch: usize,
  dy: i32,
  dx: i32,
): f64 {
  const rows = height - (dy < 0 ? -dy : dy);
  const columns = width - (dx < 0 ? -dx : dx);
  const size = <usize>(height * width) << 3;
  const line = <usize>width << 3;
  const stride = <usize>(width + 5) << 3;
  // where the overlap begins in each example, in bytes of a plane
  const left = <usize>((dy < 0 ? -dy : 0) * width + (dx < 0 ? -dx : 0)) << 3;
  const right = <usize>((dy > 0 ? dy : 0) * width + (dx > 0 ? dx : 0)) << 3;
  // position (r, x) of a map stands at (r + 1, x + 2): zeros around it
  let from = scratch + stride + 16;
  let to = from + <usize>(height + 2) * stride;
  clearRow(from + <usize>rows * stride, columns);
  clearRow(to + <usize>rows * stride, columns);
  products(leftValues + left, rightValues + right, channels, rows, columns, size, line, from, stride);

  let leftLayer = leftGates + left;
  let rightLayer = rightGates + right;
  let total: f64 = 0;
  for (let l = 0; l < count; l++) {
    const layer = layers + (<usize>l << 4);
    const planes = load<i32>(layer);
    const bias = load<f64>(layer, 8);
    if (planes == 1) boxLayer(from, to, rows, columns, stride, leftLayer, rightLayer, line, size, 1, bias);
    else if (planes == 2) boxLayer(from, to, rows, columns, stride, leftLayer, rightLayer, line, size, 2, bias);
    else boxLayer(from, to, rows, columns, stride, leftLayer, rightLayer, line, size, planes, bias);
    leftLayer += <usize>planes * size;
    rightLayer += <usize>planes * size;
    const kept = from;
    from = to;
    to = kept;
  }
  return mapSum(from, rows, columns, stride);
}

/**
 * One convolution and its gates: `overlap · (box sum + bias)`. Four columns at a time from top to bottom, then two: the
 * sums along three rows stay in registers.
 */
@inline
function boxLayer(
  from: usize,
  to: usize,
  rows: i32,
  columns: i32,
  stride: usize,
  left: usize,
  right: usize,
  line: usize,
  size: usize,
  planes: i32,
  bias: f64,
): void {
  const start = f64x2.splat(bias);
  const end = to + <usize>rows * stride;
  let x = 0;
  for (; x + 4 <= columns; x += 4) {
    const at = <usize>x << 3;
    let k = from + at;
    let a = left + at;
    let b = right + at;
    let above0 = start;
    let above1 = start;
    let side = v128.load(k, 8);
    let here0 = f64x2.add(f64x2.add(v128.load(k - 8), v128.load(k)), side);
    let here1 = f64x2.add(f64x2.add(side, v128.load(k, 16)), v128.load(k, 24));
    for (let out = to + at; out < end; out += stride) {
      k += stride;
      side = v128.load(k, 8);
      const below0 = f64x2.add(f64x2.add(v128.load(k - 8), v128.load(k)), side);
      const below1 = f64x2.add(f64x2.add(side, v128.load(k, 16)), v128.load(k, 24));
      // `above` holds the bias from the start
      const box0 = f64x2.add(f64x2.add(above0, here0), below0);
      const box1 = f64x2.add(f64x2.add(above1, here1), below1);
      let c0 = i64.popcnt(load<i64>(a) & load<i64>(b));
      let c1 = i64.popcnt(load<i64>(a, 8) & load<i64>(b, 8));
      let c2 = i64.popcnt(load<i64>(a, 16) & load<i64>(b, 16));
      let c3 = i64.popcnt(load<i64>(a, 24) & load<i64>(b, 24));
      if (planes == 2) {
        // the compiler does not unroll the loop below
        c0 += i64.popcnt(load<i64>(a + size) & load<i64>(b + size));
        c1 += i64.popcnt(load<i64>(a + size, 8) & load<i64>(b + size, 8));
        c2 += i64.popcnt(load<i64>(a + size, 16) & load<i64>(b + size, 16));
        c3 += i64.popcnt(load<i64>(a + size, 24) & load<i64>(b + size, 24));
      } else {
        let p = a;
        let q = b;
        for (let plane = 1; plane < planes; plane++) {
          p += size;
          q += size;
          c0 += i64.popcnt(load<i64>(p) & load<i64>(q));
          c1 += i64.popcnt(load<i64>(p, 8) & load<i64>(q, 8));
          c2 += i64.popcnt(load<i64>(p, 16) & load<i64>(q, 16));
          c3 += i64.popcnt(load<i64>(p, 24) & load<i64>(q, 24));
        }
      }
      v128.store(out, f64x2.mul(box0, both(c0, c1)));
      v128.store(out, f64x2.mul(box1, both(c2, c3)), 16);
      above0 = f64x2.add(here0, start);
      above1 = f64x2.add(here1, start);
      here0 = below0;
      here1 = below1;
      a += line;
      b += line;
    }
  }
  for (; x < columns; x += 2) {
    const at = <usize>x << 3;
    let k = from + at;
    let a = left + at;
    let b = right + at;
    let above = start;
    let here = f64x2.add(f64x2.add(v128.load(k - 8), v128.load(k)), v128.load(k, 8));
    for (let out = to + at; out < end; out += stride) {
      k += stride;
      const below = f64x2.add(f64x2.add(v128.load(k - 8), v128.load(k)), v128.load(k, 8));
      v128.store(out, f64x2.mul(f64x2.add(f64x2.add(above, here), below), shared(a, b, planes, size)));
      above = f64x2.add(here, start);
      here = below;
      a += line;
      b += line;
    }
  }
  if (columns & 1) {
    // what the last two columns computed beyond the end
    const at = <usize>columns << 3;
    for (let out = to + at; out < end; out += stride) store<f64>(out, 0);
  }
}

function mapSum(map: usize, rows: i32, columns: i32, stride: usize): f64 {
  let sum = f64x2.splat(0);
  for (let r = 0; r < rows; r++) {
    const row = map + <usize>r * stride;
    for (let x = 0; x < columns; x += 2) sum = f64x2.add(sum, v128.load(row + (<usize>x << 3)));
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** The row behind a map. */
function clearRow(row: usize, columns: i32): void {
  const end = row + (<usize>(columns + 1) << 3);
  for (let at = row - 16; at < end; at += 16) v128.store(at, f64x2.splat(0));
}

/** `K_0(u, u + Δ) = Σ_c x_c(u) x'_c(u + Δ)`. */
function products(
  a: usize,
  b: usize,
  channels: i32,
  rows: i32,
  columns: i32,
  size: usize,
  line: usize,
  out: usize,
  stride: usize,
): void {
  for (let r = 0; r < rows; r++) {
    const row = out + <usize>r * stride;
    for (let x = 0; x < columns; x += 2) {
      let sum = f64x2.splat(0);
      let at = <usize>r * line + (<usize>x << 3);
      for (let c = 0; c < channels; c++) {
        sum = f64x2.add(sum, f64x2.mul(v128.load(a + at), v128.load(b + at)));
        at += size;
      }
      v128.store(row + (<usize>x << 3), sum);
    }
    store<f64>(row + (<usize>columns << 3), 0);
  }
}

/** Channels on in both examples at two neighboring positions. */
@inline
function shared(a: usize, b: usize, planes: i32, size: usize): v128 {
  let first = i64.popcnt(load<i64>(a) & load<i64>(b));
  let second = i64.popcnt(load<i64>(a, 8) & load<i64>(b, 8));
  for (let p = 1; p < planes; p++) {
    a += size;
    b += size;
    first += i64.popcnt(load<i64>(a) & load<i64>(b));
    second += i64.popcnt(load<i64>(a, 8) & load<i64>(b, 8));
  }
  return both(first, second);
}

/** Two counts in one conversion. */
@inline
function both(first: i64, second: i64): v128 {
  return f64x2.convert_low_i32x4_s(i64x2.splat(first | (second << 32)));
}
