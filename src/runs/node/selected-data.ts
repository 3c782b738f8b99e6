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
  shortDigest,
  type TargetRows,
  type TargetWords,
  targetBlock,
} from "../../data/index.ts";
import {
  dataDigest,
  givenExamples,
  givenLabels,
  handedOver,
  loadDataset,
  loadOwn,
  type Scratch,
} from "../../data/node/index.ts";
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
  selection: DataSelection,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Dataset> {
  return await cutTo(selection, await wholeDataset(selection, environment));
}

async function wholeDataset(
  { name, dataDir, cacheDir }: DataSelection,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Dataset> {
  const places = { ...(dataDir === null ? {} : { dataDir }), environment, cacheDir };
  return await loadDataset(parseChoice("data set", name, DATASET_NAMES), places);
}

async function cutTo({ limit, testLimit, labels }: DataSelection, data: Dataset): Promise<Dataset> {
  const { train: all, name } = data;
  const train =
    labels?.kind === "given"
      ? { ...all, labels: asBytes(await labelsOf(labels, wordsOfDataset(name), all.labels.data.length)) }
      : all;
  return {
    ...data,
    train: firstExamples(train, limit ?? undefined),
    test: firstExamples(data.test, testLimit ?? undefined),
  };
}

/**
 * The same, or files of one's own.
 * @throws GatewiseError for data that are no longer what they were when they were looked at
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
  if (own === undefined) {
    const whole = await wholeDataset(selection, environment);
    const digest = await dataDigest(exampleSet(whole.train), exampleSet(whole.test));
    checkPlanned(selection, whole.source, digest);
    return { ...(await cutTo(selection, whole)), digest };
  }
  const handed = scratch === undefined ? undefined : await handedOver(scratch, own.digest);
  const { train, test, source, words } = handed ?? (await loadSameFiles(own));
  const classes = words.kind === "classes" ? { classes: words.names.length } : {};
  const changed = labels?.kind === "given" ? { ...train, labels: await labelsOf(labels, words, train.size) } : train;
  return { train: firstOf(changed, limit), test: firstOf(test, testLimit), source, ...classes };
}

/** A plan knows the bytes of a data set: a machine may hold others under the same name, cut or encoded anew. */
function checkPlanned({ name, digest: planned }: DataSelection, source: string, digest: string): void {
  if (planned === undefined || planned === digest) return;
  throw new GatewiseError({
    received: `data set ${name} of other bytes (${shortDigest(digest)}), from ${source}`,
    expected: `those that the plan was made for (${shortDigest(planned)})`,
    next: "name the folder of those with `dataDir`, or plan into another folder",
  });
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
    received: `${options.path}: other data than before (${shortDigest(found.digest)})`,
    expected: `those with the digest ${shortDigest(digest)}`,
    next: "put those files there again (of a sweep, on this machine too), or begin anew with these: plan or train again",
  });
}

/** The first examples, or all of them. */
function firstOf(set: ExampleSet, count: number | null): ExampleSet {
  if (count === null || count >= set.size) return set;
  return { ...firstInputs(set, count), labels: targetBlock(set.labels, 0, count) };
}
