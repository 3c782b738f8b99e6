import {
  absolute,
  add,
  cast,
  constant,
  detach,
  divide,
  equal,
  exp,
  float32,
  greater,
  log,
  multiply,
  negate,
  oneHot,
  reduceMax,
  reduceMean,
  reduceSum,
  reshape,
  square,
  subtract,
  type Tensor,
} from "../graph/index.ts";

/** The losses by name. */
export const LOSSES = ["softmax-cross-entropy", "mean-squared-error", "logistic"] as const;
/** The name of a loss. */
export type Loss = (typeof LOSSES)[number];

/** How well a network does is told by: for two classes one output is the logit of the second. */
export const usualLoss = (targets: "classes" | "values", outputs: number): Loss =>
  targets === "values" ? "mean-squared-error" : outputs === 1 ? "logistic" : "softmax-cross-entropy";

/**
 * What a network of `outputs` outputs should give for labels: one-hot, or −1 (label 0) and +1 (label 1) for a network of
 * one output (theory 6.4, gate learning); real values are what they are.
 * @param labels `[…]`, classes, or `[…, outputs]`, values
 * @returns `[…, outputs]`
 */
export function targetsOf(
  labels: Tensor<"uint8"> | Tensor<"int32"> | Tensor<"float32">,
  outputs: number,
): Tensor<"float32"> {
  if (labels.dtype === "float32") return labels;
  if (outputs > 1) return cast(oneHot(cast(labels, "int32"), outputs), "float32");
  return subtract(multiply(reshape(cast(labels, "float32"), [...labels.shape, 1]), 2), 1);
}

/**
 * Loss of each example: softmax cross-entropy `log Σ exp(ŷ) − ⟨ŷ, target⟩`, the mean over the outputs of the squared
 * error, as in Keras, or the binary cross-entropy of each output's sigmoid, meaned in the same way.
 * @param logits `[…, outputs]`
 * @param targets {@link targetsOf} the labels
 * @returns `[…]`
 */
export function exampleLosses(loss: Loss, logits: Tensor<"float32">, targets: Tensor<"float32">): Tensor<"float32"> {
  switch (loss) {
    case "softmax-cross-entropy":
      return subtract(logSumExp(logits), reduceSum(multiply(logits, targets), [-1]));
    case "mean-squared-error":
      return reduceMean(square(subtract(logits, targets)), [-1]);
    case "logistic": {
      const signs = Number(logits.shape.at(-1)) === 1 ? targets : subtract(multiply(targets, 2), 1);
      return reduceMean(softplus(negate(multiply(signs, logits))), [-1]);
    }
  }
}

/**
 * The targets of softmax cross-entropy as a recipe has them: smoothed, `t·(1 − s) + s / C`, and weighted by class. With
 * weights `w` the loss of a batch is `Σᵢ Σ_c t_ic·w_c·(−log p_ic) / Σᵢ w_{yᵢ}` (PyTorch's `CrossEntropyLoss(weight,
 * label_smoothing)`): targets are divided by the batch's mean weight, so that the mean over the examples is that.
 * @param targets one-hot, `[steps, batch, outputs]`
 */
export function objectiveTargets(
  targets: Tensor<"float32">,
  labelSmoothing: number,
  classWeights: readonly number[] | undefined,
): Tensor<"float32"> {
  const outputs = Number(targets.shape.at(-1));
  const smoothed =
    labelSmoothing === 0 ? targets : add(multiply(targets, 1 - labelSmoothing), labelSmoothing / outputs);
  if (classWeights === undefined) return smoothed;
  const weights = constant(float32([outputs], classWeights));
  const meanWeight = reduceMean(reduceSum(multiply(targets, weights), [-1], true), [1], true);
  return divide(multiply(smoothed, weights), meanWeight);
}

/**
 * Softmax cross-entropy of each example for targets that do not sum to 1: `log Σ exp(ŷ)·Σ target − ⟨ŷ, target⟩`.
 * @param targets {@link objectiveTargets} with class weights
 */
export const weightedLosses = (logits: Tensor<"float32">, targets: Tensor<"float32">): Tensor<"float32"> =>
  subtract(multiply(logSumExp(logits), reduceSum(targets, [-1])), reduceSum(multiply(logits, targets), [-1]));

/** `log(1 + exp(x))` without overflow, and with the gradient ½ at 0. */
function softplus(x: Tensor<"float32">): Tensor<"float32"> {
  const size = absolute(x);
  return add(multiply(add(x, size), 0.5), log(add(exp(negate(size)), 1)));
}

/** `log Σ exp(x)` along the last axis, without overflow; the op of that name has no such kernel on WebGPU. */
function logSumExp(x: Tensor<"float32">): Tensor<"float32"> {
  // the result does not depend on the shift, so no gradient is lost
  const shift = detach(reduceMax(x, [-1], true));
  const sum = reduceSum(exp(subtract(x, shift)), [-1]);
  return add(log(sum), reshape(shift, x.shape.slice(0, -1)));
}

/** Whether the greatest output (the first at a tie) is that of the label; for one output: its sign. `[…]` */
export function isCorrect(logits: Tensor<"float32">, targets: Tensor<"float32">): Tensor<"bool"> {
  const outputs = Number(logits.shape.at(-1));
  if (outputs === 1) {
    const sign = (one: Tensor<"float32">): Tensor<"float32"> => cast(greater(one, 0), "float32");
    return reshape(equal(sign(logits), sign(targets)), logits.shape.slice(0, -1));
  }
  // counted from the last: the first of several greatest outputs has the greatest number. Not by ArgMax: its int64 has no
  // kernels on WebGPU
  const numbers = constant(
    float32(
      [outputs],
      Array.from({ length: outputs }, (_, i) => outputs - i),
    ),
  );
  const greatest = cast(equal(logits, reduceMax(logits, [-1], true)), "float32");
  return equal(reduceMax(multiply(greatest, numbers), [-1]), reduceSum(multiply(targets, numbers), [-1]));
}

/** How many flags are true, along `axes` or in all. */
export const countTrue = (flags: Tensor<"bool">, axes?: readonly number[]): Tensor<"int32"> =>
  reduceSum(cast(flags, "int32"), axes);
