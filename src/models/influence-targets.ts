/** What a training example should give, as targets of a ridge regression; and how the loss of a query falls (theory 8.3). */
import { GatewiseError } from "../errors.ts";
import { type Matrix, matrix } from "../fitting/index.ts";
import { type DenseArray, sizeOf } from "../graph/index.ts";

/** Classes, one an example; or real values, one an example or `[n, outputs]`. */
export type ExampleTargets = ArrayLike<number> | DenseArray;

/** What a network is trained to give, as far as its outputs and labels tell. */
export type InfluenceTask =
  /** Softmax cross-entropy over the outputs. */
  | { readonly kind: "classes"; readonly labels: Int32Array }
  /** Squared error of real values, `[n, outputs]`. */
  | { readonly kind: "values"; readonly values: Matrix };

/**
 * Reads labels: of several outputs whole numbers, one an example, are classes; of one output, or in as many columns as there
 * are outputs, they are real values.
 * @param what they are called
 * @throws GatewiseError unless there is one label an example that the network has an output for
 */
export function influenceTask(
  labels: ExampleTargets,
  examples: number,
  outputs: number,
  what = "labels",
): InfluenceTask {
  const { shape, data } = "shape" in labels ? labels : { shape: [labels.length], data: labels };
  const isTable = shape.length === 2 && shape[1] === outputs && outputs > 1;
  const isColumn = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
  if (!(isTable || isColumn) || shape[0] !== examples || data.length !== sizeOf(shape)) {
    throw new GatewiseError({
      received: `${what} of shape [${shape.join(", ")}] for ${examples} examples`,
      expected: `one label an example${outputs > 1 ? `, or [${examples}, ${outputs}] real values` : ""}`,
      next: "give the labels of the same examples, in the same order",
    });
  }
  const numbers = Float64Array.from({ length: data.length }, (_, i) => Number(data[i]));
  const broken = numbers.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) throw wrongLabel(what, numbers[broken], broken, "finite numbers");
  if (outputs === 1 || isTable) return { kind: "values", values: matrix(examples, outputs, numbers) };
  const none = numbers.findIndex((value) => !Number.isInteger(value) || value < 0 || value >= outputs);
  if (none < 0) return { kind: "classes", labels: Int32Array.from(numbers) };
  throw wrongLabel(what, numbers[none], none, `classes from 0 to ${outputs - 1}: the network has ${outputs} outputs`);
}

const wrongLabel = (what: string, value: number | undefined, at: number, expected: string): GatewiseError =>
  new GatewiseError({
    received: `${what} with ${value} at element ${at}`,
    expected,
    next: "number the classes as the network's outputs are",
  });

/** Targets of the regression: one-hot less `1/C`, or values less their means. */
export function targetsOf(task: InfluenceTask, outputs: number): Matrix {
  if (task.kind === "classes") {
    const targets = matrix(task.labels.length, outputs).data.fill(-1 / outputs);
    task.labels.forEach((label, i) => {
      targets[i * outputs + label]! += 1;
    });
    return matrix(task.labels.length, outputs, targets);
  }
  const { data } = task.values;
  const means = new Float64Array(outputs);
  data.forEach((value, at) => {
    means[at % outputs]! += (value * outputs) / data.length;
  });
  return matrix(
    data.length / outputs,
    outputs,
    data.map((value, at) => value - means[at % outputs]!),
  );
}

/** Softmax of each row of logits, in float64. */
function softmaxRows({ shape: [rows = 0, columns = 0], data }: DenseArray<"float32">): Matrix {
  const out = matrix(rows, columns, Float64Array.from(data));
  for (let i = 0; i < rows; i++) {
    const row = out.data.subarray(i * columns, (i + 1) * columns);
    const largest = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    let sum = 0;
    for (let c = 0; c < columns; c++) sum += row[c] = Math.exp(row[c]! - largest);
    for (let c = 0; c < columns; c++) row[c]! /= sum;
  }
  return out;
}

/** The first of the largest of each row. */
export function largestOfRows({ shape: [rows = 0, columns = 0], data }: DenseArray<"float32" | "float64">): Int32Array {
  return Int32Array.from({ length: rows }, (_, i) => {
    let best = 0;
    for (let c = 1; c < columns; c++) if (data[i * columns + c]! > data[i * columns + best]!) best = c;
    return best;
  });
}

/**
 * How the loss of each query falls as its outputs rise: `1{c = y_t} − p_c(t)` of the softmax cross-entropy, `y_t − ŷ(t)` of half
 * the squared error. Without `y_t` the predicted class stands for it; of real values 1, which makes an influence one on the
 * prediction.
 * @param logits of the queries, `[m, outputs]`
 * @param asked `y_t` of the queries
 */
export function slopesOf(logits: DenseArray<"float32">, task: InfluenceTask, asked: InfluenceTask | undefined): Matrix {
  const [rows = 0, outputs = 0] = logits.shape;
  if (task.kind === "classes") {
    const wanted = asked?.kind === "classes" ? asked.labels : largestOfRows(logits);
    const slopes = softmaxRows(logits);
    for (let t = 0; t < rows; t++) {
      const row = slopes.data.subarray(t * outputs, (t + 1) * outputs);
      // 1 − p of the wanted class is what the others have: subtracted it would be rounding where the network is sure
      row[wanted[t]!] = 0;
      const others = row.reduce((sum, share) => sum + share, 0);
      for (let c = 0; c < outputs; c++) row[c] = -row[c]!;
      row[wanted[t]!] = others;
    }
    return slopes;
  }
  const wanted = asked?.kind === "values" ? asked.values.data : undefined;
  return matrix(
    rows,
    outputs,
    Float64Array.from(logits.data, (value, at) => (wanted === undefined ? 1 : wanted[at]! - value)),
  );
}
