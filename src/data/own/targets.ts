/** Targets as a training takes them: numbers of classes, or real values. */
import { GatewiseError } from "../../errors.ts";
import { type DenseArray, denseArray, float32 } from "../../graph/index.ts";
import { nearMiss } from "../../parse-value.ts";
import { type RawTargets, targetCount } from "./raw-targets.ts";

/** What the targets of a data set are. */
export const TARGET_KINDS = ["classes", "values"] as const;
/** One of {@link TARGET_KINDS}. */
export type TargetKind = (typeof TARGET_KINDS)[number];

/** Classes by the names that labels have in the files, or real values. */
export type TargetWords =
  | { readonly kind: "classes"; readonly names: readonly string[] }
  /** What the values are called; as many as outputs. */
  | { readonly kind: "values"; readonly names: readonly string[] };

/** Targets of examples: positions of their classes, or values `[n, outputs]`. */
export type TargetRows = DenseArray<"uint8"> | DenseArray<"int32"> | DenseArray<"float32">;

/** Labels beyond this many are identifiers. */
const MOST_CLASSES = 65_536;
/**
 * Whole numbers count as classes where there are at most so many, and each has so many examples on average: fewer where they
 * are 0 to C − 1, as classes are numbered.
 */
const MOST_WHOLE = 1000;
const EXAMPLES_A_CLASS = { numbered: 2, others: 5 } as const;

/**
 * What targets are: words and booleans are classes; columns of which just one is 1 are classes, too; whole numbers are where
 * they repeat (at most 1,000 different, with 5 examples each on average, or 2 where they are 0 to C − 1); all others are values.
 * @param training of all training examples
 * @param wanted in place of that, where somebody says it
 * @throws GatewiseError for targets that are not what was asked for, or not finite, or all the same class
 */
export function targetWords(training: RawTargets, wanted?: TargetKind): TargetWords {
  if (training.kind === "words") {
    if (wanted === "values") {
      const first = training.words[0] ?? "";
      throw wrongTarget(training, 0, JSON.stringify(first), "a number, as `targets` values says");
    }
    const empty = training.words.indexOf("");
    if (empty >= 0) throw wrongTarget(training, empty, '""', "a word: what is missing is not guessed");
    return classNames([...new Set(training.words)].sort(byLetters), training);
  }
  checkFinite(training);
  const columns = columnsOf(training);
  if (wanted !== "values" && columns > 1) {
    const wrong = notOneHot(training.data, columns);
    if (wrong === undefined)
      return classNames(training.names ?? Array.from({ length: columns }, (_, i) => String(i)), training);
    if (wanted === "classes") {
      const row = training.data.subarray(wrong * columns, (wrong + 1) * columns);
      throw wrongTarget(training, wrong, `[${row.join(", ")}]`, "one 1 among zeros, as `targets` classes says");
    }
  }
  if (wanted !== "values" && columns === 1) {
    const broken = training.data.findIndex((value) => !Number.isInteger(value));
    if (broken < 0 && (wanted === "classes" || training.isBoolean === true || areClasses(training.data))) {
      const names = [...new Set(training.data)].sort((a, b) => a - b);
      const called = training.isBoolean === true ? names.map((one) => String(one === 1)) : names.map(String);
      return classNames(called, training);
    }
    if (wanted === "classes") {
      throw wrongTarget(training, broken, String(training.data[broken]), "a whole number, as `targets` classes says");
    }
  }
  const names = Array.from({ length: columns }, (_, i) => (columns === 1 ? "value" : `value ${i}`));
  return { kind: "values", names: training.names ?? names };
}

const byLetters = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Columns of `[n, k]`; 1 of `[n]` and `[n, 1]`. */
const columnsOf = ({ shape }: Extract<RawTargets, { readonly kind: "numbers" }>): number => shape[1] ?? 1;

function areClasses(data: Float64Array): boolean {
  const different = new Set(data);
  const isNumbered = [...different].every((value) => value >= 0 && value < different.size);
  const each = EXAMPLES_A_CLASS[isNumbered ? "numbered" : "others"];
  return different.size <= 2 || (different.size <= MOST_WHOLE && different.size * each <= data.length);
}

/** The first row that is not one 1 among zeros. */
function notOneHot(data: Float64Array, columns: number): number | undefined {
  for (let row = 0; row * columns < data.length; row++) {
    let ones = 0;
    let zeros = 0;
    for (const value of data.subarray(row * columns, (row + 1) * columns)) {
      if (value === 1) ones += 1;
      if (value === 0) zeros += 1;
    }
    if (ones !== 1 || zeros !== columns - 1) return row;
  }
  return undefined;
}

function classNames(names: readonly string[], { place }: RawTargets): TargetWords {
  if (names.length >= 2 && names.length <= MOST_CLASSES) return { kind: "classes", names };
  throw new GatewiseError({
    received:
      names.length < 2
        ? `${place(0)}: label ${JSON.stringify(names[0] ?? "")}, as all others`
        : `${place(0)} and on: ${names.length} classes`,
    expected: names.length < 2 ? "at least two classes to tell apart" : `at most ${MOST_CLASSES}`,
    next:
      names.length < 2
        ? "give the labels of all classes"
        : "real values are told by `targets` values; identifiers are no labels",
  });
}

function checkFinite(targets: Extract<RawTargets, { readonly kind: "numbers" }>): void {
  const broken = targets.data.findIndex((value) => !Number.isFinite(value));
  if (broken < 0) return;
  const example = Math.floor(broken / columnsOf(targets));
  throw wrongTarget(targets, example, String(targets.data[broken]), "a finite number");
}

function wrongTarget({ place }: RawTargets, example: number, value: string, expected: string): GatewiseError {
  return new GatewiseError({
    code: "damaged-file",
    received: `${place(example)}: target ${value}`,
    expected,
    next: "look at the file there: targets that are not known are left out with their example",
  });
}

/**
 * Targets by what they are.
 * @returns `[n]` numbers of classes (bytes, where they suffice), or `[n, outputs]` values
 * @throws GatewiseError for a label that is none of the classes, naming its place
 */
export function targetRows(targets: RawTargets, words: TargetWords): TargetRows {
  const count = targetCount(targets);
  if (words.kind === "values") {
    if (targets.kind === "words") {
      throw wrongTarget(targets, 0, JSON.stringify(targets.words[0] ?? ""), "a number, as in training");
    }
    checkFinite(targets);
    if (columnsOf(targets) !== words.names.length) {
      throw wrongTarget(targets, 0, `of ${columnsOf(targets)} columns`, `${words.names.length}, as in training`);
    }
    return float32([count, words.names.length], targets.data);
  }
  const { names } = words;
  const positions = new Map(names.map((name, i) => [name, i]));
  const numbers = new Int32Array(count);
  for (let example = 0; example < count; example++) {
    const name = className(targets, example);
    const position = positions.get(name);
    if (position === undefined) throw unknownClass(targets, example, name, names);
    numbers[example] = position;
  }
  return names.length <= 256
    ? denseArray("uint8", [count], Uint8Array.from(numbers))
    : denseArray("int32", [count], numbers);
}

/** What the class of an example is called. */
function className(targets: RawTargets, example: number): string {
  if (targets.kind === "words") return targets.words[example] ?? "";
  const columns = columnsOf(targets);
  if (columns > 1) {
    const row = targets.data.subarray(example * columns, (example + 1) * columns);
    if (notOneHot(row, columns) !== undefined) return `[${row.join(", ")}]`;
    const position = row.indexOf(1);
    return targets.names?.[position] ?? String(position);
  }
  const value = targets.data[example] ?? Number.NaN;
  return targets.isBoolean === true ? String(value === 1) : String(value);
}

function unknownClass({ place }: RawTargets, example: number, name: string, names: readonly string[]): GatewiseError {
  const shown = names.length <= 10 ? names.join(", ") : `${names.slice(0, 9).join(", ")}, … (${names.length})`;
  // numbers are all near to one another
  const meant = name.length > 3 ? nearMiss(name, names.slice(0, 1000)) : undefined;
  return new GatewiseError({
    code: "damaged-file",
    received: `${place(example)}: label ${JSON.stringify(name)}`,
    expected: `one of the classes of training: ${shown}`,
    next:
      meant === undefined ? "leave the example out, or train with its class" : `did it mean ${JSON.stringify(meant)}?`,
  });
}
