/** What a training must know of its data before it begins: shapes and classes of files, and how inputs are normalized. */
import { resolve } from "node:path";
import {
  CLASSES,
  type DatasetName,
  exampleSet,
  type InputSet,
  inputMoments,
  normalizationOf,
  type OwnData,
} from "../../data/index.ts";
import { type DataPlaces, loadDataset, loadOwn } from "../../data/node/index.ts";
import {
  type DataDescription,
  type DataFiles,
  type DataOptions,
  needsDescription,
  ownDataOf,
  type TrainingOptions,
  USUAL_TRAINING,
} from "../../experiments/index.ts";
import { optionsIn } from "../../options.ts";
import { targetScale } from "../../train/index.ts";

/**
 * Looks at the data of a training, where its options do not tell all: files of one's own are read, and what normalizes the
 * inputs is computed on the training examples.
 * @returns undefined of a data set by name whose inputs stay as they are
 * @throws GatewiseError that names file and place, for what is damaged, missing or of another kind
 */
export async function describeData(options: TrainingOptions, places: DataPlaces): Promise<DataDescription | undefined> {
  const { data = USUAL_TRAINING.data } = optionsIn(options);
  if (!needsDescription(data, options)) return undefined;
  return typeof data === "string" ? await describeNamed(data, options, places) : await describeFiles(data, options);
}

async function describeNamed(
  name: DatasetName,
  options: TrainingOptions,
  places: DataPlaces,
): Promise<DataDescription> {
  const { train, inputShape } = await loadDataset(name, places);
  const names = Array.from({ length: CLASSES[name] }, (_, i) => String(i));
  return {
    ...{ name, inputShape, words: { kind: "classes", names }, own: undefined, digest: undefined, inBlocks: false },
    normalization: await normalizationFor(exampleSet(train), options),
    ...{ targets: undefined, layout: undefined, told: [] },
  };
}

async function describeFiles({ path }: DataFiles, options: DataOptions): Promise<DataDescription> {
  const own = anywhere(ownDataOf(path, options));
  const { name, inputShape, words, train, digest, layout, told } = await loadOwn(own);
  const { labels } = train;
  return {
    ...{ name, inputShape, words, own, digest, layout, told },
    inBlocks: train.inputs === undefined,
    normalization: await normalizationFor(train, options),
    targets: labels.dtype === "float32" ? targetScale(labels) : undefined,
  };
}

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
