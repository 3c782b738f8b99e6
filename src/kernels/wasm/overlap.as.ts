/**
 * The inner loops of the neural path kernel of dense layers (theory 3) in AssemblyScript: overlaps of packed gates, all
 * layers of a pair before the next, so that no layer's matrix is ever written; and inner products of bytes with many
 * zeros. Compiled by scripts/build-wasm.ts, timed by bench/npk.bench.ts.
 *
 * Popcounts one by one: `i8x16.popcnt` needs a table and two horizontal sums where processors count 64 bits in one
 * instruction, and was slower by a half.
 */

/** Where the caller's data begin, behind the module's own. */
export function dataStart(): usize {
  return __heap_base;
}

/**
 * `kernel[i, j]` from the input's inner product to the kernel: `K_l = ⟨G_l, G_l'⟩ · scale_l · (K_{l−1} + bias_l)`, at the
 * end `+ lastBias`. Four rows and two columns at a time: their eight counts wait for nobody, and share six loads.
 * @param rowWords `[rows / 4, words, 4]` of 64 bits: the layers of an example one behind the other, the same words of
 * four examples side by side, so that one address serves four loads
 * @param columnWords `[columns / 2, words, 2]`
 * @param layers `[count]` of {words i32, padding i32, bias f64, scale f64}
 * @param kernel `[rows, stride]` float64
 * @param rows a multiple of 4
 * @param columns a multiple of 2
 */
export function multiplyOverlaps(
  rowWords: usize,
  columnWords: usize,
  rows: i32,
  columns: i32,
  words: i32,
  layers: usize,
  count: i32,
  lastBias: f64,
  kernel: usize,
  stride: i32,
): void {
  const line = <usize>stride << 3;
  const second = line << 1;
  const third = line + second;
  const layersEnd = layers + <usize>count * 24;
  for (let i = 0; i < rows; i += 4) {
    const rowBlock = rowWords + (<usize>(i * words) << 3);
    let out = kernel + <usize>i * line;
    let b = columnWords;
    for (let j = 0; j < columns; j += 2) {
      let k00 = load<f64>(out);
      let k01 = load<f64>(out, 8);
      let k10 = load<f64>(out + line);
      let k11 = load<f64>(out + line, 8);
      let k20 = load<f64>(out + second);
      let k21 = load<f64>(out + second, 8);
      let k30 = load<f64>(out + third);
      let k31 = load<f64>(out + third, 8);
      let a = rowBlock;
      for (let layer = layers; layer < layersEnd; layer += 24) {
        const n = load<i32>(layer);
        const bias = load<f64>(layer, 8);
        const scale = load<f64>(layer, 16);
        k00 = (k00 + bias) * scale;
        k01 = (k01 + bias) * scale;
        k10 = (k10 + bias) * scale;
        k11 = (k11 + bias) * scale;
        k20 = (k20 + bias) * scale;
        k21 = (k21 + bias) * scale;
        k30 = (k30 + bias) * scale;
        k31 = (k31 + bias) * scale;
        if (n == 2) {
          // 65 to 128 units, the usual width: without a loop over the words a count is no variable
          let x = load<i64>(b);
          let y = load<i64>(b, 16);
          k00 *= shared(a, x, y);
          k10 *= shared(a + 8, x, y);
          k20 *= shared(a + 16, x, y);
          k30 *= shared(a + 24, x, y);
          x = load<i64>(b, 8);
          y = load<i64>(b, 24);
          k01 *= shared(a, x, y);
          k11 *= shared(a + 8, x, y);
          k21 *= shared(a + 16, x, y);
          k31 *= shared(a + 24, x, y);
        } else {
          const end = a + (<usize>n << 5);
          let c0: i64 = 0;
          let c1: i64 = 0;
          let c2: i64 = 0;
          let c3: i64 = 0;
          let q = b;
          for (let p = a; p < end; p += 32) {
            const x = load<i64>(q);
            c0 += popcnt<i64>(load<i64>(p) & x);
            c1 += popcnt<i64>(load<i64>(p, 8) & x);
            c2 += popcnt<i64>(load<i64>(p, 16) & x);
            c3 += popcnt<i64>(load<i64>(p, 24) & x);
            q += 16;
          }
          k00 *= <f64>c0;
          k10 *= <f64>c1;
          k20 *= <f64>c2;
          k30 *= <f64>c3;
          c0 = 0;
          c1 = 0;
          c2 = 0;
          c3 = 0;
          q = b;
          for (let p = a; p < end; p += 32) {
            const x = load<i64>(q, 8);
            c0 += popcnt<i64>(load<i64>(p) & x);
            c1 += popcnt<i64>(load<i64>(p, 8) & x);
            c2 += popcnt<i64>(load<i64>(p, 16) & x);
            c3 += popcnt<i64>(load<i64>(p, 24) & x);
            q += 16;
          }
          k01 *= <f64>c0;
          k11 *= <f64>c1;
          k21 *= <f64>c2;
          k31 *= <f64>c3;
        }
        a += <usize>n << 5;
        b += <usize>n << 4;
      }
      store<f64>(out, k00 + lastBias);
      store<f64>(out, k01 + lastBias, 8);
      store<f64>(out + line, k10 + lastBias);
      store<f64>(out + line, k11 + lastBias, 8);
      store<f64>(out + second, k20 + lastBias);
      store<f64>(out + second, k21 + lastBias, 8);
      store<f64>(out + third, k30 + lastBias);
      store<f64>(out + third, k31 + lastBias, 8);
      out += 16;
    }
  }
}

/** Ones of two words of a row, the second one four examples on. */
@inline
function shared(a: usize, x: i64, y: i64): f64 {
  return <f64>(popcnt<i64>(load<i64>(a) & x) + popcnt<i64>(load<i64>(a, 32) & y));
}

/**
 * Lists of the bytes of each example that are not 0, two neighbors at a time.
 * @param bytes `[rows, size]`
 * @param lists for each row {length in bytes i32, padding i32} and then {offset of the pair in a panel i32, the two bytes
 * as i16}; `8 · ⌈size / 2⌉ + 8` bytes a row
 */
export function listBytes(bytes: usize, rows: i32, size: i32, lists: usize): void {
  const stride = listStride(size);
  for (let i = 0; i < rows; i++) {
    let out = lists + 8;
    for (let x = 0; x < size; x += 2) {
      const pair = pairAt(bytes, x, size);
      if (pair != 0) {
        store<i32>(out, (x >> 1) * 96);
        store<i32>(out, pair, 4);
        out += 8;
      }
    }
    store<i32>(lists, <i32>(out - lists));
    lists += stride;
    bytes += size;
  }
}

/**
 * Bytes of 24 examples side by side, two neighbors of each as i16.
 * @param bytes `[columns, size]`
 * @param panels `[columns / 24, size / 2, 24]` of {i16, i16}
 */
export function panelBytes(bytes: usize, columns: i32, size: i32, panels: usize): void {
  const panel = <usize>((size + 1) >> 1) * 96;
  for (let j = 0; j < columns; j++) {
    let out = panels + <usize>(j / 24) * panel + (<usize>(j % 24) << 2);
    for (let x = 0; x < size; x += 2) {
      store<i32>(out, pairAt(bytes, x, size));
      out += 96;
    }
    bytes += size;
  }
}

/**
 * `kernel[i, j] = ⟨bytes_i, bytes_j⟩ / 255²`, the sum exact: whole numbers below 2³¹. Only pairs that are not 0 in the
 * row are visited. 24 columns at a time: a panel of an image's size stays in the first caches, and six sums with what
 * they load fit into the registers (eight do not: the compiler loads first).
 * @param lists of {@link listBytes}
 * @param panels of {@link panelBytes}
 * @param kernel `[rows, stride]` float64
 * @param columns a multiple of 24
 */
export function multiplyBytes(
  lists: usize,
  panels: usize,
  rows: i32,
  columns: i32,
  size: i32,
  kernel: usize,
  stride: i32,
): void {
  const panel = <usize>((size + 1) >> 1) * 96;
  for (let j = 0; j < columns; j += 24) {
    multiplyPanel(lists, listStride(size), rows, panels, kernel + (<usize>j << 3), <usize>stride << 3);
    panels += panel;
  }
}

function multiplyPanel(lists: usize, stride: usize, rows: i32, panel: usize, out: usize, line: usize): void {
  for (let i = 0; i < rows; i++) {
    const end = lists + load<i32>(lists);
    let sum0 = i32x4.splat(0);
    let sum1 = i32x4.splat(0);
    let sum2 = i32x4.splat(0);
    let sum3 = i32x4.splat(0);
    let sum4 = i32x4.splat(0);
    let sum5 = i32x4.splat(0);
    for (let p = lists + 8; p < end; p += 8) {
      const q = panel + load<i32>(p);
      const pair = v128.load32_splat(p, 4);
      sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(pair, v128.load(q)));
      sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(pair, v128.load(q, 16)));
      sum2 = i32x4.add(sum2, i32x4.dot_i16x8_s(pair, v128.load(q, 32)));
      sum3 = i32x4.add(sum3, i32x4.dot_i16x8_s(pair, v128.load(q, 48)));
      sum4 = i32x4.add(sum4, i32x4.dot_i16x8_s(pair, v128.load(q, 64)));
      sum5 = i32x4.add(sum5, i32x4.dot_i16x8_s(pair, v128.load(q, 80)));
    }
    storeQuotients(out, sum0);
    storeQuotients(out + 32, sum1);
    storeQuotients(out + 64, sum2);
    storeQuotients(out + 96, sum3);
    storeQuotients(out + 128, sum4);
    storeQuotients(out + 160, sum5);
    out += line;
    lists += stride;
  }
}

@inline
function storeQuotients(out: usize, sums: v128): void {
  const upper = i64x2.shuffle(sums, sums, 1, 1);
  v128.store(out, f64x2.div(f64x2.convert_low_i32x4_s(sums), f64x2.splat(65025)));
  v128.store(out, f64x2.div(f64x2.convert_low_i32x4_s(upper), f64x2.splat(65025)), 16);
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
