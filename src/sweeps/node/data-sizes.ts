/** How much data each trial reads, and which, looked at once a data set. */
import { DATASET_NAMES, type DatasetName, exampleSet, INPUT_SHAPES } from "../../data/index.ts";
import { type DataPlaces, dataDigest, loadDataset } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { sizeOf } from "../../graph/index.ts";
import { parseChoice } from "../../parse-value.ts";
import { loadSameFiles } from "../../runs/node/index.ts";
import type { DataSize } from "../cost.ts";
import type { TrialExamples } from "../trial.ts";

/** Examples of data sets that need not be here while a sweep is planned; the digits come with the package. */
const PUBLISHED: Readonly<Partial<Record<DatasetName, Pick<DataSize, "train" | "test">>>> = {
  mnist: { train: 60_000, test: 10_000 },
  "fashion-mnist": { train: 60_000, test: 10_000 },
  cifar10: { train: 50_000, test: 10_000 },
  cifar100: { train: 50_000, test: 10_000 },
};

/** Tells the size of data. */
export type SizeOfData = (data: TrialExamples) => DataSize;

/**
 * Looks at the data of trials.
 * @param onNotice told of a data set that is not here: a sweep may run elsewhere
 * @throws GatewiseError for files that are gone or damaged
 */
export async function sizesOfData(
  all: readonly TrialExamples[],
  places: DataPlaces,
  onNotice: (text: string) => void,
): Promise<SizeOfData> {
  const sizes = new Map<string, DataSize>();
  for (const data of all) {
    if (sizes.has(keyOf(data))) continue;
    sizes.set(
      keyOf(data),
      data.own === undefined ? await sizeOfNamed(data.name, places, onNotice) : await sizeOfFiles(data.own),
    );
  }
  return (data) => {
    const size = sizes.get(keyOf(data));
    if (size === undefined) throw new Error(`unreachable: data ${data.name} that nobody has looked at`);
    return size;
  };
}

const keyOf = ({ own, name }: TrialExamples): string => own?.digest ?? name;

async function sizeOfNamed(name: string, places: DataPlaces, onNotice: (text: string) => void): Promise<DataSize> {
  const known = parseChoice("data set", name, DATASET_NAMES);
  try {
    const { train, test } = await loadDataset(known, places);
    const [trainSet, testSet] = [exampleSet(train), exampleSet(test)];
    return { ...sizeOfSets(trainSet, testSet), digest: await dataDigest(trainSet, testSet) };
  } catch (thrown) {
    const published = PUBLISHED[known];
    if (!(thrown instanceof GatewiseError) || thrown.code !== "file-not-found" || published === undefined) throw thrown;
    onNotice(`${thrown.message}; planned all the same: where the sweep runs it must be there`);
    return { ...published, exampleBytes: sizeOf(INPUT_SHAPES[known]) };
  }
}

async function sizeOfFiles(own: NonNullable<TrialExamples["own"]>): Promise<DataSize> {
  const { train, test } = await loadSameFiles(own);
  // what is read by blocks is never held
  return { ...sizeOfSets(train, test), ...(train.inputs === undefined ? { exampleBytes: 0 } : {}) };
}

const BYTES = { uint8: 1, float32: 4 } as const;

function sizeOfSets(
  train: Pick<ReturnType<typeof exampleSet>, "size" | "exampleShape" | "dtype">,
  test: { readonly size: number },
): DataSize {
  return { train: train.size, test: test.size, exampleBytes: sizeOf(train.exampleShape) * BYTES[train.dtype] };
}
