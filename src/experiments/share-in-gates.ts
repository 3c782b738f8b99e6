/**
 * The share of what a network learned that is in its gates, with its interval (theory 5.10): a ratio of two differences of
 * means, by Fieller's theorem (E. C. Fieller, "Some problems in interval estimation", JRSS B 16, 1954). All rows are measured
 * on the same test examples, so what an example is worth to one of them is set against what it is worth to the others.
 */

/** What each test example is worth to a row, an array for each of its runs; its mean is the row's measure. */
export interface RowScores {
  readonly model: Float64Array;
  /** Fresh values behind its gates, and behind random ones: at least one run each. */
  readonly gates: readonly Float64Array[];
  readonly random: readonly Float64Array[];
}

/** A number with its 95 % interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The share `(F − R)/(M − R)`. Its interval is null where the gain `M − R` could be nothing: then any share fits what was
 * measured.
 */
export interface GateShare {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** What learning gained over random gates, and how much of it the gates hold. */
export interface ShareInGates {
  /** `M − R`, in the unit of the measure. */
  readonly gained: Interval;
  /** Null where learning gained nothing. */
  readonly share: GateShare | null;
}

/** 97.5 % quantiles of Student's t by degrees of freedom, from 1 (NIST handbook, table 1.3.6.7.2). */
const STUDENT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
const NORMAL = 1.96;

/**
 * Which shares `ρ` fit: those with `(A − ρ·B)²` at most the squared half-width of `A − ρ·B`, where `A = F − R` and `B = M − R`.
 * That is of three parts: the test examples (normal, paired), the seeds of `F` and those of `R` (Student's t each; one seed
 * says nothing, and is taken for what all would be).
 */
export function shareInGates({ model, gates, random }: RowScores): ShareInGates {
  const [f, r] = [averaged(gates), averaged(random)];
  const kept = f.map((value, i) => value - (r[i] ?? 0));
  const gain = model.map((value, i) => value - (r[i] ?? 0));
  const [a, b] = [meanOf(kept), meanOf(gain)];
  const examples = NORMAL ** 2 / model.length;
  const [aa, ab, bb] = [covariance(kept, kept), covariance(kept, gain), covariance(gain, gain)].map(
    (one) => examples * one,
  );
  const [bySeedsOfGates, bySeedsOfRandom] = [squaredWidth(gates), squaredWidth(random)];
  // the condition as x·ρ² + 2y·ρ + z ≤ 0
  const x = b ** 2 - (bb ?? 0) - bySeedsOfRandom;
  const y = -a * b + (ab ?? 0) + bySeedsOfRandom;
  const z = a ** 2 - (aa ?? 0) - bySeedsOfGates - bySeedsOfRandom;
  const width = Math.sqrt((bb ?? 0) + bySeedsOfRandom);
  const gained = { value: b, low: b - width, high: b + width };
  if (!(b > 0)) return { gained, share: null };
  if (x <= 0) return { gained, share: { value: a / b, low: null, high: null } };
  // the value itself fits, so there are roots; rounding may say otherwise
  const root = Math.sqrt(Math.max(0, y ** 2 - x * z));
  return { gained, share: { value: a / b, low: (-y - root) / x, high: (-y + root) / x } };
}

/**
 * What a row is uncertain by: its half-width of 95 %, from its test examples and, of several runs, from its seeds.
 * @param runs at least one, what each test example is worth to it
 */
export function intervalOf(runs: readonly Float64Array[]): Interval {
  const scores = averaged(runs);
  const value = meanOf(scores);
  const width = Math.sqrt((NORMAL ** 2 * covariance(scores, scores)) / scores.length + squaredWidth(runs));
  return { value, low: value - width, high: value + width };
}

/** What each example is worth on average over the runs. */
function averaged(runs: readonly Float64Array[]): Float64Array {
  const [first = new Float64Array(0)] = runs;
  return first.map((_, i) => runs.reduce((sum, run) => sum + (run[i] ?? Number.NaN), 0) / runs.length);
}

/** Squared half-width of the mean over the seeds. */
function squaredWidth(runs: readonly Float64Array[]): number {
  if (runs.length < 2) return 0;
  const means = Float64Array.from(runs, meanOf);
  return ((STUDENT[runs.length - 2] ?? NORMAL) ** 2 * covariance(means, means)) / runs.length;
}

const meanOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function covariance(a: Float64Array, b: Float64Array): number {
  const [meanA, meanB] = [meanOf(a), meanOf(b)];
  const sum = a.reduce((total, value, i) => total + (value - meanA) * ((b[i] ?? 0) - meanB), 0);
  return a.length < 2 ? 0 : sum / (a.length - 1);
}
