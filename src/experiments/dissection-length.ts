/**
 * How long the values of a dissection learn: so many epochs, or more until so many steps are done, since an epoch of a hundred
 * examples is four steps (docs/dissect.md has the figures that this rests on).
 */
import type { TrainingOptions } from "./training-options.ts";

/** How thorough the answer is to be. */
export type DissectionLength = "quick" | "full";

/** What is learnt: accuracy hardly falls while values go on learning, R² does. */
export type DissectionTargets = "classes" | "values";

interface Length {
  readonly epochs: number;
  readonly steps: number;
}

const LENGTHS: Readonly<Record<DissectionLength, Readonly<Record<DissectionTargets, Length>>>> = {
  quick: { classes: { epochs: 5, steps: 1500 }, values: { epochs: 5, steps: 5000 } },
  full: { classes: { epochs: 20, steps: 3000 }, values: { epochs: 20, steps: 20_000 } },
};

/** Training examples of a quick answer, at most. */
export const QUICK_EXAMPLES = 10_000;
/** An epoch of few examples takes longer to measure than to learn: more than so many are not made of steps. */
const MOST_EPOCHS = 500;
/** Share of the training examples by which real values are stopped. */
export const HELD_OUT = 0.1;
/** Epochs, and at least as many steps, without a smaller validation loss after which values have learnt all they will. */
const PATIENCE: Length = { epochs: 10, steps: 500 };

/** What is known of the data, and what was said of the length. */
export interface DissectionSize {
  readonly length: DissectionLength;
  readonly targets: DissectionTargets;
  readonly trainExamples: number;
  /** Least number of steps, in place of the usual one. */
  readonly steps?: number | undefined;
}

/**
 * The options of all trainings with the length that they leave open. Of real values a part is held out: the epoch that counts
 * is that of the least loss on it, and the training stops once that has not fallen for a while.
 * @param options what is said is taken as it is
 */
export function withLength(
  options: TrainingOptions,
  { length, targets, trainExamples, steps: asked }: DissectionSize,
): TrainingOptions {
  const limit = options.limit ?? (length === "quick" ? QUICK_EXAMPLES : undefined);
  const examples = Math.min(trainExamples, limit ?? trainExamples);
  const validation = options.validation ?? (targets === "values" ? HELD_OUT : undefined);
  const perEpoch = Math.max(1, Math.ceil((examples * (1 - (validation ?? 0))) / (options.batch ?? 32)));
  const epochsOf = ({ epochs, steps }: Length): number =>
    Math.max(epochs, Math.min(MOST_EPOCHS, Math.ceil(steps / perEpoch)));
  const usual = LENGTHS[length][targets];
  const { epochs = asked === undefined ? epochsOf(usual) : Math.ceil(asked / perEpoch) } = options;
  const stops = targets === "values" && options.epochs === undefined && asked === undefined && (validation ?? 0) > 0;
  return {
    ...options,
    epochs,
    // what takes all of them says nothing: a limit that is not there needs no word
    limit: limit !== undefined && (options.limit !== undefined || limit < trainExamples) ? limit : undefined,
    ...(validation === undefined ? {} : { validation }),
    ...(stops && options.earlyStopping === undefined ? { earlyStopping: epochsOf(PATIENCE) } : {}),
  };
}
