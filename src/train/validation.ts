import { type ExampleSet, inputsAt, rowsAt } from "../data/index.ts";
import { GatewiseError } from "../errors.ts";
import { randomStream } from "../random.ts";
import type { TrainingPlan } from "./plan.ts";

/** What is trained on, and what is held out of it. */
export interface HeldOut {
  readonly train: ExampleSet;
  readonly validation: ExampleSet | undefined;
}

/**
 * Holds out the share of the training examples that the recipe tells, the same share of each class to within one example,
 * by the seed alone: all regimes of a seed hold out the same.
 * @throws GatewiseError where nothing would be held out, or nothing left
 */
export function heldOut({ recipe, seed }: TrainingPlan, set: ExampleSet): HeldOut {
  const share = recipe?.validation;
  if (share === undefined) return { train: set, validation: undefined };
  const out = heldOutPositions(set, share, seed);
  const chosen = new Set(out);
  const rest = Int32Array.from({ length: set.size }, (_, i) => i).filter((position) => !chosen.has(position));
  if (out.length === 0 || rest.length === 0) {
    throw new GatewiseError({
      received: `a validation part of ${share} of ${set.size} examples`,
      expected: "at least one example in it, and one to train on",
      next: "choose another share, or more examples",
    });
  }
  return { train: subset(set, rest), validation: subset(set, out) };
}

/**
 * Positions of `⌊n·share⌋` examples, ascending: every so manieth of the shuffled examples in the order of their classes, or
 * as they are where their targets are values.
 */
function heldOutPositions({ labels, size }: ExampleSet, share: number, seed: number): Int32Array {
  const shuffled = randomStream(seed, "validation").permutation(size);
  const classes = labels.shape.length === 1 ? labels.data : [];
  // stable: within a class they stay shuffled
  const byClass = Array.from(shuffled).sort((a, b) => (classes[a] ?? 0) - (classes[b] ?? 0));
  return Int32Array.from(byClass.filter((_, i) => Math.floor((i + 1) * share) > Math.floor(i * share))).sort();
}

/** The examples at these positions, in their order. */
const subset = (set: ExampleSet, positions: Int32Array): ExampleSet => ({
  ...inputsAt(set, positions),
  labels: rowsAt(set.labels, positions),
});
