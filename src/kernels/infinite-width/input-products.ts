import { GatewiseError } from "../../errors.ts";
import { type BlockProducts, type Matrix, sizesOf } from "../../fitting/index.ts";

/** Inner products of two sets of inputs: all that kernels of fully connected networks need to know of them. */
export interface InputProducts {
  /** `x · x'`, `[m, n]`. */
  readonly inner: Matrix;
  /** `‖x‖²` of the rows, `[m]`. */
  readonly rowSquares: Float64Array;
  /** `‖x'‖²` of the columns, `[n]`. */
  readonly columnSquares: Float64Array;
  readonly features: number;
}

/**
 * Inner products and squared lengths of two sets of inputs.
 * @param rows `[m, features]`
 * @param columns `[n, features]`
 * @throws GatewiseError if the two differ in their features
 */
export async function inputProducts(rows: Matrix, columns: Matrix, products: BlockProducts): Promise<InputProducts> {
  const [[, features], [, others]] = [sizesOf(rows), sizesOf(columns)];
  if (features !== others) {
    throw new GatewiseError({
      received: `inputs of ${features} and of ${others} features`,
      expected: "inputs of one kind",
      next: "give both sets in the same form",
    });
  }
  const inner = await products.multiply("nt", rows, columns);
  return { inner, rowSquares: squares(rows), columnSquares: squares(columns), features };
}

function squares(of: Matrix): Float64Array {
  const [rows, columns] = sizesOf(of);
  const out = new Float64Array(rows);
  for (let at = 0; at < of.data.length; at++) out[Math.floor(at / columns)]! += of.data[at]! ** 2;
  return out;
}
