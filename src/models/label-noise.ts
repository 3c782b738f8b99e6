/** Training examples whose labels look wrong, by what other examples and the network say of them. */
import type { Matrix } from "../fitting/index.ts";
import type { DenseArray } from "../graph/index.ts";
import { type InfluenceTask, largestOfRows } from "./influence-targets.ts";
import { labelOf, largestAt } from "./influential-examples.ts";

/** An example whose label the others speak against. */
export interface SuspectLabel {
  readonly example: number;
  readonly label: number | null;
  /** What the other examples say: a class, or a value. */
  readonly suggested: number | null;
  /** By how much they say it; above 0, of classes, they disagree with the label. */
  readonly score: number;
}

/** Examples by how wrong their labels look, the worst first, in three ways. */
export interface LabelNoise {
  /**
   * Whether the inverse's diagonal behind `ranked` is exact: of more examples than a factor holds it is an estimate, off by some
   * percent, and labels of nearly the same score may change places.
   */
  readonly diagonal: "exact" | "estimate";
  /** Different labels among the examples; null of real values. Of one alone nothing can speak against it but the loss. */
  readonly classes: number | null;
  /** By the path kernel's ridge without the example. */
  readonly ranked: readonly SuspectLabel[];
  /** The controls: the same by the cosine of the inputs, and by the loss of the network itself. */
  readonly control: { readonly inputs: readonly SuspectLabel[] | null; readonly loss: readonly SuspectLabel[] };
}

/**
 * What a regression says of each example without it, against its label: classes by the largest wrong score less the label's; values by their distance.
 * @param left predictions without the example, `[n, columns]`
 */
export function suspectLabels(
  task: InfluenceTask,
  left: Matrix,
  targets: Matrix,
  top: number,
): readonly SuspectLabel[] {
  const [rows = 0, columns = 0] = left.shape;
  const scores = new Float64Array(rows);
  const suggested = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const own = left.data.subarray(i * columns, (i + 1) * columns);
    if (task.kind === "classes") {
      const label = task.labels[i]!;
      const others = own.map((value, c) => (c === label ? Number.NEGATIVE_INFINITY : value));
      const best = others.reduce((most, value, c) => (value > others[most]! ? c : most), label === 0 ? 1 : 0);
      scores[i] = others[best]! - own[label]!;
      suggested[i] = best;
    } else {
      const errors = own.map((value, c) => value - targets.data[i * columns + c]!);
      scores[i] = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0));
      suggested[i] = task.values.data[i * columns]! + errors[0]!;
    }
  }
  const isTold = task.kind === "classes" || columns === 1;
  return largestAt(scores, top).map((example) => ({
    example,
    label: labelOf(task, example),
    suggested: isTold ? suggested[example]! : null,
    score: scores[example]!,
  }));
}

/**
 * By the network's own loss on its training examples.
 * @param logits of the examples, `[n, outputs]`
 */
export function suspectsByLoss(
  task: InfluenceTask,
  logits: DenseArray<"float32">,
  top: number,
): readonly SuspectLabel[] {
  const [rows = 0, outputs = 0] = logits.shape;
  const losses = Float64Array.from({ length: rows }, (_, i) => {
    if (task.kind === "classes")
      return crossEntropy(logits.data.subarray(i * outputs, (i + 1) * outputs), task.labels[i]!);
    let sum = 0;
    for (let c = 0; c < outputs; c++) sum += (logits.data[i * outputs + c]! - task.values.data[i * outputs + c]!) ** 2;
    return sum / 2;
  });
  const classes = largestOfRows(logits);
  return largestAt(losses, top).map((example) => ({
    example,
    label: labelOf(task, example),
    suggested: task.kind === "classes" ? classes[example]! : outputs === 1 ? logits.data[example]! : null,
    score: losses[example]!,
  }));
}

/** `log Σ exp z_c − z_y` of one example, finite where the softmax of its class is 0. */
function crossEntropy(row: Float32Array, label: number): number {
  const largest = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const sum = row.reduce((total, value) => total + Math.exp(value - largest), 0);
  return largest - row[label]! + Math.log(sum);
}
