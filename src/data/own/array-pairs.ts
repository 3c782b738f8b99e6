/** Which arrays of an archive or a folder are inputs and labels, by the names that people give them. */
import { GatewiseError } from "../../errors.ts";
import { nearMiss } from "../../parse-value.ts";

/** Names of arrays: inputs and labels, and those of the test set where there is one. */
export interface ArrayNames {
  readonly train: readonly [inputs: string, labels: string];
  readonly test: readonly [inputs: string, labels: string] | undefined;
}

/** In this order; letters' case and hyphens do not count. */
const TRAINING = [
  ["x_train", "y_train"],
  ["train", "train_labels"],
  ["train_images", "train_labels"],
  ["train_data", "train_labels"],
  ["train_inputs", "train_labels"],
  ["train_x", "train_y"],
  ["training_images", "training_labels"],
  ["x", "y"],
  ["images", "labels"],
  ["inputs", "labels"],
  ["inputs", "targets"],
  ["features", "labels"],
  ["data", "labels"],
  ["data", "target"],
  ["data", "targets"],
] as const;

const normalized = (name: string): string => name.toLowerCase().replaceAll("-", "_");

/** The same name in the test set. */
const testNames = (name: string): readonly string[] =>
  name.includes("train")
    ? [name.replace(/train(ing)?/, "test"), name.replace(/train(ing)?/, "val")]
    : [`${name}_test`, `test_${name}`];

/**
 * Chooses among the names that are there.
 * @param keys two or four of them, in place of the usual ones
 * @param where names the archive or folder in errors
 * @throws GatewiseError for a key that is not there, or where no usual pair is
 */
export function arrayNames(there: readonly string[], keys: readonly string[] | undefined, where: string): ArrayNames {
  const listed = there.length <= 12 ? there.join(", ") : `${there.slice(0, 12).join(", ")}, … (${there.length})`;
  if (keys !== undefined) {
    const missing = keys.find((key) => !there.includes(key));
    if (missing !== undefined) {
      const meant = nearMiss(missing, there);
      throw new GatewiseError({
        received: `${where}: no array ${JSON.stringify(missing)}`,
        expected: `one of ${listed}`,
        next: meant === undefined ? "give other `keys`" : `did you mean "${meant}"?`,
      });
    }
    const twice = keys.find((key, i) => keys.indexOf(key) < i);
    if (twice !== undefined) {
      throw new GatewiseError({
        received: `\`keys\` ${keys.join(",")}`,
        expected: "each array once: inputs and labels, of training and of test examples",
        next: `name another than ${twice}: there are ${listed}`,
      });
    }
    const [inputs = "", labels = "", testInputs, testLabels] = keys;
    const test = testInputs === undefined || testLabels === undefined ? undefined : ([testInputs, testLabels] as const);
    return { train: [inputs, labels], test };
  }
  const byName = new Map(there.map((name) => [normalized(name), name]));
  for (const [inputs, labels] of TRAINING) {
    const train = [byName.get(inputs), byName.get(labels)] as const;
    if (train[0] === undefined || train[1] === undefined) continue;
    const labelNames = testNames(labels);
    const test = testNames(inputs)
      .map((name, i) => [byName.get(name), byName.get(labelNames[i] ?? "")] as const)
      .find(([x, y]) => x !== undefined && y !== undefined);
    return { train: [train[0], train[1]], test: test && [test[0] ?? "", test[1] ?? ""] };
  }
  throw new GatewiseError({
    received: `${where}, with ${there.length === 1 ? "the array" : "the arrays"} ${listed}`,
    expected: "inputs and labels by usual names: x_train and y_train (x_test, y_test), x and y, images and labels",
    next:
      there.length === 1
        ? "give its labels as a file with `labels`"
        : "name them with `keys`: inputs,labels or inputs,labels,test inputs,test labels",
  });
}
