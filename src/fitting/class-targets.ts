import { GatewiseError } from "../errors.ts";
import { type Matrix, matrix, sizesOf } from "./block-products.ts";

/**
 * What a kernel machine is fitted to, one against all the others: +1 for the examples of a class, −1 for the rest. Two
 * classes need one column, +1 for the larger label. (For more classes, targets of 0 and 1, centered or not, predict the
 * same class: they differ by one function that is the same for every class. ±1 are the labels of ν, theory 4.9.)
 */
export interface ClassTargets {
  /** The labels that occur, ascending. */
  readonly classes: Int32Array;
  /** `[n, columns]`: one column for two classes, else one a class. */
  readonly targets: Matrix;
}

/**
 * Labels as targets of a regression, a column a class.
 * @param labels whole numbers, one an example
 * @throws GatewiseError if fewer than two classes occur
 */
export function classTargets(labels: Int32Array): ClassTargets {
  const classes = classesOf(labels);
  return { classes, targets: targetRows(labels, classes, 0, labels.length) };
}

/**
 * The labels that occur, ascending.
 * @throws GatewiseError if they are fewer than two
 */
export function classesOf(labels: Int32Array): Int32Array {
  const classes = Int32Array.from(new Set(labels)).sort();
  const [only] = classes;
  if (classes.length < 2) {
    throw new GatewiseError({
      received: only === undefined ? "no labels" : `labels that are all ${only}`,
      expected: "at least two classes",
      next: "give examples of several classes",
    });
  }
  return classes;
}

/** Targets of the examples `from` to `to − 1`, as in {@link ClassTargets}. */
export function targetRows(labels: Int32Array, classes: Int32Array, from: number, to: number): Matrix {
  const own = classes.length === 2 ? classes.subarray(1) : classes;
  const targets = matrix(to - from, own.length);
  for (let i = from; i < to; i++) {
    for (let c = 0; c < own.length; c++) targets.data[(i - from) * own.length + c] = labels[i] === own[c] ? 1 : -1;
  }
  return targets;
}

/**
 * The classes that scores predict: the sign of one column, else the largest; the first class of equal ones.
 * @param scores `[m, columns]`, columns as in {@link ClassTargets}
 * @returns labels, `[m]`
 */
export function predictedClasses(scores: Matrix, classes: Int32Array): Int32Array {
  const [rows, columns] = sizesOf(scores);
  const predicted = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    let best = 0;
    if (columns === 1) best = scores.data[i]! > 0 ? 1 : 0;
    for (let c = 1; c < columns; c++) {
      if (scores.data[i * columns + c]! > scores.data[i * columns + best]!) best = c;
    }
    predicted[i] = classes[best]!;
  }
  return predicted;
}

/** Share of equal labels in percent. */
export function accuracyOf(predicted: Int32Array, labels: Int32Array): number {
  let right = 0;
  for (let i = 0; i < labels.length; i++) right += predicted[i] === labels[i] ? 1 : 0;
  return (100 * right) / labels.length;
}
