import type { Schedule } from "./schedules.ts";

/** What an example of each class counts in the loss: `balanced`, `n / (C·n_c)` as scikit-learn has it, or a number a class. */
export type ClassWeights = "balanced" | readonly number[];

/** What images go through anew in each epoch. */
export interface Augmentation {
  /** Pixels of padding from which a window of the image's size is cut. */
  readonly crop?: number | undefined;
  /** Whether every second image is mirrored, left to right. */
  readonly flip?: boolean | undefined;
}

/**
 * What people add to a training, each of it off unless it is told. Plain data, part of a plan: what is off is left out, and
 * changes no bit of the others.
 */
export interface Recipe {
  /** How the learning rate moves; it stays as it is unless told otherwise. */
  readonly schedule?: Schedule | undefined;
  /** Largest norm of all gradients together (Pascanu et al., ICML 2013; PyTorch's `clip_grad_norm_`). */
  readonly clipNorm?: number | undefined;
  /** Share of each target that goes to all classes alike, `t·(1 − s) + s / C` (Szegedy et al., CVPR 2016, section 7). */
  readonly labelSmoothing?: number | undefined;
  /** The loss of a batch is the mean weighted by them, as in PyTorch's `CrossEntropyLoss(weight)`. */
  readonly classWeights?: ClassWeights | undefined;
  /** Share of the hidden units (of maps: channels) of the networks that train, which each step leaves out (dropout.ts). */
  readonly dropout?: number | undefined;
  /** Random crops and flips of the training images (augmentation.ts). */
  readonly augment?: Augmentation | undefined;
  /**
   * Share of the training examples, of each class alike, that is held out by the seed: the best epoch is then the one of
   * least loss on them, and the test examples decide nothing.
   */
  readonly validation?: number | undefined;
  /** Epochs without a smaller validation loss after which a training ends (Prechelt, 1998; Keras's `patience`). */
  readonly earlyStopping?: number | undefined;
}
