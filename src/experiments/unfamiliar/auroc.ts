/**
 * The area under the curve of a score that tells two sets apart, in percent: the share of pairs in which the odd one has the larger
 * score, ties as halves (Mann and Whitney, 1947).
 */
export function auroc(clean: ArrayLike<number>, odd: ArrayLike<number>): number {
  const scores = Float64Array.from([...Array.from(clean), ...Array.from(odd)]);
  const order = Array.from(scores.keys()).sort((i, j) => scores[i]! - scores[j]!);
  let sum = 0;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to += 1;
    // ranks are from 1: those that are alike share their mean
    for (let i = from; i < to; i++) if (order[i]! >= clean.length) sum += (from + to + 1) / 2;
    from = to;
  }
  return (100 * (sum - (odd.length * (odd.length + 1)) / 2)) / (clean.length * odd.length);
}
