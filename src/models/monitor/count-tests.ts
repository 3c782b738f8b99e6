/** Exact tests and intervals of counts, by sums of probabilities from the observed one outward. */

const HALF_LOG_TWO_PI = Math.log(2 * Math.PI) / 2;
const SMALL = new Float64Array(32);
for (let n = 2; n < SMALL.length; n++) SMALL[n] = SMALL[n - 1]! + Math.log(n);

/** `log n!`, by Stirling's series from 32 on: to a rounding. */
function logFactorial(n: number): number {
  if (n < SMALL.length) return SMALL[n]!;
  const square = 1 / (n * n);
  return (n + 0.5) * Math.log(n) - n + HALF_LOG_TWO_PI + (1 / 12 - square * (1 / 360 - square / 1260)) / n;
}

const logChoose = (n: number, k: number): number => logFactorial(n) - logFactorial(k) - logFactorial(n - k);

/** Terms smaller than this share of a sum change nothing of it. */
const NOTHING = 1e-18;

/** `first (1 + r_1 + r_1 r_2 + …)`, while the terms count. */
function sumOf(first: number, ratio: (step: number) => number): number {
  let [sum, term] = [1, 1];
  for (let step = 0; ; step++) {
    const next = ratio(step);
    term *= next;
    sum += term;
    if (!(term > NOTHING * sum) || next <= 0) break;
  }
  return Math.min(1, Math.exp(first + Math.log(sum)));
}

/** P(X ≥ k) of `n` draws of probability `p`. */
function binomialUpper(n: number, k: number, p: number): number {
  if (k <= 0) return 1;
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  // from below the mean terms rise: the other side is the small one
  if (k <= n * p) return 1 - binomialUpper(n, n - k + 1, 1 - p);
  const first = logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p);
  return sumOf(first, (step) => ((n - k - step) / (k + step + 1)) * (p / (1 - p)));
}

/** An interval of a share. */
export interface ShareInterval {
  readonly low: number;
  readonly high: number;
}

/** Chance that a share lies outside of its interval. */
const OUTSIDE = 0.05;

/**
 * The 95 % interval of Clopper and Pearson (Biometrika 26, 1934) for the share behind `k` of `n`: exact, never too narrow.
 */
export function shareInterval(k: number, n: number): ShareInterval {
  const low = k === 0 ? 0 : shareWhere((p) => binomialUpper(n, k, p) > OUTSIDE / 2);
  const high = k === n ? 1 : shareWhere((p) => 1 - binomialUpper(n, k + 1, p) < OUTSIDE / 2);
  return { low, high };
}

/** The least share for which it holds, of a condition that holds from there on. */
function shareWhere(holds: (p: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 52; step++) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * Fisher's exact test of two shares, `a` of `n` and `b` of `m`: twice the smaller tail of the hypergeometric distribution, at most 1.
 */
export function fisherTest(a: number, n: number, b: number, m: number): number {
  const all = a + b;
  const logWhole = logChoose(n + m, all);
  const first = logChoose(n, a) + logChoose(m, b) - logWhole;
  const up = (step: number): number => ((n - a - step) * (b - step)) / ((a + step + 1) * (m - b + step + 1));
  const down = (step: number): number => ((a - step) * (m - b - step)) / ((n - a + step + 1) * (b + step + 1));
  // the tail that falls from here on
  const isAbove = a * (n + m) >= all * n;
  return Math.min(1, 2 * sumOf(first, isAbove ? up : down));
}

/**
 * Holm's step-down correction (Scandinavian Journal of Statistics 6, 1979): the chance that any of the tests called significant at
 * a level is not stays below it however the tests depend on each other.
 * @returns adjusted p-values in the order of the tests
 */
export function holm(p: Float64Array): Float64Array {
  const order = Array.from(p.keys()).sort((i, j) => p[i]! - p[j]!);
  const adjusted = new Float64Array(p.length);
  let least = 0;
  for (const [rank, i] of order.entries()) {
    least = Math.max(least, Math.min(1, (p.length - rank) * p[i]!));
    adjusted[i] = least;
  }
  return adjusted;
}
