/**
 * Half-spaces that the gates of a deep linearly gated network are: a gate is on where its normal times the input is
 * positive (theory 5.5), and the normal can be laid beside that of a tree's node (theory 6.7).
 */
import { type DenseArray, type FloatDType, float64 } from "../../graph/index.ts";
import type { ParametersByLayer } from "../../network/index.ts";

/** Regimes whose gates are half-spaces of the input. */
export type LinearlyGated = "dlgn" | "dlgn-sf";

/**
 * Normals of all gates, layer by layer: for `dlgn` the columns of `W_1 W_2 … W_l`, for `dlgn-sf` those of each weight.
 * @param features the feature network's, weights `[in, out]` without biases
 * @returns one `[inputs, units]` a layer
 */
export function gateNormals(regime: LinearlyGated, features: ParametersByLayer): readonly DenseArray<"float64">[] {
  const normals: DenseArray<"float64">[] = [];
  for (let layer = 1; ; layer++) {
    const weight = features[layer]?.weight;
    if (weight === undefined) return normals;
    const before = regime === "dlgn" ? normals.at(-1) : undefined;
    normals.push(before === undefined ? float64(weight.shape, weight.data) : product(before, weight));
  }
}

function product(a: DenseArray<"float64">, b: DenseArray<FloatDType>): DenseArray<"float64"> {
  const [rows = 0, inner = 0] = a.shape;
  const [, columns = 0] = b.shape;
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < inner; k++) {
      const factor = a.data[i * inner + k]!;
      for (let j = 0; j < columns; j++) out[i * columns + j]! += factor * b.data[k * columns + j]!;
    }
  }
  return float64([rows, columns], out);
}

/**
 * How near the gates come to each direction: the largest `|cos|` between it and any gate's normal, 0 to 1.
 * @param normals {@link gateNormals}
 * @param directions `[n, inputs]`
 * @returns `n` numbers
 */
export function largestCosines(
  normals: readonly DenseArray<"float64">[],
  directions: DenseArray<"float64">,
): readonly number[] {
  const [count = 0, size = 0] = directions.shape;
  const columns = normals.flatMap(({ shape: [, units = 0], data }) =>
    Array.from({ length: units }, (_, unit) => Float64Array.from({ length: size }, (_, i) => data[i * units + unit]!)),
  );
  return Array.from({ length: count }, (_, i) => {
    const direction = directions.data.subarray(i * size, (i + 1) * size);
    return columns.reduce((largest, column) => Math.max(largest, Math.abs(cosine(column, direction))), 0);
  });
}

function cosine(a: Float64Array, b: Float64Array): number {
  let [product, squareA, squareB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    squareA += a[i]! ** 2;
    squareB += b[i]! ** 2;
  }
  return product / Math.sqrt(squareA * squareB);
}
