/** What a training must know of its data before it begins: shapes and classes of files, and how inputs are normalized. */
import { resolve } from "node:path";
import {
  type DatasetName,
  exampleSet,
  INPUT_SHAPES,
  type InputSet,
  inputMoments,
  LARGEST_IN_MEMORY,
  normalizationOf,
  type OwnData,
  type OwnDataset,
} from "../../data/index.ts";
import { type DataPlaces, handOver, loadDataset, loadOwn, type Scratch } from "../../data/node/index.ts";
import {
  type DataDescription,
  type DataFiles,
  type DataOptions,
  needsDescription,
  ownDataOf,
  type TrainingOptions,
  USUAL_TRAINING,
  wordsOfDataset,
} from "../../experiments/index.ts";
import { sizeOf } from "../../graph/index.ts";
import { optionsIn } from "../../options.ts";
import { targetScale } from "../../train/index.ts";

/**
 * Looks at the data of a training, where its options do not tell all: files of one's own are read, and what normalizes the
 * inputs is computed on the training examples.
 * @param scratch a folder where files of one's own are kept as they were read, for the trainings that are given it, too
 * @returns undefined of a data set by name whose inputs stay as they are
 * @throws GatewiseError that names file and place, for what is damaged, missing or of another kind
 */
export async function describeData(
  options: TrainingOptions,
  places: DataPlaces,
  scratch?: Scratch,
): Promise<DataDescription | undefined> {
  const { data = USUAL_TRAINING.data } = optionsIn(options);
  if (!needsDescription(data, options)) return undefined;
  return typeof data === "string"
    ? await describeNamed(data, options, places)
    : await describeFiles(data, options, scratch);
}

/** The description of a data set by its name whose inputs become what is known already: those of a run, or of a model's own. */
export const describedAs = (name: DatasetName, normalization: DataDescription["normalization"]): DataDescription => ({
  ...{
    name,
    inputShape: INPUT_SHAPES[name],
    words: wordsOfDataset(name),
    own: undefined,
    digest: undefined,
    inBlocks: false,
  },
  ...{ normalization, targets: undefined, layout: undefined, told: [] },
});

async function describeNamed(
  name: DatasetName,
  options: TrainingOptions,
  places: DataPlaces,
): Promise<DataDescription> {
  const { train, inputShape } = await loadDataset(name, places);
  return { ...describedAs(name, await normalizationFor(exampleSet(train), options)), inputShape };
}

async function describeFiles(
  { path }: DataFiles,
  options: DataOptions,
  scratch: Scratch | undefined,
): Promise<DataDescription> {
  const own = anywhere(ownDataOf(path, options));
  const found = await loadOwn(own, undefined, { scratch });
  if (scratch !== undefined) await handOver(found, scratch);
  const { name, inputShape, words, train, digest, layout, told } = found;
  const { labels } = train;
  return {
    ...{ name, inputShape, words, own, digest, layout, told },
    inBlocks: isInBlocks(found),
    normalization: await normalizationFor(train, options),
    targets: labels.dtype === "float32" ? targetScale(labels) : undefined,
  };
}

/** Whether inputs are too many for memory, whether or not they are in it now: the order of examples hangs on it. */
function isInBlocks({ train, test, isSplit, dtype, inputShape }: OwnDataset): boolean {
  const examples = train.size + (isSplit ? test.size : 0);
  return train.inputs === undefined || examples * sizeOf(inputShape) * BYTES[dtype] > LARGEST_IN_MEMORY;
}

const BYTES = { uint8: 1, float32: 4 } as const;

/** Paths that mean the same wherever a run goes on. */
const anywhere = ({ path, labels, testData, testLabels, ...others }: OwnData): OwnData => ({
  path: resolve(path),
  ...(labels === undefined ? {} : { labels: resolve(labels) }),
  ...(testData === undefined ? {} : { testData: resolve(testData) }),
  ...(testLabels === undefined ? {} : { testLabels: resolve(testLabels) }),
  ...others,
});

async function normalizationFor(train: InputSet, options: DataOptions): Promise<DataDescription["normalization"]> {
  const input = { shape: train.exampleShape, dtype: train.dtype };
  return normalizationOf(options, input, options.standardize === true ? await inputMoments(train) : undefined);
}
