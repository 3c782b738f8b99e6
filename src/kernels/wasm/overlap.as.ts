/**
 * The inner loops of the neural path kernel of dense layers (theory 3.2) in AssemblyScript: inner products of bytes with
 * many zeros, overlaps of packed gates, and the product of both, for 64 columns of some rows at a time, so that neither a
 * layer's matrix nor the products leave the cache. Compiled by scripts/build-wasm.ts, timed by bench/npk.bench.ts.
 */
import { LAYER_BYTES, Layer, multiplyCounts, PART } from "./overlap/layer-products.as";
import { CHUNK, countPacked, makePackedTable, PLANE_BYTES } from "./overlap/packed-tables.as";
import { transposeLines } from "./overlap/transposed.as";

export { listBytes, multiplyBytes, panelBytes } from "./overlap/byte-products.as";
export { columnFives, rowFives } from "./overlap/gate-fives.as";

/** Where the caller's data begin, behind the module's own. */
export function dataStart(): usize {
  return __heap_base;
}

/**
 * 64 columns of the kernel from the input's inner products: `K_l = ⟨G_l, G_l'⟩ · scale_l · (K_{l−1} + bias_l)`, at the end
 * `+ lastBias`.
 * @param rowGates for each plane, `planeBytes` apart, `[rows, 16]` u16 of {@link rowFives}
 * @param columnGates `[planes, 13, 64]` bytes of {@link columnFives}
 * @param layers `[count]` of {@link Layer}
 * @param whole whether the inner products are i32 to be divided by 255², of multiplyBytes, and not float64
 * @param products `[rows]` lines of 64 numbers, `productLine` bytes apart
 * @param single whether the kernel is rounded to float32
 * @param kernel `[rows]` lines of 64 numbers, `line` bytes apart
 * @param table 13 KiB of room
 * @param counts room for `[parts of all layers, rows, 64]` bytes
 */
export function multiplyOverlaps(
  rowGates: usize,
  planeBytes: usize,
  columnGates: usize,
  rows: i32,
  layers: usize,
  count: i32,
  lastBias: f64,
  whole: bool,
  products: usize,
  productLine: usize,
  single: bool,
  kernel: usize,
  line: usize,
  table: usize,
  counts: usize,
): void {
  let out = counts;
  for (let l = 0; l < count; l++) {
    const layer = changetype<Layer>(layers + <usize>l * LAYER_BYTES);
    for (let plane = 0; plane < layer.planes; plane++) {
      makePackedTable(columnGates, table);
      if (plane > 0 && plane % PART == 0) out += <usize>rows * CHUNK;
      if (plane % PART == 0) countPacked(rowGates, table, out, rows, false);
      else countPacked(rowGates, table, out, rows, true);
      rowGates += planeBytes;
      columnGates += PLANE_BYTES;
    }
    out += <usize>rows * CHUNK;
  }
  const at = counts;
  if (whole && single) multiplyCounts<i32, f32>(at, rows, layers, count, lastBias, products, productLine, kernel, line);
  else if (whole) multiplyCounts<i32, f64>(at, rows, layers, count, lastBias, products, productLine, kernel, line);
  else if (single) multiplyCounts<f64, f32>(at, rows, layers, count, lastBias, products, productLine, kernel, line);
  else multiplyCounts<f64, f64>(at, rows, layers, count, lastBias, products, productLine, kernel, line);
}

/**
 * 64 columns of the kernel as rows.
 * @param kernel `[rows]` lines of 64 numbers, `line` bytes apart
 * @param rows a multiple of 4
 * @param out 64 lines, `outLine` bytes apart
 */
export function transposeKernel(kernel: usize, line: usize, rows: i32, single: bool, out: usize, outLine: usize): void {
  if (single) transposeLines<f32>(kernel, line, rows, <i32>CHUNK, out, outLine);
  else transposeLines<f64>(kernel, line, rows, <i32>CHUNK, out, outLine);
}
