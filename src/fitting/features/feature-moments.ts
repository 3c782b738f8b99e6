/** What a ridge regression needs to know of features and labels, in one pass: their products, summed over the examples. */
import { GatewiseError } from "../../errors.ts";
import { type Alignment, alignmentOf } from "../alignment.ts";
import { type Matrix, matrix, sizesOf } from "../block-products.ts";
import { targetRows } from "../class-targets.ts";
import { type KernelNorms, type KernelRows, kernelNorms, kernelRows } from "../kernel-rows.ts";
import type { WorkOptions } from "../work-options.ts";
import { overBlocks, type ProductTeams } from "./feature-blocks.ts";

export interface FeatureMoments {
  readonly examples: number;
  /** `Φᵀ Φ`, `[R, R]`. */
  readonly gram: KernelRows;
  /** Of `Φᵀ Φ`: trace and Frobenius norm are those of the kernel `Φ Φᵀ`. */
  readonly norms: KernelNorms;
  /** `Φᵀ Y` of the targets, `[R, columns]`. */
  readonly targets: Matrix;
  readonly alignment: Alignment;
}

/** @param classes of the labels */
export async function featureMoments(
  features: KernelRows,
  labels: Int32Array,
  classes: Int32Array,
  teams: ProductTeams,
  work: WorkOptions,
): Promise<FeatureMoments> {
  const { rows: examples, columns: count } = features;
  const gram = matrix(count, count);
  const width = (classes.length === 2 ? 1 : classes.length) + 1;
  const sums = matrix(count, width);
  const products = async (block: Matrix, from: number, to: number, team: number) => {
    const own = teams[team] ?? teams[0];
    const beside = withOnes(targetRows(labels, classes, from, to));
    return [await own.multiply("tn", block, block), await own.multiply("tn", block, beside)] as const;
  };
  const blocks = overBlocks(
    features,
    teams.length,
    (block, team) => products(block.features, block.from, block.to, team),
    work,
  );
  for await (const { made } of blocks) {
    const [square, beside] = made;
    for (let i = 0; i < square.data.length; i++) gram.data[i]! += square.data[i]!;
    for (let i = 0; i < beside.data.length; i++) sums.data[i]! += beside.data[i]!;
  }
  const norms = await normsOf(gram);
  return {
    examples,
    gram: kernelRows(gram),
    norms,
    targets: columnsOf(sums, width - 1),
    alignment: await alignmentBy(gram, norms, sums, labels, classes, teams),
  };
}

function withOnes(targets: Matrix): Matrix {
  const [rows, columns] = sizesOf(targets);
  const out = matrix(rows, columns + 1);
  out.data.fill(1);
  for (let i = 0; i < rows; i++) {
    out.data.set(targets.data.subarray(i * columns, (i + 1) * columns), i * (columns + 1));
  }
  return out;
}

const columnsOf = (of: Matrix, columns: number): Matrix => {
  const [rows, width] = sizesOf(of);
  return matrix(
    rows,
    columns,
    matrix(rows, columns).data.map((_, at) => of.data[Math.floor(at / columns) * width + (at % columns)]!),
  );
};

async function normsOf(gram: Matrix): Promise<KernelNorms> {
  const [count] = sizesOf(gram);
  let trace = 0;
  for (let i = 0; i < count; i++) trace += gram.data[i * (count + 1)]!;
  if (trace > 0 && Number.isFinite(trace)) return await kernelNorms(kernelRows(gram));
  throw new GatewiseError({
    ...(trace === 0 ? {} : { code: "numerical-failure" as const }),
    received: trace === 0 ? "features that are all 0" : "features whose squares leave float64",
    expected: "numbers that are not all 0, of squares that float64 holds",
    next: "check how the features were made; a factor on all of them changes nothing",
  });
}

/** Of the kernel `Φ Φᵀ`: `Yᵀ K Y` is the square of `Φᵀ Y`. */
async function alignmentBy(
  gram: Matrix,
  { squaredFrobenius }: KernelNorms,
  sums: Matrix,
  labels: Int32Array,
  classes: Int32Array,
  [products]: ProductTeams,
): Promise<Alignment> {
  const [count, width] = sizesOf(sums);
  const isBinary = width === 2;
  // one-hot labels are half of the targets and one
  const beside = isBinary
    ? sums
    : matrix(
        count,
        width,
        sums.data.map((value, at) =>
          at % width === width - 1 ? value : (value + sums.data[at - (at % width) + width - 1]!) / 2,
        ),
      );
  const ones = matrix(
    count,
    1,
    Float64Array.from({ length: count }, (_, i) => sums.data[i * width + width - 1]!),
  );
  const turned = await products.multiply("nn", gram, ones);
  return alignmentOf({
    examples: labels.length,
    squaredFrobenius,
    yhy: (await products.multiply("tn", beside, beside)).data,
    yy: labelProducts(labels, classes, width),
    squaredRowSums: ones.data.reduce((sum, value, i) => sum + value * turned.data[i]!, 0),
  });
}

/** `Yᵀ Y` of one-hot labels, or ±1 of two classes, with a last column of ones. */
function labelProducts(labels: Int32Array, classes: Int32Array, width: number): Float64Array {
  const out = new Float64Array(width ** 2);
  const last = width - 1;
  out[last * width + last] = labels.length;
  const counts = [...classes].map((label) => labels.reduce((sum, one) => sum + (one === label ? 1 : 0), 0));
  if (width === 2) {
    const [less = 0, more = 0] = counts;
    out[0] = labels.length;
    out[1] = more - less;
    out[2] = more - less;
    return out;
  }
  for (const [c, count] of counts.entries()) {
    out[c * width + c] = count;
    out[c * width + last] = count;
    out[last * width + c] = count;
  }
  return out;
}
