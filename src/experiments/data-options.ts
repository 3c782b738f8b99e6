/** Which data a training reads and how, as options tell it: a data set by its name, or files of one's own. */
import {
  CLASSES,
  COLORS,
  DATASET_NAMES,
  type DatasetName,
  IMAGE_LAYOUTS,
  type InputNormalization,
  type NormalizationOptions,
  type OwnData,
  TARGET_KINDS,
  type TargetWords,
} from "../data/index.ts";
import { GatewiseError } from "../errors.ts";
import { nearMiss, parseChoice, parseList, parseSwitch, parseWhole } from "../parse-value.ts";
import type { TargetScale } from "../train/index.ts";

/** How files of one's own are read, and what inputs become. */
export interface DataOptions extends Omit<OwnData, "path">, NormalizationOptions {}
/** What one of them is called. */
export type DataOptionName = keyof DataOptions;

/** Files of one's own, by the path of the file or folder. */
export interface DataFiles {
  readonly path: string;
}

/** The classes of a data set by its name: their numbers. */
export const wordsOfDataset = (name: DatasetName): TargetWords => ({
  kind: "classes",
  names: Array.from({ length: CLASSES[name] }, (_, i) => String(i)),
});

/** What a training must know of its data before it begins. Plain data. */
export interface DataDescription {
  /** For names of runs. */
  readonly name: string;
  readonly inputShape: readonly number[];
  readonly words: TargetWords;
  /** Files of one's own, with paths that mean the same anywhere on the machine; undefined of a data set by name. */
  readonly own: OwnData | undefined;
  /** Of what was read; files of one's own alone. */
  readonly digest: string | undefined;
  /** Whether inputs are read by blocks. */
  readonly inBlocks: boolean;
  readonly normalization: InputNormalization | undefined;
  /** Of real values. */
  readonly targets: TargetScale | undefined;
  /** How images in arrays of files were turned. */
  readonly layout: "chw" | "hwc" | undefined;
  /** What was decided, for whoever gave the files. */
  readonly told: readonly string[];
}

/**
 * A data set by its name, or the path of files: all that is no name, unless it is nearly one.
 * @throws GatewiseError for what is nearly a name
 */
export function readDataChoice(value: unknown): DatasetName | DataFiles {
  if (typeof value === "object" && value !== null && "path" in value && typeof value.path === "string") {
    return { path: value.path };
  }
  const isPath = typeof value === "string" && value !== "" && nearMiss(value, DATASET_NAMES) === undefined;
  if (isPath) return { path: value };
  return parseChoice("data set", value, DATASET_NAMES, ["a file or folder of your own (./NAME)"]);
}

type Read<T> = (value: unknown, name: string) => T;

/** How each option is read from plain data. */
export const READ_DATA: { readonly [K in DataOptionName]: Read<DataOptions[K]> } = {
  keys: readKeys,
  labels: readText,
  testData: readText,
  testLabels: readText,
  label: readWords,
  drop: readWords,
  header: readHeader,
  layout: (value) => parseChoice("layout", value, IMAGE_LAYOUTS),
  color: (value) => parseChoice("color", value, COLORS),
  targets: (value) => parseChoice("targets", value, TARGET_KINDS),
  testShare: readShare,
  splitSeed: (value, name) => parseWhole(name, value, 0),
  scale: (value, name) => readNumber(value, name),
  mean: (value, name) => parseList(value).map((one) => readNumber(one, name)),
  std: readDeviations,
  standardize: (value, name) => parseSwitch(name, value),
};

/**
 * Reads options of data from plain data.
 * @param written by name; what is undefined is left open
 */
export function readDataOptions(
  written: Readonly<Record<string, unknown>>,
  nameOf: (option: DataOptionName) => string,
): { readonly [K in DataOptionName]-?: DataOptions[K] | undefined } {
  const read = <K extends DataOptionName>(option: K): DataOptions[K] =>
    written[option] === undefined ? undefined : READ_DATA[option](written[option], nameOf(option));
  return {
    keys: read("keys"),
    labels: read("labels"),
    testData: read("testData"),
    testLabels: read("testLabels"),
    label: read("label"),
    drop: read("drop"),
    header: read("header"),
    layout: read("layout"),
    color: read("color"),
    targets: read("targets"),
    testShare: read("testShare"),
    splitSeed: read("splitSeed"),
    scale: read("scale"),
    mean: read("mean"),
    std: read("std"),
    standardize: read("standardize"),
  };
}

function readText(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new GatewiseError({
    received: `${name} ${JSON.stringify(value)}`,
    expected: "the path of a file",
    next: `give another ${name}`,
  });
}

function readWords(value: unknown, name: string): readonly string[] {
  const words = parseList(value).map((word) => (typeof word === "number" ? String(word) : word));
  if (words.every((word) => typeof word === "string" && word.trim() !== ""))
    return words.map((word) => String(word).trim());
  throw new GatewiseError({
    received: `${name} ${JSON.stringify(value)}`,
    expected: "names separated by commas",
    next: `give another ${name}`,
  });
}

function readKeys(value: unknown, name: string): readonly string[] {
  const keys = readWords(value, name);
  if (keys.length === 2 || keys.length === 4) return keys;
  throw new GatewiseError({
    received: `${name} of ${keys.length}`,
    expected: "two names, inputs and labels, or four, with those of the test set",
    next: `for example ${name} x,y`,
  });
}

function readHeader(value: unknown): boolean {
  return typeof value === "boolean" ? value : parseChoice("header", value, ["yes", "no"]) === "yes";
}

function readShare(value: unknown, name: string): number {
  const share = readNumber(value, name);
  if (share > 0 && share < 1) return share;
  throw new GatewiseError({
    received: `${name} ${share}`,
    expected: "a share between 0 and 1",
    next: `for example ${name} 0.2`,
  });
}

/** A number, or a fraction of two: `1/255`. */
function readNumber(value: unknown, name: string): number {
  const [above, below = 1, ...more] = typeof value === "string" ? value.split("/").map(numberIn) : [value];
  const number =
    typeof above === "number" && typeof below === "number" && more.length === 0 ? above / below : Number.NaN;
  if (Number.isFinite(number)) return number;
  throw new GatewiseError({
    received: `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`,
    expected: "a number, or a fraction such as 1/255",
    next: `give another ${name}`,
  });
}

const numberIn = (text: string): number => (text.trim() === "" ? Number.NaN : Number(text));

function readDeviations(value: unknown, name: string): readonly number[] {
  const numbers = parseList(value).map((one) => readNumber(one, name));
  const wrong = numbers.find((one) => one <= 0);
  if (wrong === undefined) return numbers;
  throw new GatewiseError({
    received: `${name} ${wrong}`,
    expected: "numbers above 0",
    next: "leave constant features as they are: 1",
  });
}

/** Options that files alone have; a data set by name knows how it is read. */
const OF_FILES = [
  "keys",
  "labels",
  "testData",
  "testLabels",
  "label",
  "drop",
  "header",
  "layout",
  "color",
  "targets",
  "testShare",
  "splitSeed",
] as const satisfies readonly DataOptionName[];

/** The options that choose and read files. */
export const ownDataOf = (path: string, options: DataOptions): OwnData => ({
  path,
  ...Object.fromEntries(OF_FILES.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]))),
});

/** @throws GatewiseError for options of files with a data set by name */
export function checkDataOptions(
  data: DatasetName | DataFiles,
  options: DataOptions,
  nameOf: (option: DataOptionName) => string,
): void {
  const wrong = typeof data === "string" ? OF_FILES.find((name) => options[name] !== undefined) : undefined;
  if (wrong === undefined) return;
  throw new GatewiseError({
    received: `${nameOf(wrong)} with the data set ${String(data)}`,
    expected: "files of your own, which it says how to read",
    next: `leave ${nameOf(wrong)} out`,
  });
}

/** Whether a data set must be looked at before its training is known: files, and inputs that are normalized. */
export const needsDescription = (data: DatasetName | DataFiles, options: DataOptions): boolean =>
  typeof data !== "string" ||
  [options.scale, options.mean, options.std, options.standardize].some((one) => one !== undefined);
