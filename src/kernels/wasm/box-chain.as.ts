/**
 * The neural path kernel of gated 3×3 convolutions before a global average pool (theory 3.7 and 3.9) in AssemblyScript.
 * Compiled by scripts/build-wasm.ts, timed by bench/gap-kernel.bench.ts.
 *
 * Maps are lines of positions, a column of zeros behind each row: the pairs `(i, i + t)` of one displacement `t` are then
 * a line of their own, on which a convolution is a box sum over `i` and zeros stand where rows end. Eight displacements
 * are the lanes of vectors.
 *
 * The recursion runs from the end: a box sum is its own adjoint, so with `W_d = C_d` and `W_l = C_l ⊙ box(W_{l+1})`,
 * `C_l` the overlaps of layer `l`, the sum of the kernel is `Σ_l b_{l+1} Σ W_{l+1} + ⟨W_1, box(K_0)⟩`; `Σ W_d`, a sum over
 * channels, is the caller's. The `W` are whole numbers that begin small: they are kept in 16 and 32 bits, exactly, as long
 * as they fit (box-chain/whole-maps.as.ts), and only then in float64 (box-chain/real-maps.as.ts).
 */
import { layerOf } from "./box-chain/layer.as";
import { BLOCK } from "./box-chain/overlaps.as";
import { boxOfReals, front, products, realBoxOfInts, realized, sumReals } from "./box-chain/real-maps.as";
import { boxOfBytes, boxOfInts, byteFront, byteProducts, widened } from "./box-chain/whole-maps.as";

export { countOverlaps } from "./box-chain/overlaps.as";

/** Displacements side by side. */
const LANES: i32 = 8;

/** Where the caller's data begin, behind the module's own. */
export function dataStart(): usize {
  return __heap_base;
}

/**
 * `Σ K(i, i + t)` behind the last gates over the displacements `first ≤ t < last`, eight at a time, but for the bias
 * behind the last gates' layer.
 * @param leftValues `[channels, valueLine]` float64 of one example, from position 0 on, `rightValues` of the other; eight
 * zeros stand before and behind the positions. With `areBytes` `[⌈channels / 2⌉, valueLine]` of two i16 each
 * @param layers `[count]` of {@link Layer}, from the first layer on; overlaps are those of `first` on
 * @param blockSize bytes of a block of displacements of overlaps
 * @param row positions of a row of the map, with the zero behind it
 * @param maps room for two maps of `32 (positions + 2 row + 2)` bytes and two of twice as many, the first `row + 1` rows of
 * each zeros
 * @param sums 64 bytes of room
 * @param symmetric 1 if both examples are the same: `first` is then not negative, and what is behind 0 counts twice
 */
export function boxChainBand(
  leftValues: usize,
  rightValues: usize,
  channels: i32,
  valueLine: i32,
  areBytes: i32,
  positions: i32,
  row: i32,
  layers: usize,
  count: i32,
  blockSize: i32,
  first: i32,
  last: i32,
  maps: usize,
  sums: usize,
  symmetric: i32,
): f64 {
  const halo = row + 1;
  const mapSize = <usize>(positions + 2 * halo) << 5;
  let total: f64 = 0;
  for (let t = first; t < last; t += LANES) {
    const from = max(0, 1 - LANES - t);
    const to = min(positions, positions - t);
    if (from >= to) continue;
    const counts = <usize>((t - first) / BLOCK) * <usize>blockSize + <usize>((t - first) % BLOCK);
    for (let at: usize = 0; at < 64; at += 16) v128.store(sums + at, f64x2.splat(0));

    // where row 0 of a map stands: row `from` is behind the zeros
    let ints = maps + (<usize>(halo - from) << 5);
    let nextInts = ints + mapSize;
    let l = count - 1;
    if (l < 2) widened(layerOf(layers, l), counts, from, to, ints);
    else {
      l--;
      boxOfBytes(layerOf(layers, l + 1), layerOf(layers, l), counts, from, to, row, ints, sums);
    }
    clearBehind(ints, to, halo, 5);
    for (l--; l > 0; l--) {
      const layer = layerOf(layers, l);
      if (layer.isReal) break;
      boxOfInts(ints, layer, counts, from, to, row, nextInts, sums);
      clearBehind(nextInts, to, halo, 5);
      const kept = ints;
      ints = nextInts;
      nextInts = kept;
    }
    if (areBytes) {
      byteProducts(leftValues, rightValues + <usize>(t << 2), (channels + 1) >> 1, valueLine, from, to, nextInts);
      clearBehind(nextInts, to, halo, 5);
      byteFront(ints, nextInts, layerOf(layers, 0), counts, from, to, row, sums);
    } else {
      let reals = maps + 2 * mapSize + (<usize>(halo - from) << 6);
      let nextReals = reals + 2 * mapSize;
      if (l < 0) realized(ints, from, to, reals);
      else realBoxOfInts(ints, layerOf(layers, l), counts, from, to, row, reals);
      clearBehind(reals, to, halo, 6);
      for (; l > 0; l--) {
        const bias = layerOf(layers, l).bias;
        if (bias != 0) sumReals(reals, from, to, bias, sums);
        boxOfReals(reals, layerOf(layers, l - 1), counts, from, to, row, nextReals);
        clearBehind(nextReals, to, halo, 6);
        const kept = reals;
        reals = nextReals;
        nextReals = kept;
      }
      products(leftValues, rightValues + <usize>(t << 3), channels, valueLine, from, to, nextReals);
      clearBehind(nextReals, to, halo, 6);
      front(reals, nextReals, layerOf(layers, 0).bias, from, to, row, sums);
    }
    let all: f64 = 0;
    for (let at: usize = 0; at < 64; at += 8) all += load<f64>(sums + at);
    total += symmetric ? 2 * all - (t == 0 ? load<f64>(sums) : 0) : all;
  }
  return total;
}

/** Zeros behind the rows of a map, for the box sums of the next layer. */
@inline
function clearBehind(map: usize, to: i32, halo: i32, shift: usize): void {
  memory.fill(map + (<usize>to << shift), 0, <usize>halo << shift);
}
