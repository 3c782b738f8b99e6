/**
 * The greatest and least of any number of values. `Math.max(...values)` puts each on the stack, which some 120,000
 * overflow: nothing that a file or a user makes longer is spread into arguments (test/architecture.test.ts).
 */

/** `least` where there are no values; NaN where one is. */
export function largestOf(values: Iterable<number>, least = Number.NEGATIVE_INFINITY): number {
  let largest = least;
  for (const value of values) largest = Math.max(largest, value);
  return largest;
}

/** `most` where there are no values; NaN where one is. */
export function smallestOf(values: Iterable<number>, most = Number.POSITIVE_INFINITY): number {
  let smallest = most;
  for (const value of values) smallest = Math.min(smallest, value);
  return smallest;
}
