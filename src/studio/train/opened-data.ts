/** Data that a user drops into Train: IDX files, batches of CIFAR, or a table, by the readers of the command. */
import {
  CIFAR_SHAPE,
  datasetFromTable,
  type ExampleSet,
  exampleSet,
  examplesFromIdx,
  type InputSet,
  inputMoments,
  inputsAt,
  normalizationOf,
  prepareData,
  type RawTargets,
  recordReader,
  recordsIn,
  rowsAt,
  type TargetWords,
  tableColumns,
  usualLabel,
} from "../../data/index.ts";
import { GatewiseError } from "../../errors.ts";
import type { DataDescription } from "../../experiments/index.ts";
import { denseArray, sizeOf } from "../../graph/index.ts";
import type { CarriedDigits } from "../data/carried-digits.ts";
import { shellWord } from "../figure/shell-word.ts";
import { checkSize, MOST_BYTES } from "./data-size.ts";
import type { DataWords } from "./data-words.ts";
import type { OpenedFile } from "./topics.ts";

/** What five networks of a page learn in its time. */
const MOST = { train: 6000, test: 1000, table: 20_000, classes: 100 } as const;
/** Bytes are classes of any number here: those that come are counted. */
const IDX_CLASSES = 256;

/** What is trained on; of what was opened, how it is described to a training. */
export interface TrainingData {
  readonly train: ExampleSet;
  readonly test: ExampleSet;
  readonly described: DataDescription | undefined;
  readonly words: DataWords | undefined;
}

type OpenedData = TrainingData & { readonly described: DataDescription; readonly words: DataWords };

/** The digits that the page carries, which the command has by name. */
export const carriedData = ({ train, test }: CarriedDigits): TrainingData => ({
  train: exampleSet(train),
  test: exampleSet(test),
  described: undefined,
  words: undefined,
});

interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** @throws GatewiseError for files that are no data to train on, or not together */
export async function openData(files: readonly OpenedFile[]): Promise<OpenedData> {
  checkSize(files.map(({ name, bytes }) => ({ name, size: bytes.byteLength })));
  const unpacked = await Promise.all(files.map(unpackedFile));
  const [first] = unpacked;
  if (first !== undefined && unpacked.length === 1 && /\.(csv|tsv|txt)$/i.test(first.name)) return await ofTable(first);
  return unpacked.every(({ name }) => /\.bin$/i.test(name)) ? ofCifar(unpacked) : ofIdx(unpacked);
}

async function unpackedFile({ name, bytes }: OpenedFile): Promise<NamedBytes> {
  if (!/\.gz$/i.test(name)) return { name, bytes: new Uint8Array(bytes) };
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of chunksOf(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")))) {
      length += part.length;
      // a file of zeros unpacks to a thousand times its size
      if (length > MOST_BYTES) break;
      parts.push(part);
    }
  } catch (cause) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${name}, which cannot be unpacked`,
      expected: "a gzip file",
      next: "fetch it again, or unpack it first",
      cause,
    });
  }
  checkSize([{ name, size: length }]);
  return { name: name.replace(/\.gz$/i, ""), bytes: new Uint8Array(await new Blob(parts.map(owned)).arrayBuffer()) };
}

const owned = (part: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(part);

async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

async function ofTable({ name, bytes }: NamedBytes): Promise<OpenedData> {
  const text = new TextDecoder().decode(bytes);
  const label = usualLabel(tableColumns(text, name).names);
  const data = datasetFromTable(text, { path: name, targets: "classes", label: [label] });
  const count = data.train.size + data.test.size;
  if (count > MOST.table) throw tooMany(name, `${count} rows`, `${MOST.table} at most in a page`);
  const shape = { shape: data.train.exampleShape, dtype: data.train.dtype };
  const normalization = normalizationOf({ standardize: true }, shape, await inputMoments(data.train));
  // options are parted by commas
  const word = label.includes(",") ? String(1 + tableColumns(text, name).names.indexOf(label)) : label;
  return described(
    name,
    data,
    normalization,
    `--data ${shellWord(name)} --targets classes --label ${shellWord(word)} --standardize`,
  );
}

/** Images and labels of one part, which is split, or of both. */
function ofIdx(files: readonly NamedBytes[]): OpenedData {
  const part = (isTest: boolean): readonly NamedBytes[] =>
    files.filter(({ name }) => /t10k|test/i.test(name) === isTest);
  const [train, test] = [part(false), part(true)];
  const wrong = train.length !== 2 || (test.length !== 0 && test.length !== 2);
  if (wrong) {
    throw new GatewiseError({
      received: `${files.map(({ name }) => name).join(", ")}`,
      expected:
        "a table (.csv), batches of CIFAR (.bin), or IDX files: train-images and train-labels, with t10k-images and t10k-labels or without",
      next: "choose them together",
    });
  }
  const raw = (pair: readonly NamedBytes[]) => {
    const isLabels = ({ name }: NamedBytes): boolean => /label|idx1/i.test(name);
    const labels = pair.find(isLabels) ?? pair[1];
    const images = pair.find((one) => one !== labels);
    if (labels === undefined || images === undefined) throw new Error("unreachable: a pair of files");
    const read = examplesFromIdx(images, labels, IDX_CLASSES);
    return { inputs: exampleSet(read), targets: classesOf(read.labels.data, labels.name) };
  };
  const name = train.map((one) => one.name).find((one) => !/label|idx1/i.test(one)) ?? "";
  return ofBytes(
    name,
    { train: raw(train), test: test.length === 0 ? undefined : raw(test) },
    "--data mnist",
    "or fashion-mnist, whichever these are, with its own test images",
  );
}

/** Batches of CIFAR-10, or CIFAR-100's parts with their fine labels: as many as there are. */
function ofCifar(files: readonly NamedBytes[]): OpenedData {
  const isTest = ({ name }: NamedBytes): boolean => /test/i.test(name);
  const [train, test] = [files.filter((one) => !isTest(one)), files.filter(isTest)];
  const parts = train.length === 0 ? { train: test, test: [] } : { train, test };
  const isHundred = files.some(({ name }) => /^(train|test)\.bin$/i.test(name.split("/").at(-1) ?? ""));
  const raw = (part: readonly NamedBytes[]) => cifarPart(part, isHundred ? [20, 100] : [10]);
  const name = isHundred ? "cifar100" : "cifar10";
  const both = { train: raw(parts.train), test: parts.test.length === 0 ? undefined : raw(parts.test) };
  return ofBytes(name, both, `--data ${name}`, "of all of its batches");
}

function cifarPart(files: readonly NamedBytes[], labelClasses: readonly number[]) {
  const counts = files.map(({ name, bytes }) => recordsIn(name, bytes.length, labelClasses.length, IN_CIFAR_FILE));
  const total = counts.reduce((sum, one) => sum + one, 0);
  const pixels = sizeOf(CIFAR_SHAPE);
  const [inputs, labels] = [new Uint8Array(total * pixels), new Uint8Array(total)];
  let at = 0;
  for (const [i, { name, bytes }] of files.entries()) {
    const end = at + (counts[i] ?? 0);
    const place = { inputs: inputs.subarray(at * pixels, end * pixels), labels: labels.subarray(at, end) };
    const reader = recordReader(name, labelClasses, place);
    reader.take(bytes);
    reader.end();
    at = end;
  }
  const rows = {
    inputs: denseArray("uint8", [total, ...CIFAR_SHAPE], inputs),
    labels: denseArray("uint8", [total], labels),
  };
  return { inputs: exampleSet(rows), targets: classesOf(labels, files[0]?.name ?? "") };
}
const IN_CIFAR_FILE = 50_000;

const classesOf = (labels: Uint8Array, file: string): RawTargets => ({
  kind: "numbers",
  shape: [labels.length],
  data: Float64Array.from(labels),
  place: (example) => `${file}, element ${example}`,
});

interface Parts {
  readonly train: { readonly inputs: InputSet; readonly targets: RawTargets };
  readonly test: Parts["train"] | undefined;
}

function ofBytes(name: string, parts: Parts, option: string, note: string): OpenedData {
  const raw = { layout: undefined, staysInFiles: false, features: undefined, told: [], ...parts };
  const prepared = prepareData(raw, { path: name, targets: "classes" });
  const data = {
    ...prepared,
    train: firstOf(prepared.train, MOST.train),
    test: firstOf(prepared.test, MOST.test),
  };
  return described(name, data, undefined, `${option} --limit ${MOST.train} --test-limit ${MOST.test}`, note);
}

/** The first examples, in the order of the files. */
function firstOf(set: ExampleSet, most: number): ExampleSet {
  if (set.size <= most) return set;
  const positions = Int32Array.from({ length: most }, (_, i) => i);
  return { ...inputsAt(set, positions), labels: rowsAt(set.labels, positions) };
}

interface Read {
  readonly train: ExampleSet;
  readonly test: ExampleSet;
  readonly words: TargetWords;
  readonly told: readonly string[];
}

function described(
  name: string,
  { train, test, words, told }: Read,
  normalization: DataDescription["normalization"],
  option: string,
  note?: string,
): OpenedData {
  const classes = words.names.length;
  if (classes > MOST.classes) throw tooMany(name, `${classes} classes`, `2 to ${MOST.classes}`);
  return {
    ...{ train, test },
    described: {
      ...{ name, inputShape: train.exampleShape, words, normalization, told },
      ...{ own: undefined, digest: undefined, inBlocks: false, targets: undefined, layout: undefined },
    },
    words: { name, train: train.size, test: test.size, classes: words.names, told, option, note },
  };
}

const tooMany = (name: string, received: string, expected: string): GatewiseError =>
  new GatewiseError({
    received: `${name}: ${received}`,
    expected,
    next: "open a smaller table; the command trains on any",
  });
