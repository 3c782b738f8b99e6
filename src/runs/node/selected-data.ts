/** The data of a training: a data set by its name, or files of one's own, cut to what is asked for. */
import {
  DATASET_NAMES,
  type Dataset,
  type ExampleSet,
  exampleSet,
  firstExamples,
  firstInputs,
  type GivenLabels,
  type OwnDataset,
  type TargetRows,
  type TargetWords,
  targetBlock,
} from "../../data/index.ts";
import { givenExamples, givenLabels, handedOver, loadDataset, loadOwn, type Scratch } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { type OwnFiles, wordsOfDataset } from "../../experiments/index.ts";
import type { DenseArray } from "../../graph/index.ts";
import { parseChoice } from "../../parse-value.ts";
import type { TrialData } from "../trial-data.ts";
import type { DataSelection } from "../trial-request.ts";

/**
 * A data set by its name, cut to the selection.
 * @throws GatewiseError if it is in none of the places, or damaged
 */
export async function selectData(
  { name, dataDir, cacheDir, limit, testLimit, labels }: DataSelection,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Dataset> {
  const places = { ...(dataDir === null ? {} : { dataDir }), environment, cacheDir };
  const known = parseChoice("data set", name, DATASET_NAMES);
  const data = await loadDataset(known, places);
  const train =
    labels?.kind === "given"
      ? { ...data.train, labels: asBytes(await labelsOf(labels, wordsOfDataset(known), data.train.labels.data.length)) }
      : data.train;
  return {
    ...data,
    train: firstExamples(train, limit ?? undefined),
    test: firstExamples(data.test, testLimit ?? undefined),
  };
}

/**
 * The same, or files of one's own.
 * @throws GatewiseError for files that are no longer what they were when they were looked at
 */
export async function selectedData(
  selection: DataSelection,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<TrialData> {
  const data = await limitedData(selection, environment);
  const { examples } = selection;
  if (examples === undefined) return data;
  return { ...data, chosen: await givenExamples(examples, exampleSet(data.train).size) };
}

async function limitedData(
  selection: DataSelection,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<TrialData> {
  const { own, scratch, limit, testLimit, labels } = selection;
  if (own === undefined) return await selectData(selection, environment);
  const handed = scratch === undefined ? undefined : await handedOver(scratch, own.digest);
  const { train, test, source, words } = handed ?? (await loadSameFiles(own));
  const classes = words.kind === "classes" ? { classes: words.names.length } : {};
  const changed = labels?.kind === "given" ? { ...train, labels: await labelsOf(labels, words, train.size) } : train;
  return { train: firstOf(changed, limit), test: firstOf(test, testLimit), source, ...classes };
}

const labelsOf = ({ file, digest = "" }: GivenLabels, words: TargetWords, count: number): Promise<TargetRows> =>
  givenLabels({ file, digest }, words, count);

function asBytes(labels: TargetRows): DenseArray<"uint8"> {
  if (labels.dtype === "uint8") return labels;
  throw new Error("unreachable: a data set of more than 256 classes");
}

/**
 * Files of one's own as they were found before.
 * @param scratch a folder for what is more than memory should hold
 */
export async function loadSameFiles({ options, words, digest }: OwnFiles, scratch?: Scratch): Promise<OwnDataset> {
  const found = await loadOwn(options, words, { scratch });
  if (found.digest === digest) return found;
  throw new GatewiseError({
    received: `${options.path}: other data than before (${found.digest.slice(0, 19)}…)`,
    expected: `those with the digest ${digest.slice(0, 19)}…`,
    next: "leave the files alone while a training reads them, and start again",
  });
}

/** The first examples, or all of them. */
function firstOf(set: ExampleSet, count: number | null): ExampleSet {
  if (count === null || count >= set.size) return set;
  return { ...firstInputs(set, count), labels: targetBlock(set.labels, 0, count) };
}
