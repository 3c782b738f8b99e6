/** Training and test examples from one set that has no test set of its own. */
import { randomStream } from "../../random.ts";

/** Positions of examples, ascending. */
export interface Split {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/**
 * A stratified split: of each class the share goes to the test set as exactly as whole numbers allow (largest remainders),
 * chosen by the seed; every class keeps a training example, and one of two or more has a test example.
 * @param labels the class of each example, below `classes`
 * @param share of the test set, between 0 and 1
 */
export function stratifiedSplit(labels: ArrayLike<number>, classes: number, share: number, seed: number): Split {
  const members = Array.from({ length: classes }, (): number[] => []);
  for (let i = 0; i < labels.length; i++) members[labels[i] ?? 0]?.push(i);
  const tests = testCounts(
    members.map(({ length }) => length),
    share,
  );
  const isTest = new Uint8Array(labels.length);
  for (const [label, own] of members.entries()) {
    const order = randomStream(seed, "own-data", "split", label).permutation(own.length);
    for (const at of order.subarray(0, tests[label])) isTest[own[at] ?? 0] = 1;
  }
  return byFlag(isTest);
}

/** A split without classes: the share of all examples, chosen by the seed, at least one on each side. */
export function randomSplit(examples: number, share: number, seed: number): Split {
  const tests = Math.min(Math.max(Math.round(examples * share), 1), examples - 1);
  const isTest = new Uint8Array(examples);
  for (const at of randomStream(seed, "own-data", "split").permutation(examples).subarray(0, tests)) isTest[at] = 1;
  return byFlag(isTest);
}

/** Test examples of each class: the shares rounded down, then one more for the largest remainders. */
function testCounts(sizes: readonly number[], share: number): readonly number[] {
  const total = Math.round(sizes.reduce((sum, size) => sum + size, 0) * share);
  const counts = sizes.map((size) => Math.floor(size * share));
  const missing = total - counts.reduce((sum, count) => sum + count, 0);
  const remainders = sizes
    .map((size, label) => ({ label, remainder: size * share - Math.floor(size * share) }))
    .sort((a, b) => b.remainder - a.remainder || a.label - b.label);
  const more = new Set(remainders.slice(0, Math.max(missing, 0)).map(({ label }) => label));
  return sizes.map((size, label) => {
    const wanted = (counts[label] ?? 0) + (more.has(label) ? 1 : 0);
    return Math.min(Math.max(wanted, size >= 2 ? 1 : 0), Math.max(size - 1, 0));
  });
}

function byFlag(isTest: Uint8Array): Split {
  const tests = isTest.reduce((sum, flag) => sum + flag, 0);
  const [train, test] = [new Int32Array(isTest.length - tests), new Int32Array(tests)];
  let [trains, testsSoFar] = [0, 0];
  for (let i = 0; i < isTest.length; i++) {
    if (isTest[i] === 1) test[testsSoFar++] = i;
    else train[trains++] = i;
  }
  return { train, test };
}
