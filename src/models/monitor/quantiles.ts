/**
 * How unusual a value is among those of clean inputs, as a quantile that keeps its promise (split conformal prediction: Vovk,
 * Gammerman and Shafer, Algorithmic Learning in a Random World, 2005): where an input is exchangeable with the `H` clean ones,
 * its quantile is at least `q` with probability of at most `1 − q`, whatever their distribution.
 */
import { GatewiseError } from "../../errors.ts";

/**
 * The quantile of unfamiliarity: of `H` clean inputs and this one the share that is more familiar, `#{h > value} / (H + 1)`.
 * @param rising familiarities of the clean inputs
 */
export const unfamiliarity = (rising: Float64Array, value: number): number =>
  (rising.length - countUpTo(rising, value)) / (rising.length + 1);

/** How many of rising values are at most this one. */
function countUpTo(rising: Float64Array, value: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rising[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The larger of two quantiles for each of the clean inputs themselves, rising. Each is counted with one more that is more
 * familiar: never below what it would be beside a new input, so that thresholds taken from it keep their level.
 * @param first familiarities by two scores, in the same order of the inputs
 */
export function largerOfOwn(first: Float64Array, second: Float64Array): Float64Array {
  const own = (values: Float64Array): ((value: number) => number) => {
    const rising = values.toSorted();
    return (value) => (rising.length - countUpTo(rising, value) + 1) / (rising.length + 1);
  };
  const [a, b] = [own(first), own(second)];
  return first.map((value, i) => Math.max(a(value), b(second[i]!))).sort();
}

/** What an alarm must be above. */
export interface Threshold {
  readonly level: number;
  readonly threshold: number;
  /** Clean inputs whose own alarm is above it. */
  readonly above: number;
}

/**
 * The threshold above which at most a share `1 − level` of clean inputs has an alarm: the `⌊(1 − level)(H + 1)⌋`-th largest of the
 * clean inputs' own.
 * @param larger of {@link largerOfOwn}
 * @throws GatewiseError if the level is none, or too few clean inputs were held out for any alarm at it
 */
export function thresholdOf(larger: Float64Array, level: number): Threshold {
  if (!(level > 0 && level < 1)) {
    throw new GatewiseError({
      received: `level ${level}`,
      expected: "a number above 0 and below 1: the share of clean inputs that raise no alarm",
      next: "give 0.95 for one false alarm in twenty",
    });
  }
  const held = larger.length;
  // a level such as 0.95 is not a float64: what misses a whole number by rounding is one
  const place = Math.floor((1 - level) * (held + 1) + 1e-9);
  const threshold = place < 1 ? Number.POSITIVE_INFINITY : larger[held - place]!;
  if (threshold < held / (held + 1)) return { level, threshold, above: held - countUpTo(larger, threshold) };
  const needed = Math.ceil(3 / (1 - level)) - 1;
  throw new GatewiseError({
    received: `level ${level} with ${held} clean inputs held out`,
    expected: `at least ${needed}: their own alarms are too coarse for one false alarm in ${Math.round(1 / (1 - level))}`,
    next: "choose a lower level, or fit the monitor with more clean inputs",
  });
}
