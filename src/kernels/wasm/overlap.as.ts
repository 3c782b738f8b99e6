/**
 * The inner loops of the neural path kernel of dense layers (theory 3) in AssemblyScript: overlaps of packed gates, all
 * layers of a pair before the next, so that no layer's matrix is ever written; and inner products of bytes with many
 * zeros. Compiled by scripts/build-wasm.ts, timed by bench/npk.bench.ts.
 *
 * Overlaps by tables: for 64 examples and each four units, how many are on both in them and in each of the 16 values
 * that these gates can have. An overlap of 64 units is then the sum of 16 bytes, for 16 examples at a time; popcounts,
 * one by one in scalar registers, took half as long again, and `i8x16.popcnt` longer still.
 */

/** Where the caller's data begin, behind the module's own. */
export function dataStart(): usize {
  return __heap_base;
}

/** Examples (or positions) of a table. */
export const CHUNK: usize = 64;
/** Fours of units in a plane of 64 units. */
export const NIBBLES: usize = 16;

/**
 * For each four units and each of the 16 values of their gates: how many of these are on in 64 examples.
 * @param gates `[16]` lines of bytes, `line` bytes apart: the values of 64 examples
 * @param table `[16, 16, 64]` bytes
 */
export function makeTable(gates: usize, line: i32, table: usize): void {
  for (let nibble: usize = 0; nibble < NIBBLES; nibble++) {
    for (let at: usize = 0; at < CHUNK; at += 16) {
      const on = v128.load(gates + at);
      const out = table + at;
      const a = v128.and(on, i8x16.splat(1));
      const b = v128.and(i16x8.shr_u(on, 1), i8x16.splat(1));
      const c = v128.and(i16x8.shr_u(on, 2), i8x16.splat(1));
      const d = v128.and(i16x8.shr_u(on, 3), i8x16.splat(1));
      const ab = i8x16.add(a, b);
      const cd = i8x16.add(c, d);
      v128.store(out, i8x16.splat(0));
      v128.store(out, a, 64);
      v128.store(out, b, 128);
      v128.store(out, ab, 192);
      v128.store(out, c, 256);
      v128.store(out, i8x16.add(a, c), 320);
      v128.store(out, i8x16.add(b, c), 384);
      v128.store(out, i8x16.add(ab, c), 448);
      v128.store(out, d, 512);
      v128.store(out, i8x16.add(a, d), 576);
      v128.store(out, i8x16.add(b, d), 640);
      v128.store(out, i8x16.add(ab, d), 704);
      v128.store(out, cd, 768);
      v128.store(out, i8x16.add(a, cd), 832);
      v128.store(out, i8x16.add(b, cd), 896);
      v128.store(out, i8x16.add(ab, cd), 960);
    }
    gates += <usize>line;
    table += 1024;
  }
}

/**
 * For each row the sums of 16 lines of the table: what it shares with 64 examples in 64 units, or in all up to them.
 * @param gates of each row 16 u16, 64 times the value of four gates; rows are `stride` bytes apart
 * @param out lines of 64 bytes, `pitch` bytes apart
 * @param more whether the counts are added to those there
 */
@inline
export function countChunk(gates: usize, stride: i32, table: usize, out: usize, pitch: i32, rows: i32, more: bool): void {
  for (let row = 0; row < rows; row++) {
    let s0 = more ? v128.load(out) : i8x16.splat(0);
    let s1 = more ? v128.load(out, 16) : i8x16.splat(0);
    let s2 = more ? v128.load(out, 32) : i8x16.splat(0);
    let s3 = more ? v128.load(out, 48) : i8x16.splat(0);
    // two lines at a time: of more the compiler loads all before it adds, and runs out of registers
    let at = table;
    for (const end = gates + 32; gates < end; gates += 4) {
      const a = at + <usize>load<u16>(gates);
      s0 = i8x16.add(s0, v128.load(a));
      s1 = i8x16.add(s1, v128.load(a, 16));
      s2 = i8x16.add(s2, v128.load(a, 32));
      s3 = i8x16.add(s3, v128.load(a, 48));
      const b = at + <usize>load<u16>(gates, 2);
      s0 = i8x16.add(s0, v128.load(b, 1024));
      s1 = i8x16.add(s1, v128.load(b, 1040));
      s2 = i8x16.add(s2, v128.load(b, 1056));
      s3 = i8x16.add(s3, v128.load(b, 1072));
      at += 2048;
    }
    v128.store(out, s0);
    v128.store(out, s1, 16);
    v128.store(out, s2, 32);
    v128.store(out, s3, 48);
    gates += <usize>(stride - 32);
    out += <usize>pitch;
  }
}

/** What the module is told of a layer. */
@unmanaged
class Layer {
  /** Of 64 units. */
  planes: i32;
  /** Whether it is multiplied with the next one in 16 bits: both have up to 128 units, and the next has no bias or scale. */
  joinsNext: i32;
  bias: f64;
  scale: f64;
}

/** Planes whose count is below 256. */
const PART: i32 = 3;
const LAYER_BYTES: usize = 24;

/**
 * `kernel[i, j]` from the input's inner product to the kernel: `K_l = ⟨G_l, G_l'⟩ · scale_l · (K_{l−1} + bias_l)`, at the
 * end `+ lastBias`. All layers of 64 columns before the next, so that the counts stay in the cache.
 * @param rowGates `[rows, planes, 16]` u16, 64 times the value of four gates
 * @param columnGates `[columns / 64, planes, 16, 64]` bytes, the values of four gates
 * @param layers `[count]` of {@link Layer}
 * @param kernel `[rows, stride]` float64
 * @param columns a multiple of 64
 * @param table 16 KiB of room
 * @param counts room for `[parts of all layers, rows, 64]` bytes
 */
export function multiplyOverlaps(
  rowGates: usize,
  columnGates: usize,
  rows: i32,
  columns: i32,
  planes: i32,
  layers: usize,
  count: i32,
  lastBias: f64,
  kernel: usize,
  stride: i32,
  table: usize,
  counts: usize,
): void {
  const rowBytes = planes * <i32>NIBBLES * 2;
  for (let j = 0; j < columns; j += <i32>CHUNK) {
    let gates = rowGates;
    let out = counts;
    for (let l = 0; l < count; l++) {
      const layer = layerOf(layers, l);
      for (let plane = 0; plane < layer.planes; plane++) {
        makeTable(columnGates, <i32>CHUNK, table);
        if (plane > 0 && plane % PART == 0) out += <usize>rows * CHUNK;
        if (plane % PART == 0) countChunk(gates, rowBytes, table, out, <i32>CHUNK, rows, false);
        else countChunk(gates, rowBytes, table, out, <i32>CHUNK, rows, true);
        gates += NIBBLES * 2;
        columnGates += NIBBLES * CHUNK;
      }
      out += <usize>rows * CHUNK;
    }
    multiplyCounts(counts, rows, layers, count, lastBias, kernel + (<usize>j << 3), <usize>stride << 3);
  }
}

/** Multiplies the counts of all layers into 64 columns of the kernel. */
function multiplyCounts(
  counts: usize,
  rows: i32,
  layers: usize,
  count: i32,
  lastBias: f64,
  kernel: usize,
  line: usize,
): void {
  const part = <usize>rows * CHUNK;
  const layersEnd = layers + <usize>count * LAYER_BYTES;
  const last = f64x2.splat(lastBias);
  for (let i = 0; i < rows; i++) {
    for (let lane: usize = 0; lane < CHUNK; lane += 8) {
      const out = kernel + (lane << 3);
      let k0 = v128.load(out);
      let k1 = v128.load(out, 16);
      let k2 = v128.load(out, 32);
      let k3 = v128.load(out, 48);
      let at = counts + lane;
      for (let l = layers; l < layersEnd; l += LAYER_BYTES) {
        const layer = changetype<Layer>(l);
        if (layer.bias != 0) {
          const bias = f64x2.splat(layer.bias);
          k0 = f64x2.add(k0, bias);
          k1 = f64x2.add(k1, bias);
          k2 = f64x2.add(k2, bias);
          k3 = f64x2.add(k3, bias);
        }
        if (layer.scale != 1) {
          const scale = f64x2.splat(layer.scale);
          k0 = f64x2.mul(k0, scale);
          k1 = f64x2.mul(k1, scale);
          k2 = f64x2.mul(k2, scale);
          k3 = f64x2.mul(k3, scale);
        }
        let c = v128.load8x8_u(at);
        at += part;
        if (layer.joinsNext) {
          c = i16x8.mul(c, v128.load8x8_u(at));
          at += part;
          l += LAYER_BYTES;
        } else {
          for (let plane = PART; plane < layer.planes; plane += PART) {
            c = i16x8.add(c, v128.load8x8_u(at));
            at += part;
          }
        }
        const c0 = i32x4.extend_low_i16x8_u(c);
        const c1 = i32x4.extend_high_i16x8_u(c);
        k0 = f64x2.mul(k0, f64x2.convert_low_i32x4_s(c0));
        k1 = f64x2.mul(k1, f64x2.convert_low_i32x4_s(i64x2.shuffle(c0, c0, 1, 1)));
        k2 = f64x2.mul(k2, f64x2.convert_low_i32x4_s(c1));
        k3 = f64x2.mul(k3, f64x2.convert_low_i32x4_s(i64x2.shuffle(c1, c1, 1, 1)));
      }
      v128.store(out, f64x2.add(k0, last));
      v128.store(out, f64x2.add(k1, last), 16);
      v128.store(out, f64x2.add(k2, last), 32);
      v128.store(out, f64x2.add(k3, last), 48);
    }
    counts += CHUNK;
    kernel += line;
  }
}

@inline
function layerOf(layers: usize, index: i32): Layer {
  return changetype<Layer>(layers + <usize>index * LAYER_BYTES);
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
        store<i32>(out, (x >> 1) * 48);
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
 * Bytes of 24 examples side by side, two neighbors of each together.
 * @param bytes `[columns, size]`
 * @param panels `[columns / 24, size / 2, 24]` of {u8, u8}
 */
export function panelBytes(bytes: usize, columns: i32, size: i32, panels: usize): void {
  const panel = <usize>((size + 1) >> 1) * 48;
  for (let j = 0; j < columns; j++) {
    let out = panels + <usize>(j / 24) * panel + (<usize>(j % 24) << 1);
    for (let x = 0; x < size; x += 2) {
      const pair = pairAt(bytes, x, size);
      store<u16>(out, <u16>(pair | (pair >> 8)));
      out += 48;
    }
    bytes += size;
  }
}

/**
 * `kernel[i, j] = ⟨bytes_i, bytes_j⟩ / 255²`, the sum exact: whole numbers below 2³¹. Only pairs that are not 0 in the
 * row are visited. 24 columns at a time: a panel of an image's size stays in the first cache, as bytes that become i16
 * when they are loaded, and six sums with what they load fit into the registers (eight do not: the compiler loads first).
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
  const panel = <usize>((size + 1) >> 1) * 48;
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
      sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(pair, v128.load8x8_u(q)));
      sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(pair, v128.load8x8_u(q, 8)));
      sum2 = i32x4.add(sum2, i32x4.dot_i16x8_s(pair, v128.load8x8_u(q, 16)));
      sum3 = i32x4.add(sum3, i32x4.dot_i16x8_s(pair, v128.load8x8_u(q, 24)));
      sum4 = i32x4.add(sum4, i32x4.dot_i16x8_s(pair, v128.load8x8_u(q, 32)));
      sum5 = i32x4.add(sum5, i32x4.dot_i16x8_s(pair, v128.load8x8_u(q, 40)));
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
