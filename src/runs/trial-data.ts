/** The data of a trial, and what its user must know of them. */
import {
  type ExampleSet,
  type ExampleSource,
  exampleSet,
  fitExamples,
  inputsAt,
  type LabelTransform,
  labelTransformWords,
  rowsAt,
  transformLabels,
} from "../data/index.ts";
import { GatewiseError } from "../errors.ts";
import type { TrialRequest } from "./trial-request.ts";

/** The data of a trial, cut to its selection; a `Dataset` is such. */
export interface TrialData {
  readonly train: ExampleSource;
  readonly test: ExampleSource;
  /** Which of the training examples are taken; all where undefined. */
  readonly chosen?: Int32Array;
  /** Number of classes, where the targets are such. */
  readonly classes?: number;
  /** SHA-256 of a whole data set, before it was cut; files of one's own have theirs in the selection. */
  readonly digest?: string | undefined;
  /** Where they came from, in one line. */
  readonly source: string;
  /** What users must know who compare results. */
  readonly notice?: string;
}

/** The same as sets whose examples fit the network. */
export interface FittedData extends TrialData {
  readonly train: ExampleSet;
  readonly test: ExampleSet;
}

/** Data as sets whose examples fit the network, with the training labels that were asked for. */
export function fittedData(
  loaded: TrialData,
  inputShape: readonly number[],
  transform: LabelTransform | undefined,
): FittedData {
  const fitted = (source: ExampleSource): ExampleSet => fitExamples(exampleSet(source), inputShape);
  return onlyChosen(withLabels({ ...loaded, train: fitted(loaded.train), test: fitted(loaded.test) }, transform));
}

/** Labels are changed before: an example has the same in every choice. */
function onlyChosen(data: FittedData): FittedData {
  const { chosen, train } = data;
  if (chosen === undefined) return data;
  return { ...data, train: { ...inputsAt(train, chosen), labels: rowsAt(train.labels, chosen) } };
}

/** The data with other training labels. */
function withLabels(data: FittedData, transform: LabelTransform | undefined): FittedData {
  // labels of a file were read with the data, by whoever can open one
  if (transform === undefined || transform.kind === "given") return data;
  const { labels } = data.train;
  if (labels.dtype !== "uint8" || data.classes === undefined) {
    throw new GatewiseError({
      received:
        labels.dtype === "float32" ? "a transform of real values" : "a transform of labels of more than 256 classes",
      expected: "labels of at most 256 classes",
      next: "leave `labelsTransform` out",
    });
  }
  return { ...data, train: { ...data.train, labels: transformLabels(labels, data.classes, transform) } };
}

/** What users must know of the data before the figures. */
export function noticesOf(
  { data: { limit, testLimit, labels } }: TrialRequest,
  { train, test, notice, chosen }: FittedData,
): readonly string[] {
  const short = (option: string, wanted: number | null, { size }: ExampleSet): readonly string[] =>
    wanted === null || wanted <= size ? [] : [`${option} ${wanted}: there are ${size} examples, all are taken`];
  return [
    ...(notice === undefined ? [] : [notice]),
    ...(chosen === undefined
      ? short("`limit`", limit, train)
      : [`${train.size} of the training examples, as a file chooses them`]),
    ...short("`testLimit`", testLimit, test),
    ...(labels === undefined ? [] : [labelTransformWords(labels)]),
  ];
}
