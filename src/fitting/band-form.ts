/**
 * A symmetric matrix as `K = Q B Qᵀ` with a band matrix `B`: block by block of columns, a product of reflections makes
 * what lies below the band zero (Bischof, Lang and Sun, "A framework for symmetric band reduction", 2000). Nearly all of
 * its 4 n³/3 operations are matrix products in the engine, unlike those of the way to tridiagonal form, half of which
 * are products of a matrix and a vector. The band is all that eigenvalues and the systems of many ridges need.
 */

import { openBandModule } from "./band-module.ts";
import { type BlockProducts, type Matrix, matrix, rowsOf, sizesOf } from "./block-products.ts";
import type { KernelRows } from "./kernel-rows.ts";
import { besideEachOther, compactReflections, type Reflections } from "./reflections.ts";
import type { WorkOptions } from "./work-options.ts";

export interface BandForm {
  readonly examples: number;
  /** Of the band, and of its blocks. */
  readonly width: number;
  /** `[width, width]`, symmetric, along the diagonal; beyond the last example 0. */
  readonly diagonal: readonly Matrix[];
  /** `[width, width]`, upper triangular, below each block of the diagonal but the last. */
  readonly below: readonly Matrix[];
  /** `Q` is their product, in this order. */
  readonly reflections: readonly Reflections[];
}

/** Wide enough for the engine, and narrow enough for what comes after (measured at 2,000 and 4,000). */
const BAND_WIDTH = 32;
/** Reflections that are applied together. */
const TOGETHER = 128;

/** Rows of a stripe: products that are large enough, and little of a stripe's triangle that is computed in vain. */
const stripeRows = (examples: number, width: number): number =>
  width * Math.max(1, Math.round(Math.min(256, examples / 8) / width));

/** Rows `from` to `to − 1` of the symmetric matrix from column `from` on, in C order. */
interface Stripe {
  readonly from: number;
  readonly to: number;
  data: Matrix;
}

/**
 * @param kernel symmetric `[n, n]`; only its upper triangle is read
 * @param width of the band
 */
export async function bandForm(
  kernel: KernelRows,
  products: BlockProducts,
  { signal, onProgress }: WorkOptions = {},
  width = BAND_WIDTH,
): Promise<BandForm> {
  const examples = kernel.rows;
  const blocks = Math.ceil(examples / width);
  const padded = blocks * width;
  const stripes = await loadStripes(kernel, padded, stripeRows(examples, width));
  const diagonal: Matrix[] = [];
  const below: Matrix[] = [];
  const reflections: Reflections[] = [];
  const { reflectPanel } = await openBandModule();
  let open: Pair[] = [];
  let base = 0;
  for (let k = 0; k < blocks; k++) {
    signal?.throwIfAborted();
    const start = k * width;
    const rows = cutRows(stripeAt(stripes, start), start, width, padded);
    const { block, panel } = await panelOf(rows, open, start - base, products);
    diagonal.push(block);
    if (k === blocks - 1) break;
    below.push(reflectPanel(panel, width));
    // vectors of the open pairs begin at the stripe where the first of them does
    if (open.length === 0) base = stripeAt(stripes, start + width).from;
    const v = transposedAt(panel, width, start + width - base, padded - base);
    open.push(await pairOf(v, base, start + width, stripes, open, products));
    if (open.length * width >= TOGETHER || k === blocks - 2) {
      const first = start + 2 * width - open.length * width;
      const vectors = open.map((pair) => pair.v);
      reflections.push({ ...(await compactReflections(vectors, first - base, products)), from: first });
      await update(stripes, base, start + width, open, products);
      open = [];
    }
    onProgress?.(1 - (1 - (k + 1) / blocks) ** 3);
  }
  return { examples, width, diagonal, below, reflections };
}

async function loadStripes(kernel: KernelRows, padded: number, rows: number): Promise<Stripe[]> {
  const stripes: Stripe[] = [];
  const { rows: examples } = kernel;
  for (let from = 0; from < padded; from += rows) {
    const to = Math.min(from + rows, padded);
    const data = matrix(to - from, padded - from);
    const end = Math.min(to, examples);
    const block = await kernel.read(from, end);
    for (let i = from; i < end; i++) {
      data.data.set(
        block.subarray((i - from) * examples + from, (i - from + 1) * examples),
        (i - from) * (padded - from),
      );
    }
    stripes.push({ from, to, data });
  }
  return stripes;
}

function stripeAt(stripes: readonly Stripe[], row: number): Stripe {
  const stripe = stripes.find(({ to }) => row < to);
  if (stripe === undefined) throw new Error(`unreachable: no stripe of row ${row}`);
  return stripe;
}

/** The rows `start` to `start + width − 1` from column `start` on. */
function cutRows({ from, data }: Stripe, start: number, width: number, padded: number): Matrix {
  const out = matrix(width, padded - start);
  for (let i = 0; i < width; i++) {
    const row = (start - from + i) * (padded - from) + start - from;
    out.data.set(data.data.subarray(row, row + padded - start), i * (padded - start));
  }
  return out;
}

/**
 * Those rows, `at` from where the open pairs begin, as they are after the open updates: their block of the diagonal, and what is right of it, `[width, …]`. By
 * symmetry these are columns, one after the other in memory, as reflections want them.
 */
async function panelOf(rows: Matrix, open: readonly Pair[], at: number, products: BlockProducts) {
  const [width, length] = sizesOf(rows);
  let current = rows;
  for (const { left, right } of open) {
    const own = rowsOf(left, at, at + width);
    current = await products.subtractProduct("nt", current, own, rowsOf(right, at));
  }
  const block = matrix(width, width);
  const panel = new Float64Array(width * (length - width));
  for (let i = 0; i < width; i++) {
    const row = current.data.subarray(i * length, (i + 1) * length);
    for (let j = i; j < width; j++) {
      block.data[i * width + j] = row[j]!;
      block.data[j * width + i] = row[j]!;
    }
    panel.set(row.subarray(width), i * (length - width));
  }
  return { block, panel };
}

/** `[rows, width]` of `[width, rows − from]`: zeros before row `from`. */
function transposedAt(panel: Float64Array, width: number, from: number, rows: number): Matrix {
  const out = matrix(rows, width);
  const length = rows - from;
  for (let j = 0; j < width; j++) {
    for (let i = 0; i < length; i++) out.data[(from + i) * width + j] = panel[j * length + i]!;
  }
  return out;
}

/** What a block of reflections does to the matrix: `A − V Wᵀ − W Vᵀ`; of the rows from a stripe's first on. */
interface Pair {
  readonly v: Matrix;
  /** `V` and `W` side by side, `[n, 2 · width]`. */
  readonly left: Matrix;
  /** `W` and `V`. */
  readonly right: Matrix;
}

/** `Hᵀ A H` with `H = I − V T Vᵀ`: `W = X − ½ V Tᵀ Vᵀ X`, `X = A V T`; of the rows and columns from `from` on. */
async function pairOf(
  v: Matrix,
  base: number,
  from: number,
  stripes: readonly Stripe[],
  open: readonly Pair[],
  products: BlockProducts,
): Promise<Pair> {
  const { t } = await compactReflections([v], from - base, products);
  let av = await stripesTimes(stripes, base, from, v, products);
  for (const { left, right } of open) {
    av = await products.subtractProduct("nn", av, left, await products.multiply("tn", right, v));
  }
  const x = await products.multiply("nn", av, t);
  const inner = await products.multiply("tn", t, await products.multiply("tn", v, x));
  for (let i = 0; i < inner.data.length; i++) inner.data[i]! /= 2;
  const w = await products.subtractProduct("nn", x, v, inner);
  return { v, left: besideEachOther([v, w]), right: besideEachOther([w, v]) };
}

/**
 * `A · v` for a `v` whose rows before `from` are zero; rows before have any value.
 * @param v from row `base` on, where a stripe begins
 */
async function stripesTimes(
  stripes: readonly Stripe[],
  base: number,
  from: number,
  v: Matrix,
  products: BlockProducts,
): Promise<Matrix> {
  const [length, width] = sizesOf(v);
  const out = matrix(length, width);
  for (const { from: start, to, data } of stripes) {
    if (to <= from) continue;
    const right = await products.multiply("nn", data, rowsOf(v, start - base));
    addTo(out.data, right.data, (start - base) * width);
    if (to - base === length) continue;
    const below = await products.multiply("tn", data, rowsOf(v, start - base, to - base));
    // the stripe's block of the diagonal has been multiplied already
    addTo(out.data, below.data.subarray((to - start) * width), (to - base) * width);
  }
  return out;
}
/** Brings the rows from `from` on up to date. */
async function update(
  stripes: readonly Stripe[],
  base: number,
  from: number,
  open: readonly Pair[],
  products: BlockProducts,
): Promise<void> {
  const left = besideEachOther(open.map((pair) => pair.left));
  const right = besideEachOther(open.map((pair) => pair.right));
  for (const stripe of stripes) {
    const { from: start, to, data } = stripe;
    if (to <= from) continue;
    const rows = rowsOf(left, start - base, to - base);
    stripe.data = await products.subtractProduct("nt", data, rows, rowsOf(right, start - base));
  }
}

function addTo(sum: Float64Array, values: Float64Array, at: number): void {
  for (let i = 0; i < values.length; i++) sum[at + i]! += values[i]!;
}
