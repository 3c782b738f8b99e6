/** From what files hold to a data set: what the targets are, and which examples are for training. */
import { GatewiseError } from "../../errors.ts";
import { type ExampleSet, inputsAt, rowsAt } from "../example-set.ts";
import { type OwnData, type RawData, type RawPart, USUAL_TEST_SHARE } from "./own-data.ts";
import { randomSplit, type Split, stratifiedSplit } from "./split.ts";
import { type TargetRows, type TargetWords, targetRows, targetWords } from "./targets.ts";

/** Examples with their targets, parted. */
export interface PreparedData {
  readonly words: TargetWords;
  readonly train: ExampleSet;
  readonly test: ExampleSet;
  readonly isSplit: boolean;
  readonly told: readonly string[];
}

/**
 * @param known what the targets are, where a network was trained on them; those of the training examples otherwise
 * @param split whether a part is split off where there is no test set; all examples are tested on otherwise
 * @throws GatewiseError for targets that are none, or too few examples to split
 */
export function prepareData(raw: RawData, options: OwnData, known?: TargetWords, split = true): PreparedData {
  const words = known ?? targetWords(raw.train.targets, options.targets);
  const all = labeled(raw.train, words);
  const saying = words.kind === "classes" ? toldClasses(all.labels, words.names) : [];
  if (raw.test !== undefined) {
    if (options.testShare !== undefined || options.splitSeed !== undefined) {
      throw new GatewiseError({
        received: `\`${options.testShare === undefined ? "splitSeed" : "testShare"}\` with ${options.path}, which has a test set`,
        expected: "data without one, which are split",
        next: "leave it out",
      });
    }
    return { words, train: all, test: labeled(raw.test, words), isSplit: false, told: saying };
  }
  if (!split) return { words, train: all, test: all, isSplit: false, told: [] };
  const { testShare = USUAL_TEST_SHARE, splitSeed = 0 } = options;
  const parts = splitOf(all, words, testShare, splitSeed, options.path);
  const how = words.kind === "classes" ? "of each class" : "of all examples";
  return {
    words,
    train: examplesAt(all, parts.train),
    test: examplesAt(all, parts.test),
    isSplit: true,
    told: [
      ...saying,
      `no test set: ${parts.test.length} of ${all.size} examples (${testShare} ${how}, chosen by seed ${splitSeed}) are kept for testing`,
    ],
  };
}

const labeled = ({ inputs, targets }: RawPart, words: TargetWords): ExampleSet => ({
  ...inputs,
  labels: targetRows(targets, words),
});

function splitOf(all: ExampleSet, words: TargetWords, share: number, seed: number, path: string): Split {
  if (all.size < 2) {
    throw new GatewiseError({
      received: `${path} with ${all.size} example and no test set`,
      expected: "at least two, one of them to test on",
      next: "give more examples",
    });
  }
  if (words.kind === "values") return randomSplit(all.size, share, seed);
  const split = stratifiedSplit(all.labels.data, words.names.length, share, seed);
  if (split.test.length > 0) return split;
  throw new GatewiseError({
    received: `${path} without a test set, with one example of each class`,
    expected: "at least two of one class, one of them to test on",
    next: "give more examples, or a test set",
  });
}

const examplesAt = (set: ExampleSet, positions: Int32Array): ExampleSet => ({
  ...inputsAt(set, positions),
  labels: rowsAt(set.labels, positions),
});

/** Classes that somebody should know of before a training. */
function toldClasses(labels: TargetRows, names: readonly string[]): readonly string[] {
  const counts = classCounts(labels, names.length);
  const empty = names.filter((_, i) => counts[i] === 0);
  const alone = names.filter((_, i) => counts[i] === 1);
  return [
    ...(empty.length === 0 ? [] : [`no example of ${listed(empty)}`]),
    ...(alone.length === 0 ? [] : [`one example only of ${listed(alone)}`]),
  ];
}

const listed = (names: readonly string[]): string =>
  `${names.length === 1 ? "class" : "classes"} ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""}`;

/** Examples of each class. */
export function classCounts(labels: TargetRows, classes: number): Int32Array {
  const counts = new Int32Array(classes);
  for (const label of labels.data) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}
