/** What a network answers, as classes: which one, and how sure it is. */

/** The classes of some inputs. */
export interface Answers {
  readonly predicted: Int32Array;
  /** Odds against the predicted class, `(1 − p) / p` of its softmax: exact also where `p` rounds to 1. */
  readonly doubt: Float64Array;
}

/** Classes that outputs tell apart: one output tells two, by its sign. */
export const classCount = (outputs: number): number => Math.max(2, outputs);

/**
 * @param outputs `[n, count]`, logits; a single one is the logit of class 1 against class 0
 */
export function answersOf(outputs: Float32Array, count: number): Answers {
  const examples = outputs.length / count;
  const predicted = new Int32Array(examples);
  const doubt = new Float64Array(examples);
  for (let example = 0; example < examples; example++) {
    const from = example * count;
    if (count === 1) {
      predicted[example] = outputs[from]! > 0 ? 1 : 0;
      doubt[example] = Math.exp(-Math.abs(outputs[from]!));
      continue;
    }
    let best = 0;
    for (let k = 1; k < count; k++) if (outputs[from + k]! > outputs[from + best]!) best = k;
    let sum = 0;
    for (let k = 0; k < count; k++) if (k !== best) sum += Math.exp(outputs[from + k]! - outputs[from + best]!);
    predicted[example] = best;
    doubt[example] = sum;
  }
  return { predicted, doubt };
}
