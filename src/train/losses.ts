import {
  argMax,
  cast,
  equal,
  greater,
  multiply,
  oneHot,
  reduceLogSumExp,
  reduceMean,
  reduceSum,
  reshape,
  square,
  subtract,
  type Tensor,
} from "../graph/index.ts";

export const LOSSES = ["softmax-cross-entropy", "mean-squared-error"] as const;
export type Loss = (typeof LOSSES)[number];

/**
 * What a network of `outputs` outputs should give for labels: one-hot, or −1 (label 0) and +1 (label 1) for a network of
 * one output (theory 6, gate learning).
 * @param labels `[…]`, classes
 * @returns `[…, outputs]`
 */
export function targetsOf(labels: Tensor<"uint8">, outputs: number): Tensor<"float32"> {
  if (outputs > 1) return cast(oneHot(labels, outputs), "float32");
  return subtract(multiply(reshape(cast(labels, "float32"), [...labels.shape, 1]), 2), 1);
}

/**
 * Loss of each example: softmax cross-entropy `log Σ exp(ŷ) − ⟨ŷ, target⟩`, or the mean over the outputs of the squared
 * error, as in Keras.
 * @param logits `[…, outputs]`
 * @param targets {@link targetsOf} the labels
 * @returns `[…]`
 */
export function exampleLosses(loss: Loss, logits: Tensor<"float32">, targets: Tensor<"float32">): Tensor<"float32"> {
  switch (loss) {
    case "softmax-cross-entropy":
      return subtract(reduceLogSumExp(logits, [-1]), reduceSum(multiply(logits, targets), [-1]));
    case "mean-squared-error":
      return reduceMean(square(subtract(logits, targets)), [-1]);
  }
}

/** Whether the greatest output is that of the label (for one output: its sign), `[…]`. */
export function isCorrect(logits: Tensor<"float32">, targets: Tensor<"float32">): Tensor<"bool"> {
  return logits.shape.at(-1) === 1
    ? reshape(equal(cast(greater(logits, 0), "int64"), cast(greater(targets, 0), "int64")), logits.shape.slice(0, -1))
    : equal(argMax(logits), argMax(targets));
}

/** How many flags are true, along `axes` or in all. */
export const countTrue = (flags: Tensor<"bool">, axes?: readonly number[]): Tensor<"int64"> =>
  reduceSum(cast(flags, "int64"), axes);
