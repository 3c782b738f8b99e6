import {
  constant,
  float64,
  gather,
  int32,
  multiply,
  reduceSum,
  reshape,
  type Tensor,
  transpose,
} from "../../graph/index.ts";

type Values = Tensor<"float64">;

/**
 * Sums of columns `[batch, columns]` by the place that each goes to, `[batch, count]`; a column of place −1 goes nowhere.
 * Columns of one place stand side by side, filled up with zeros: where places have very different numbers of columns,
 * first some of each are added up, and then their sums.
 */
export function segmentSums(values: Values, places: Int32Array, count: number): Values {
  const counts = new Int32Array(count);
  for (const place of places) if (place >= 0) counts[place]! += 1;
  const held = counts.reduce((sum, one) => sum + one, 0);
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  const together = Math.min(most, Math.max(2, Math.ceil(held / count)));
  if (most === together) {
    const from = new Int32Array(count * most).fill(-1);
    const next = new Int32Array(count);
    for (const [column, place] of places.entries()) {
      if (place < 0) continue;
      from[place * most + next[place]!] = column;
      next[place]! += 1;
    }
    return summed(picked(values, from), count, most);
  }
  const groupOf = new Int32Array(places.length).fill(-1);
  const placeOf: number[] = [];
  const open = new Int32Array(count).fill(-1);
  const room = new Int32Array(count);
  for (const [column, place] of places.entries()) {
    if (place < 0) continue;
    if (room[place] === 0) {
      open[place] = placeOf.push(place) - 1;
      room[place] = together;
    }
    groupOf[column] = open[place]!;
    room[place]! -= 1;
  }
  return segmentSums(segmentSums(values, groupOf, placeOf.length), Int32Array.from(placeOf), count);
}

/** `[count · each, batch]` to `[batch, count]`. */
function summed(rows: Values, count: number, each: number): Values {
  if (each === 1) return transpose(rows);
  return transpose(reduceSum(reshape(rows, [count, each, rows.shape[1] ?? 1]), [1]));
}

/** Columns from their places as rows, `[from.length, batch]`; zeros where −1. */
function picked(values: Values, from: Int32Array): Values {
  const places = from.map((column) => Math.max(column, 0));
  const rows = gather(transpose(values), constant(int32([places.length], places)));
  if (from.every((column) => column >= 0)) return rows;
  const mask = Float64Array.from(from, (column) => (column < 0 ? 0 : 1));
  return multiply(rows, constant(float64([mask.length, 1], mask)));
}
