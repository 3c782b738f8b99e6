/** Products of the counts of all layers with the input's inner products: 64 columns of the kernel. */
import { CHUNK } from "./packed-tables.as";

/** What the module is told of a layer. */
@unmanaged
export class Layer {
  /** Of 64 units. */
  planes: i32;
  /**
   * Layers that are multiplied in whole numbers, this one and those behind it: 1, 2 or 4. More than one have up to 128
   * units each, and only the first has a bias or scale. Four such counts make 28 bits.
   */
  joined: i32;
  bias: f64;
  scale: f64;
}

export const LAYER_BYTES: usize = 24;
/** Planes whose count is below 256. */
export const PART: i32 = 3;

/**
 * @param counts `[parts of all layers, rows, 64]` bytes
 * @param products `[rows]` lines of 64 of `S`, `productLine` bytes apart: float64, or whole numbers i32 to be divided by 255²
 * @param out as many lines of `T`, `line` bytes apart; may be the products
 */
export function multiplyCounts<S, T>(
  counts: usize,
  rows: i32,
  layers: usize,
  count: i32,
  lastBias: f64,
  products: usize,
  productLine: usize,
  out: usize,
  line: usize,
): void {
  const part = <usize>rows * CHUNK;
  const layersEnd = layers + <usize>count * LAYER_BYTES;
  const last = f64x2.splat(lastBias);
  for (let i = 0; i < rows; i++) {
    for (let lane: usize = 0; lane < CHUNK; lane += 8) {
      const from = products + lane * sizeof<S>();
      let k0 = loadTwo<S>(from);
      let k1 = loadTwo<S>(from + 2 * sizeof<S>());
      let k2 = loadTwo<S>(from + 4 * sizeof<S>());
      let k3 = loadTwo<S>(from + 6 * sizeof<S>());
      let at = counts + lane;
      for (let l = layers; l < layersEnd; ) {
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
        let c0: v128;
        let c1: v128;
        if (layer.joined == 4) {
          c = i16x8.mul(c, v128.load8x8_u(at));
          at += part;
          let d = v128.load8x8_u(at);
          at += part;
          d = i16x8.mul(d, v128.load8x8_u(at));
          at += part;
          c0 = i32x4.extmul_low_i16x8_u(c, d);
          c1 = i32x4.extmul_high_i16x8_u(c, d);
        } else {
          if (layer.joined == 2) {
            c = i16x8.mul(c, v128.load8x8_u(at));
            at += part;
          } else {
            for (let plane = PART; plane < layer.planes; plane += PART) {
              c = i16x8.add(c, v128.load8x8_u(at));
              at += part;
            }
          }
          c0 = i32x4.extend_low_i16x8_u(c);
          c1 = i32x4.extend_high_i16x8_u(c);
        }
        k0 = f64x2.mul(k0, f64x2.convert_low_i32x4_s(c0));
        k1 = f64x2.mul(k1, f64x2.convert_low_i32x4_s(i64x2.shuffle(c0, c0, 1, 1)));
        k2 = f64x2.mul(k2, f64x2.convert_low_i32x4_s(c1));
        k3 = f64x2.mul(k3, f64x2.convert_low_i32x4_s(i64x2.shuffle(c1, c1, 1, 1)));
        l += <usize>layer.joined * LAYER_BYTES;
      }
      storeFour<T>(out + lane * sizeof<T>(), f64x2.add(k0, last), f64x2.add(k1, last));
      storeFour<T>(out + (lane + 4) * sizeof<T>(), f64x2.add(k2, last), f64x2.add(k3, last));
    }
    counts += CHUNK;
    products += productLine;
    out += line;
  }
}

/** Two inner products. */
@inline
function loadTwo<S>(from: usize): v128 {
  return sizeof<S>() == 8 ? v128.load(from) : quotients(f64x2.convert_low_i32x4_s(v128.load64_zero(from)));
}

/** The upper 22 bits of 1 / 255², with which 31 bits multiply exactly, and the rest. */
const UPPER: f64 = reinterpret<f64>(reinterpret<u64>(1.0 / 65025) & 0xffffffff80000000);
const REST: f64 = (1.0 - 65025 * UPPER) / 65025;

/**
 * Whole numbers below 2³¹ over 255², rounded to nearest as a division does, which takes longer: what two products lose,
 * 2⁻⁷⁴ of it, is less than the least distance, 2⁻⁷⁰, of such a quotient from the middle between two numbers.
 */
@inline
function quotients(numbers: v128): v128 {
  return f64x2.add(f64x2.mul(numbers, f64x2.splat(UPPER)), f64x2.mul(numbers, f64x2.splat(REST)));
}

/** Rounded once, here, where `T` is float32. */
@inline
function storeFour<T>(out: usize, a: v128, b: v128): void {
  if (sizeof<T>() == 8) {
    v128.store(out, a);
    v128.store(out, b, 16);
  } else {
    v128.store(out, i64x2.shuffle(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 2));
  }
}
