/** How far predictions of real values are from them. */
import type { DenseArray } from "../graph/index.ts";

/** Errors of predicted values. */
export interface ValueErrors {
  /** Root of the mean squared error over examples and outputs, in the unit of the values. */
  readonly rmse: number;
  /**
   * `1 − Σ (y − ŷ)² / Σ (y − ȳ)²`, the mean over the outputs (scikit-learn's `r2_score`): 1 for exact predictions, 0 for those of
   * the mean. Of values that do not vary: 1 where they are met, else 0.
   */
  readonly r2: number;
  /** Mean squared error of each output. */
  readonly meanSquares: readonly number[];
}

/**
 * The errors, from the sums of their squares.
 * @param values `[n, outputs]`
 * @param squares the sum of squared errors of each output
 */
export function valueErrors({ shape, data }: DenseArray<"float32">, squares: Float64Array): ValueErrors {
  const [examples = 0, outputs = 1] = shape;
  const scores = Array.from(squares, (sum, output) => {
    let [total, spread] = [0, 0];
    for (let i = output; i < data.length; i += outputs) total += data[i]!;
    for (let i = output; i < data.length; i += outputs) spread += (data[i]! - total / examples) ** 2;
    if (spread === 0) return sum === 0 ? 1 : 0;
    return 1 - sum / spread;
  });
  const meanSquares = Array.from(squares, (sum) => sum / examples);
  return { rmse: Math.sqrt(mean(meanSquares)), r2: mean(scores), meanSquares };
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
