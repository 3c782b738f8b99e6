import { GatewiseError } from "../errors.ts";
import { asBytes, type BinaryData, denseArray, sizeOf } from "../graph/index.ts";
import { CIFAR_SHAPE, type RecordPlace, type RecordReader, recordReader, recordsIn } from "./cifar-records.ts";
import { CLASSES, type Dataset, type Examples, type TestSet } from "./dataset.ts";

/** The data sets of CIFAR's binary files; of `cifar100` the fine labels. */
export const CIFAR_NAMES = ["cifar10", "cifar100"] as const;
/** One of {@link CIFAR_NAMES}. */
export type CifarName = (typeof CIFAR_NAMES)[number];

/** The training or the test examples: files of equally many records, which follow one another. */
export interface CifarPart {
  readonly files: readonly string[];
  /** Examples in each official file; a file with more is another one. */
  readonly examples: number;
}

/** How a CIFAR data set is laid out in its binary version. */
export interface CifarLayout {
  /** Classes of each label byte of a record; the last label is the one that counts. */
  readonly labelClasses: readonly number[];
  readonly train: CifarPart;
  readonly test: CifarPart;
}

export const CIFAR_LAYOUTS = {
  cifar10: {
    labelClasses: [10],
    train: { files: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`), examples: 10_000 },
    test: { files: ["test_batch.bin"], examples: 10_000 },
  },
  // the coarse label (20 superclasses), then the fine one
  cifar100: {
    labelClasses: [20, 100],
    train: { files: ["train.bin"], examples: 50_000 },
    test: { files: ["test.bin"], examples: 10_000 },
  },
} as const satisfies Record<CifarName, CifarLayout>;

/** The files of a data set, training batches first. */
export const cifarFiles = (name: CifarName): readonly string[] => [
  ...CIFAR_LAYOUTS[name].train.files,
  ...CIFAR_LAYOUTS[name].test.files,
];

/** A data set in the making: files come in any order and in pieces, and go where they stay. */
export interface CifarAssembly {
  /**
   * Makes room for a file and reads into it; undefined if the data set has no file of this name.
   * @param file its name in the layout
   * @param path names it in errors
   * @param bytes its size
   * @throws GatewiseError if the size is wrong, differs from the part's other files, or the file came before
   */
  open(file: string, path: string, bytes: number): RecordReader | undefined;
  /**
   * The data set, once every reader has ended.
   * @param source goes unchanged into the result
   * @throws GatewiseError if a file has not come
   */
  finish(source: string): Dataset;
  /** The same of the test examples alone. */
  finishTest(source: string): TestSet;
}

/**
 * Starts a data set; memory is taken when the first file of a part is opened.
 * @param files those that are read, all unless told otherwise
 */
export function assembleCifar(name: CifarName, files: readonly string[] = cifarFiles(name)): CifarAssembly {
  const layout: CifarLayout = CIFAR_LAYOUTS[name];
  const parts = { train: assemblePart(layout.train, layout), test: assemblePart(layout.test, layout) };
  const about = { name, classes: CLASSES[name], inputShape: CIFAR_SHAPE };
  const incomplete = (source: string, missing: readonly string[]): GatewiseError =>
    new GatewiseError({
      code: "file-not-found",
      received: `${source}: no ${missing.join(", ")}`,
      expected: `it with the other files of ${name}`,
      next: `run \`fetchDataset("${name}")\`, or complete it`,
    });
  return {
    open: (file, path, bytes) =>
      files.includes(file) ? (parts.train.open(file, path, bytes) ?? parts.test.open(file, path, bytes)) : undefined,
    finish(source) {
      const missing = [...parts.train.missing(), ...parts.test.missing()];
      const [train, test] = [parts.train.examples(), parts.test.examples()];
      if (missing.length > 0 || train === undefined || test === undefined) throw incomplete(source, missing);
      return { ...about, train, test, source };
    },
    finishTest(source) {
      const [missing, test] = [parts.test.missing(), parts.test.examples()];
      if (missing.length > 0 || test === undefined) throw incomplete(source, missing);
      return { ...about, test, source };
    },
  };
}

/** A file's bytes, and its name in the layout. */
export interface CifarFile {
  readonly name: string;
  readonly bytes: BinaryData;
}

/**
 * A data set from its files in memory.
 * @param source goes unchanged into the result
 * @throws GatewiseError if a file is missing or damaged
 */
export function datasetFromCifar(name: CifarName, files: readonly CifarFile[], source: string): Dataset {
  const assembly = assembleCifar(name);
  for (const file of files) {
    const bytes = asBytes(file.bytes, file.name);
    const reader = assembly.open(file.name, file.name, bytes.length);
    reader?.take(bytes);
    reader?.end();
  }
  return assembly.finish(source);
}

interface PartAssembly {
  open(file: string, path: string, bytes: number): RecordReader | undefined;
  missing(): readonly string[];
  /** Undefined before the first file. */
  examples(): Examples | undefined;
}

const PIXELS = sizeOf(CIFAR_SHAPE);

function assemblePart({ files, examples: most }: CifarPart, { labelClasses }: CifarLayout): PartAssembly {
  const came = new Set<string>();
  let whole: RecordPlace | undefined;
  const open = (file: string, path: string, bytes: number): RecordReader | undefined => {
    const index = files.indexOf(file);
    if (index < 0) return undefined;
    if (came.has(file)) {
      throw new GatewiseError({
        received: `${path}: a second file of this name`,
        expected: "each file once",
        next: "fetch the official archive",
      });
    }
    const records = recordsIn(path, bytes, labelClasses.length, most);
    const total = records * files.length;
    whole ??= { inputs: new Uint8Array(total * PIXELS), labels: new Uint8Array(total) };
    if (whole.labels.length !== total) {
      throw new GatewiseError({
        code: "damaged-file",
        received: `${path}: ${records} examples`,
        expected: `${whole.labels.length / files.length}, as in the other batches`,
        next: "the file is truncated, or of another data set: fetch it again",
      });
    }
    came.add(file);
    return recordReader(path, labelClasses, {
      inputs: whole.inputs.subarray(index * records * PIXELS, (index + 1) * records * PIXELS),
      labels: whole.labels.subarray(index * records, (index + 1) * records),
    });
  };
  return {
    open,
    missing: () => files.filter((file) => !came.has(file)),
    examples: () =>
      whole && {
        inputs: denseArray("uint8", [whole.labels.length, ...CIFAR_SHAPE], whole.inputs),
        labels: denseArray("uint8", [whole.labels.length], whole.labels),
      },
  };
}
