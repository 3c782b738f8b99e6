/** Starts and lengths of the parts that `total` rows are worked through in. */
export const parts = (total: number, most: number): readonly { readonly start: number; readonly count: number }[] =>
  Array.from({ length: Math.ceil(total / most) }, (_, i) => ({
    start: i * most,
    count: Math.min(most, total - i * most),
  }));
