/** Spearman's correlation, and how predictions of losses are scored by it over many trainings (theory 8.4). */

/** Ranks from 0, the mean of their places for equal values. */
function ranksOf(values: Float64Array): Float64Array {
  const order = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let i = from; i < to; i++) ranks[order[i]!] = (from + to - 1) / 2;
    from = to;
  }
  return ranks;
}

/** Spearman's rank correlation; 0 where one side does not vary. */
export function rankCorrelation(a: Float64Array, b: Float64Array): number {
  const [x, y] = [ranksOf(a), ranksOf(b)];
  const mean = (a.length - 1) / 2;
  let [product, squareX, squareY] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [x[i]! - mean, y[i]! - mean];
    product += dx * dy;
    squareX += dx * dx;
    squareY += dy * dy;
  }
  return squareX === 0 || squareY === 0 ? 0 : product / Math.sqrt(squareX * squareY);
}

/** Numbers of some trainings on some examples: a row a half, a column a test example. */
export type LossTable = readonly Float64Array[];

/** A score, and what it would be without each half: what its standard error is read off. */
export interface JackknifeScore {
  readonly score: number;
  readonly withoutHalf: readonly number[];
}

/**
 * Mean over the columns of the rank correlation of two tables over their rows, and the same without each row.
 * @param others tables that the first is laid against; the mean of their scores
 */
export function tableScore(table: LossTable, others: readonly LossTable[]): JackknifeScore {
  const rows = [...table.keys()];
  return {
    score: scoreOfRows(table, others, rows),
    withoutHalf: rows.map((left) =>
      scoreOfRows(
        table,
        others,
        rows.filter((row) => row !== left),
      ),
    ),
  };
}

/** The same over some of the rows. */
export function scoreOfRows(table: LossTable, others: readonly LossTable[], rows: readonly number[]): number {
  const columns = table[0]?.length ?? 0;
  let sum = 0;
  for (let column = 0; column < columns; column++) {
    const own = columnOf(table, rows, column);
    for (const other of others) sum += rankCorrelation(own, columnOf(other, rows, column));
  }
  return sum / (columns * others.length);
}

const columnOf = (table: LossTable, rows: readonly number[], column: number): Float64Array =>
  Float64Array.from(rows, (row) => table[row]?.[column] ?? Number.NaN);

/** Standard error of a score, or of the difference of two, from what it is without each half (Efron and Tibshirani, 11). */
export function jackknifeError(withoutHalf: readonly number[]): number {
  const n = withoutHalf.length;
  const mean = withoutHalf.reduce((sum, value) => sum + value, 0) / n;
  return Math.sqrt(((n - 1) / n) * withoutHalf.reduce((sum, value) => sum + (value - mean) ** 2, 0));
}
